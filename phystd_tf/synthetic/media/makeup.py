"""What make-up of every kind has in common: films of pigment on the skin, and where features are painted.

A film lies on the skin, goes with it, and is lit with it. Thin ones let the
skin through: they change its albedo and gloss, the face is lit again, and the
difference to the live face is T_A. Thick ones hide it: they are P, and T_P is
what they look like in the same light. Make-up stays off eyeballs, teeth and
hair, and real spectacles stay in front of it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from phystd_tf.face import topology
from phystd_tf.face.morphable_model import default_model
from phystd_tf.synthetic.composition import Layers, additive, quantise
from phystd_tf.synthetic.media import masks
from phystd_tf.synthetic.person import head as heads
from phystd_tf.synthetic.person.atlas_canvas import LEFT_LID, LOWER_LIP, RIGHT_LID, UPPER_LIP, AtlasCanvas, band
from phystd_tf.synthetic.person.surface import shade
from phystd_tf.synthetic.scene.transfer import to_linear
from phystd_tf.synthetic.shot import Shot

Colour = tuple[float, float, float]

_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
# Liquids and powders slip off what is this dark relative to the skin (hairs), and hold on what is that bright.
_SLIPS, _HOLDS = 0.12, 0.45
# Light creeps less far under thick paint than under skin.
_THICK_SCATTER = 0.4
_LEAST_COVER = 1 / 512  # what rounds to nothing

_LOWER_LIDS = ((33,) + topology.LEFT_LOWER_LID + (133,), (263,) + topology.RIGHT_LOWER_LID[::-1] + (362,))
CHEEKBONES = ((234, 227, 123, 50), (454, 447, 352, 280))  # from the ear forwards
CHEEK_HOLLOWS = ((93, 137, 147, 187, 207), (323, 366, 376, 411, 427))
NOSE_SIDES = ((193, 245, 188, 174, 236, 134), (417, 465, 412, 399, 456, 363))
JAW = (132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361)


class Film(NamedTuple):
    """Pigment on the skin.

    Attributes:
      pigment: [H, 2 H, 5] float32, an atlas: albedo (linear RGB) times cover, cover in [0, 1], gloss times cover.
      tinted: whether the albedo is a factor on the wearer's own skin, as of products matched to it.
      thick: whether it hides the skin.
      slips: whether it slips off hair.
    """

    pigment: np.ndarray
    tinted: bool = False
    thick: bool = False
    slips: bool = False


class Palette(AtlasCanvas):
    """Paints a film, coat over coat; sizes are in eye distances, colours sRGB."""

    def __init__(self, height: int) -> None:
        super().__init__(default_model(), height)
        self.pigment = np.zeros((*self.shape, 5), np.float32)

    def lay(self, mask: np.ndarray, colour, gloss: float) -> None:
        """A coat of an sRGB colour [3] or [H, 2 H, 3] that covers by mask [H, 2 H], cut to [0, 1]."""
        self.lay_albedo(mask, to_linear(np.asarray(colour, np.float32)), gloss)

    def lay_albedo(self, mask: np.ndarray, albedo, gloss: float) -> None:
        """A coat of an albedo [3] or [H, 2 H, 3], or of such a factor on the skin for a tinted film."""
        rows, columns = np.flatnonzero(mask.max(1) > _LEAST_COVER), np.flatnonzero(mask.max(0) > _LEAST_COVER)
        if not len(rows) or not len(columns):
            return
        part = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
        share = np.clip(mask[part], 0, 1)[..., None].astype(np.float32)
        albedo = np.asarray(albedo, np.float32)
        coat = np.empty((*share.shape[:2], 5), np.float32)
        coat[..., :3] = albedo[part] if albedo.ndim == 3 else albedo
        coat[..., 3], coat[..., 4] = 1, gloss
        self.pigment[part] += share * (coat - self.pigment[part])

    def film(self, **kind: bool) -> Film:
        """What has been painted."""
        return Film(self.pigment, **kind)

    # -- where things are painted -----------------------------------------------

    def curve(self, vertices: Sequence[int], drop: float = 0.0) -> np.ndarray:
        """Marks [n, 2] of vertices, lowered."""
        return self.marks[list(vertices)] + (0, drop * self.unit)

    def curves(self, pair: Sequence[Sequence[int]], drop: float = 0.0) -> list:
        """``curve`` of each."""
        return [self.curve(vertices, drop) for vertices in pair]

    def face(self, soft: float = 0.06, reach: float = 0.95) -> np.ndarray:
        """The face without its lips; soft at the outline, whose size is multiplied by ``reach``."""
        outline = self.curve(topology.FACE_OVAL)
        middle = outline.mean(0)
        return self.fill([middle + reach * (outline - middle)], soft) * (1 - self.lips(0.01))

    def lids(self, height: float, wing: float) -> np.ndarray:
        """Upper lids up to a height above the lashes; the outer end drawn out by ``wing``."""
        outlines = []
        for lid in self.curves((LEFT_LID, RIGHT_LID)):
            outward = np.sign(lid[0, 0] - lid[-1, 0])
            rise = height * np.sin(np.linspace(0.35, np.pi - 0.35, len(lid))) + height * np.linspace(0.5, 0, len(lid))
            upper = lid - np.stack([np.zeros(len(lid)), rise * self.unit], 1)
            tip = lid[:1] + np.array([[outward * wing, -0.6 * wing - 0.3 * height]]) * self.unit
            outlines.append(np.concatenate([tip, lid, upper[::-1]]))
        return self.fill(outlines, 0.3 * height)

    def liner(self, thickness: float, wing: float) -> np.ndarray:
        """A line along the upper lashes, with a wing beyond the outer corner."""
        curves = []
        for lid in self.curves((LEFT_LID, RIGHT_LID)):
            outward = np.sign(lid[0, 0] - lid[-1, 0])
            tip = lid[:1] + np.array([[outward * wing, -0.55 * wing]]) * self.unit
            curves.append(np.concatenate([tip, lid]) - (0, 0.3 * thickness * self.unit))
        return self.line(curves, thickness, 0.008)

    def lower_liner(self, thickness: float, soft: float) -> np.ndarray:
        """A line along the lower lashes."""
        return self.line(self.curves(_LOWER_LIDS, 0.3 * thickness), thickness, soft)

    def lashes(self, length: float) -> np.ndarray:
        """Strokes of mascara along the upper lids."""
        strokes = []
        for lid in self.curves((LEFT_LID, RIGHT_LID)):
            outward = np.sign(lid[0, 0] - lid[-1, 0])
            for t in np.linspace(0, len(lid) - 2.5, 14):
                root = np.array([np.interp(t, range(len(lid)), lid[:, axis]) for axis in (0, 1)])
                lean = outward * (0.9 - 1.3 * t / (len(lid) - 1))
                strokes.append(np.array([root, root + np.array([lean, -1]) * length * self.unit]))
        return self.line(strokes, 0.009, 0.005)

    def lipstick(self, overdraw: float, soft: float = 0.012) -> np.ndarray:
        """The red of the lips, but not what is between them; the outline swells by this share."""
        outlines = []
        for ring, sign in ((UPPER_LIP, -1), (LOWER_LIP, 1)):
            points = self.curve(ring)
            outer = np.zeros((len(ring), 1))
            outer[1:10] = np.sin(np.linspace(0.3, np.pi - 0.3, 9))[:, None]
            outlines.append(points + outer * (0, sign * overdraw * self.unit))
        return self.fill(outlines, soft)

    def brow_pencil(self, rng: np.random.Generator, thickness: float, arch: float) -> np.ndarray:
        """Drawn brows: a body and strokes."""
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
        """Colour on the cheekbones, fading towards the temples."""
        blots = self.pair([50, 117], [280, 346], 0.20, height)
        return np.minimum(blots + 0.6 * self.line(self.curves(CHEEKBONES, 0.05), 0.16, 0.10), 1)

    def stubble(self, rng: np.random.Generator, region: np.ndarray, fine: float) -> np.ndarray:
        """Dots of a stipple sponge or short hairs within a region."""
        dots = np.clip(0.70 + 0.20 * self.noise(rng, fine) + 0.15 * self.noise(rng, 4 * fine), 0, 1)
        return region * dots

    def moustache(self, width: float) -> np.ndarray:
        """The upper lip below the nose; a width of 1 reaches beyond the corners of the mouth."""
        return self.beard_region() * self.spot([164, 0], 0.34 * width, 0.085)


def apply(shot: Shot, films: Sequence[Film]) -> Layers:
    """The layers of make-up: thin films are T_A, thick ones P and T_P. Later films lie on earlier ones.

    Args:
      shot: the live frame.
      films: those that are thick must come last.
    """
    rendering, size = shot.rendering, shot.live.shape[0]
    surface = rendering.surface
    chosen = np.flatnonzero((surface.material == heads.FACE) & (surface.hair < 1))
    place, skin = surface.place[chosen], surface.albedo[chosen]
    keeps = 1 - surface.hair[chosen]
    bare = keeps > 0.9
    tone = np.median(skin[bare], 0) if bare.any() else np.full(3, 0.3, np.float32)
    brightness = skin @ _LUMINANCE / max(float(tone @ _LUMINANCE), 1e-4)
    hold = masks.step((brightness - _SLIPS) / (_HOLDS - _SLIPS))

    def coat(film: Film) -> np.ndarray:
        found = masks.look_up(film.pigment, place) * keeps[:, None]
        if film.slips:
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
        layers = additive(shot.live, rendering.again(shade(painted, shot.scene)))
    if len(thin) == len(films):
        return layers
    total = np.zeros((len(chosen), 5), np.float32)
    for film in films[len(thin) :]:
        found = coat(film)
        total = total * (1 - found[:, 3:4]) + found
    cover = np.where(total[:, 3] > _LEAST_COVER, total[:, 3], 0)
    there = cover > 0
    total = total[there] / cover[there][:, None]
    albedo[chosen[there]], gloss[chosen[there]] = np.minimum(total[:, :3], 1), total[:, 4]
    painted = surface._replace(albedo=albedo, gloss=gloss, scatter=_THICK_SCATTER)
    content = rendering.again(shade(painted, shot.scene))
    alpha = masks.rows_of(surface, chosen).frame(cover, size)
    if rendering.worn is not None:
        alpha = alpha * (1 - rendering.worn.alpha)
    P = quantise(alpha)[..., None]
    return Layers(layers.T_A, P, quantise(content) * (P > 0))


def random_colour(rng: np.random.Generator, choices: Sequence[Colour], spread: float) -> Colour:
    """One of some sRGB colours, varied a little."""
    chosen = np.array(choices[int(rng.integers(len(choices)))])
    return tuple(float(value) for value in np.clip(chosen + rng.normal(0, spread, 3), 0.01, 0.99))


def uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """A plain number between."""
    return float(rng.uniform(low, high))
