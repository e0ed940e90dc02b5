"""What all kinds of makeup share: films of pigment on the skin, and the positions of painted features.

A film lies on the skin, moves with it, and is lit like it. Thin films are
translucent: they change the albedo and the gloss of the skin, the face is shaded
again, and the difference from the live face is T_A. Thick films hide the skin:
they are P, and T_P is their appearance in the same light. Makeup does not cover
eyeballs, teeth and hair, and real glasses stay in front of it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from phystd_tf.face import topology
from phystd_tf.face.morphable_model import default_model
from phystd_tf.synthetic.color import LUMINANCE, Color, as_color
from phystd_tf.synthetic.composition import Layers, additive, quantize
from phystd_tf.synthetic.media import masks
from phystd_tf.synthetic.person import head as heads
from phystd_tf.synthetic.person.atlas_canvas import LEFT_LID, LOWER_LIP, RIGHT_LID, UPPER_LIP, AtlasCanvas, band, window
from phystd_tf.synthetic.person.surface import shade
from phystd_tf.synthetic.scene.transfer import to_linear
from phystd_tf.synthetic.shot import Shot
from phystd_tf.synthetic.smoothstep import smoothstep

# Brightness relative to the skin at which a film slips off completely (dark hairs), and at which it sticks fully.
_SLIP_BRIGHTNESS, _HOLD_BRIGHTNESS = 0.12, 0.45
# Subsurface scattering below thick paint; 1 is skin.
_THICK_SCATTER = 0.4
_MIN_COVER = 1 / 512  # smaller covers are rounded to 0

_LOWER_LIDS = ((33,) + topology.LEFT_LOWER_LID + (133,), (263,) + topology.RIGHT_LOWER_LID[::-1] + (362,))
CHEEKBONES = ((234, 227, 123, 50), (454, 447, 352, 280))  # from the ear to the front
CHEEK_HOLLOWS = ((93, 137, 147, 187, 207), (323, 366, 376, 411, 427))
NOSE_SIDES = ((193, 245, 188, 174, 236, 134), (417, 465, 412, 399, 456, 363))
JAW = (132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361)


class Film(NamedTuple):
    """Pigment on the skin.

    Attributes:
      pigment: [H, 2 H, 5] float32, an atlas: albedo (linear RGB) times cover, cover in [0, 1], gloss times cover.
      tinted: whether the albedo is a factor on the skin of the wearer, like products that are matched to it.
      thick: whether the film hides the skin.
      slips_off_hair: whether the film does not stick to hair.
    """

    pigment: np.ndarray
    tinted: bool = False
    thick: bool = False
    slips_off_hair: bool = False


class Palette(AtlasCanvas):
    """Paints a film in successive coats. Lengths are in eye distances, colors are sRGB."""

    def __init__(self, height: int) -> None:
        super().__init__(default_model(), height)
        self.pigment = np.zeros((*self.shape, 5), np.float32)

    def lay(self, mask: np.ndarray, color: ArrayLike, gloss: float) -> None:
        """Adds a coat of a color.

        Args:
          mask: [H, 2 H], cover of the coat; clipped to [0, 1].
          color: [3] or [H, 2 H, 3], sRGB.
          gloss: gloss of the coat.
        """
        self.lay_albedo(mask, to_linear(color), gloss)

    def lay_albedo(self, mask: np.ndarray, albedo: ArrayLike, gloss: float) -> None:
        """Adds a coat of an albedo.

        Args:
          mask: [H, 2 H], cover of the coat; clipped to [0, 1].
          albedo: [3] or [H, 2 H, 3], linear RGB; for a tinted film, factors on the skin.
          gloss: gloss of the coat.
        """
        part = window(mask, _MIN_COVER)
        share = np.clip(mask[part], 0, 1)[..., None].astype(np.float32)
        reflectance = np.asarray(albedo, np.float32)
        coat = np.empty((*share.shape[:2], 5), np.float32)
        coat[..., :3] = reflectance[part] if reflectance.ndim == 3 else reflectance
        coat[..., 3], coat[..., 4] = 1, gloss
        self.pigment[part] += share * (coat - self.pigment[part])

    def film(self, **kind: bool) -> Film:
        """The painted film; ``kind`` are the Boolean attributes of ``Film``."""
        return Film(self.pigment, **kind)

    # Positions of painted features.

    def curve(self, vertices: Sequence[int], drop: float = 0.0) -> np.ndarray:
        """The positions [n, 2] (pixels) of vertices, shifted downwards by ``drop`` eye distances."""
        return self.marks[list(vertices)] + (0, drop * self.unit)

    def curves(self, pair: Sequence[Sequence[int]], drop: float = 0.0) -> list[np.ndarray]:
        """``curve`` for each sequence of vertices."""
        return [self.curve(vertices, drop) for vertices in pair]

    def face(self, soft: float = 0.06, reach: float = 0.95) -> np.ndarray:
        """The face without the lips.

        Args:
          soft: standard deviation of the soft outline, eye distances.
          reach: size relative to the outline of the face.
        """
        outline = self.curve(topology.FACE_OVAL)
        middle = outline.mean(0)
        return self.fill([middle + reach * (outline - middle)], soft) * (1 - self.lips(0.01))

    def lids(self, height: float, wing: float) -> np.ndarray:
        """The upper lids.

        Args:
          height: above the lashes, eye distances.
          wing: extension of the outer corner, eye distances.
        """
        outlines = []
        for lid in self.curves((LEFT_LID, RIGHT_LID)):
            outward = np.sign(lid[0, 0] - lid[-1, 0])
            rise = height * np.sin(np.linspace(0.35, np.pi - 0.35, len(lid))) + height * np.linspace(0.5, 0, len(lid))
            upper = lid - np.stack([np.zeros(len(lid)), rise * self.unit], 1)
            tip = lid[:1] + np.array([[outward * wing, -0.6 * wing - 0.3 * height]]) * self.unit
            outlines.append(np.concatenate([tip, lid, upper[::-1]]))
        return self.fill(outlines, 0.3 * height)

    def liner(self, thickness: float, wing: float) -> np.ndarray:
        """A line along the upper lashes.

        Args:
          thickness: thickness of the line, eye distances.
          wing: extension beyond the outer corner, eye distances.
        """
        curves = []
        for lid in self.curves((LEFT_LID, RIGHT_LID)):
            outward = np.sign(lid[0, 0] - lid[-1, 0])
            tip = lid[:1] + np.array([[outward * wing, -0.55 * wing]]) * self.unit
            curves.append(np.concatenate([tip, lid]) - (0, 0.3 * thickness * self.unit))
        return self.line(curves, thickness, 0.008)

    def lower_liner(self, thickness: float, soft: float) -> np.ndarray:
        """A line along the lower lashes; ``thickness`` and ``soft`` as in ``line``."""
        return self.line(self.curves(_LOWER_LIDS, 0.3 * thickness), thickness, soft)

    def lashes(self, length: float) -> np.ndarray:
        """Strokes of mascara along the upper lids; ``length`` in eye distances."""
        strokes = []
        for lid in self.curves((LEFT_LID, RIGHT_LID)):
            outward = np.sign(lid[0, 0] - lid[-1, 0])
            for t in np.linspace(0, len(lid) - 2.5, 14):
                root = np.array([np.interp(t, range(len(lid)), lid[:, axis]) for axis in (0, 1)])
                lean = outward * (0.9 - 1.3 * t / (len(lid) - 1))
                strokes.append(np.array([root, root + np.array([lean, -1]) * length * self.unit]))
        return self.line(strokes, 0.009, 0.005)

    def lipstick(self, overdraw: float, soft: float = 0.012) -> np.ndarray:
        """The lips without the area between them.

        Args:
          overdraw: growth of the outline, eye distances.
          soft: standard deviation of the soft edge, eye distances.
        """
        outlines = []
        for ring, sign in ((UPPER_LIP, -1), (LOWER_LIP, 1)):
            points = self.curve(ring)
            outer = np.zeros((len(ring), 1))
            outer[1:10] = np.sin(np.linspace(0.3, np.pi - 0.3, 9))[:, None]
            outlines.append(points + outer * (0, sign * overdraw * self.unit))
        return self.fill(outlines, soft)

    def brow_pencil(self, rng: np.random.Generator, thickness: float, arch: float) -> np.ndarray:
        """Drawn brows with strokes of a pencil; ``thickness`` and ``arch`` as in ``brows``."""
        mask = np.zeros(self.shape, np.float32)
        for path, half in self.brows(thickness, arch):
            strokes = []
            for _ in range(40):
                i = int(rng.integers(2, 54))
                start = path[i] + (0, half[i] * rng.uniform(-0.9, 0.9))
                strokes.append(np.array([start, start + (path[i + 5] - path[i]) * rng.uniform(0.5, 1.2) - (0, 0.01)]))
            mask = np.maximum(mask, 0.8 * self.fill([band(path, half)], 0.012) + 0.4 * self.line(strokes, 0.012, 0.004))
        return np.minimum(mask, 1)

    def blush(self, height: float) -> np.ndarray:
        """Blush on the cheekbones that fades toward the temples; ``height`` in eye distances."""
        blots = self.pair([50, 117], [280, 346], 0.20, height)
        return np.minimum(blots + 0.6 * self.line(self.curves(CHEEKBONES, 0.05), 0.16, 0.10), 1)

    def stubble(self, rng: np.random.Generator, region: np.ndarray, fine: float) -> np.ndarray:
        """The dots of a stipple sponge, or short hairs.

        Args:
          rng: random generator.
          region: [H, 2 H], where they are.
          fine: size of the dots, eye distances.
        """
        dots = np.clip(0.70 + 0.20 * self.noise(rng, fine) + 0.15 * self.noise(rng, 4 * fine), 0, 1)
        return region * dots

    def mustache(self, width: float) -> np.ndarray:
        """The upper lip below the nose; a ``width`` of 1 extends beyond the corners of the mouth."""
        return self.beard_region() * self.spot([164, 0], 0.34 * width, 0.085)


def apply(shot: Shot, films: Sequence[Film]) -> Layers:
    """The layers of makeup: thin films are T_A, thick films are P and T_P.

    Args:
      shot: the live frame.
      films: films from the lowest to the uppermost; thick films must come last.
    """
    rendering, size = shot.rendering, shot.live.shape[0]
    surface = rendering.surface
    chosen = np.flatnonzero((surface.material == heads.FACE) & (surface.hair < 1))
    place, skin = surface.place[chosen], surface.albedo[chosen]
    hairless = 1 - surface.hair[chosen]
    bare = hairless > 0.9
    tone = np.median(skin[bare], 0) if bare.any() else np.full(3, 0.3, np.float32)
    brightness = skin @ LUMINANCE / max(float(tone @ LUMINANCE), 1e-4)
    hold = smoothstep((brightness - _SLIP_BRIGHTNESS) / (_HOLD_BRIGHTNESS - _SLIP_BRIGHTNESS))

    def coat(film: Film) -> np.ndarray:
        found = masks.sample_atlas(film.pigment, place) * hairless[:, None]
        if film.slips_off_hair:
            found *= hold[:, None]
        if film.tinted:
            found[:, :3] *= tone
        return found

    thin = [film for film in films if not film.thick]
    layers = additive(shot.live, shot.live)
    albedo, gloss = surface.albedo.copy(), surface.gloss.copy()
    if thin:
        for film in thin:
            found = coat(film)
            albedo[chosen] = albedo[chosen] * (1 - found[:, 3:4]) + found[:, :3]
            gloss[chosen] = gloss[chosen] * (1 - found[:, 3]) + found[:, 4]
        painted = surface._replace(albedo=np.minimum(albedo, 1), gloss=gloss)
        layers = additive(shot.live, rendering.relight(shade(painted, shot.scene)))
    if len(thin) == len(films):
        return layers
    total = np.zeros((len(chosen), 5), np.float32)
    for film in films[len(thin) :]:
        found = coat(film)
        total = total * (1 - found[:, 3:4]) + found
    cover = np.where(total[:, 3] > _MIN_COVER, total[:, 3], 0)
    covered = cover > 0
    total = total[covered] / cover[covered][:, None]
    albedo[chosen[covered]], gloss[chosen[covered]] = np.minimum(total[:, :3], 1), total[:, 4]
    painted = surface._replace(albedo=albedo, gloss=gloss, scatter=_THICK_SCATTER)
    content = rendering.relight(shade(painted, shot.scene))
    alpha = masks.select_pixels(surface, chosen).frame(cover, size)
    if rendering.worn is not None:
        alpha = alpha * (1 - rendering.worn.alpha)
    P = quantize(alpha)[..., None]
    return Layers(layers.T_A, P, quantize(content) * (P > 0))


def random_color(rng: np.random.Generator, choices: Sequence[Color], spread: float) -> Color:
    """A random variation of one of several colors.

    Args:
      rng: random generator.
      choices: the colors, sRGB.
      spread: standard deviation of the variation.
    """
    chosen = np.array(choices[int(rng.integers(len(choices)))])
    return as_color(np.clip(chosen + rng.normal(0, spread, 3), 0.01, 0.99))


def uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """A uniformly distributed Python float."""
    return float(rng.uniform(low, high))
