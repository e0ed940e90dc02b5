"""The input of a spoof medium: a live frame with its geometry and light."""

from typing import NamedTuple

import numpy as np

from phystd_tf.synthetic.person.renderer import Rendering
from phystd_tf.synthetic.scene.scene import Scene


class Shot(NamedTuple):
    """A live frame before the camera.

    Attributes:
      live: [S, S, 3] float32, encoded RGB in [0, 1], multiples of 1 / 255.
      rendering: geometry and lighting of the frame.
      scene: pose and lights.
    """

    live: np.ndarray
    rendering: Rendering
    scene: Scene
