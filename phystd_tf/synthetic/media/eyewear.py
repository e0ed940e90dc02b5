"""What glasses of an attack have in common: a sheet worn over the eyes that hides them and throws a shadow."""

import numpy as np

from phystd_tf.synthetic.composition import Layers, quantise
from phystd_tf.synthetic.media import masks
from phystd_tf.synthetic.person.worn import Worn, draw_worn
from phystd_tf.synthetic.shot import Shot


def wear(shot: Shot, sheet: Worn, shadow: float) -> Layers:
    """The layers of worn glasses: P is the sheet, T_A the shadow on the person beside it.

    Args:
      shot: the live frame.
      sheet: the glasses, drawn flat.
      shadow: strength of the shadow.
    """
    layer = draw_worn(sheet, shot.rendering.head, shot.scene, shot.live.shape[0], shot.rendering.z)
    covered = quantise(layer.alpha)[..., None]
    content = quantise(np.clip(shot.rendering.encode(layer.light), 0, 1)) * (covered > 0)
    on_person = np.isfinite(shot.rendering.z)
    dark = (shadow * masks.cast_shadow(layer.alpha, shot) * on_person * (layer.alpha < 0.995))[..., None]
    return Layers(quantise(shot.live * (1 - dark)) - shot.live, covered, content)
