"""Glasses of an attack: a sheet worn over the eyes, which hides them and casts a shadow."""

import numpy as np

from phystd_tf.synthetic.composition import Layers, quantize
from phystd_tf.synthetic.media import masks
from phystd_tf.synthetic.person.worn import WornSheet, draw_worn
from phystd_tf.synthetic.shot import Shot


def eyewear_layers(shot: Shot, sheet: WornSheet, shadow: float) -> Layers:
    """The layers of worn glasses: P is the sheet, T_A its shadow on the person.

    Args:
      shot: the live frame.
      sheet: the flat glasses.
      shadow: strength of the shadow, in [0, 1].
    """
    layer = draw_worn(sheet, shot.rendering.head, shot.scene, shot.live.shape[0], shot.rendering.z)
    covered = quantize(layer.alpha)[..., None]
    content = quantize(np.clip(shot.rendering.encode(layer.light), 0, 1)) * (covered > 0)
    on_person = np.isfinite(shot.rendering.z)
    dark = (shadow * masks.cast_shadow(layer.alpha, shot) * on_person * (layer.alpha < 0.995))[..., None]
    return Layers(quantize(shot.live * (1 - dark)) - shot.live, covered, content)
