"""Obfuscation makeup: paint that hides the identity of a person.

Simulated: face paint in patterns (blocks, stripes, one half of the face, a big cat,
a skull, a clown); camouflage sticks; greasepaint that ages a face with a pale
ground, wrinkles, shadows and gray brows; and wax with paint for scars, wounds and
a rough beard. Patterns, wax and beard are thick films: they are P, and T_P is their
appearance in the light of the scene. Ground, wrinkles and bruises are thin films
and count as T_A. Not simulated: relief, cracks, and paint on ears, neck or hair.
"""

import dataclasses
import functools
from collections.abc import Sequence
from typing import Callable

import cv2
import numpy as np

from phystd_tf.synthetic.color import Color, as_color
from phystd_tf.synthetic.composition import Layers
from phystd_tf.synthetic.media import makeup, mask_canvas, masks
from phystd_tf.synthetic.media.makeup import Film, Palette, uniform
from phystd_tf.synthetic.person.atlas_canvas import OUTER_LIPS, SMILE_FOLDS, UNDER_EYES
from phystd_tf.synthetic.shot import Shot
from phystd_tf.synthetic.smoothstep import smoothstep

_Part = tuple[np.ndarray, Color]  # mask [H, 2 H] and color (sRGB) of a coat

INSTRUMENTS = ("face_paint", "camouflage_stick", "theatre_greasepaint", "scar_wax")
PATTERNS = ("blocks", "stripes", "half", "cat", "skull", "clown")
_WHITE, _BLACK = (0.90, 0.89, 0.86), (0.05, 0.05, 0.055)
_BRIGHT = ((0.75, 0.10, 0.10), (0.12, 0.25, 0.62), (0.10, 0.45, 0.22), (0.88, 0.70, 0.12), (0.45, 0.15, 0.50), _BLACK)
_CAMOUFLAGE = ((0.20, 0.24, 0.12), (0.28, 0.20, 0.12), (0.09, 0.10, 0.08), (0.45, 0.40, 0.26))
_SLOPE = 1.25  # eye distances across per radian of the atlas, near the front


@dataclasses.dataclass(frozen=True)
class Parameters:
    """One makeup. Lengths are in eye distances, colors are sRGB, strengths are in [0, 1].

    Attributes:
      instrument: the kind of paint.
      pattern: pattern of face paint, one of PATTERNS; otherwise "".
      colours: three colors of the pattern.
      cover: opacity of thick paint.
      gloss: gloss of thick paint.
      bare_eyes: share of the skin next to the eyes that stays free.
      scale: scale of the pattern.
      turn: rotation of the pattern, radians.
      ground: cover of a thin ground.
      tone: tone of the ground, factors on the color of the skin.
      age: strength of drawn wrinkles.
      wounds: number of scars.
      beard: strength of a stippled beard.
      texture_seed: seed of strokes and positions.
    """

    instrument: str
    pattern: str
    colours: tuple[Color, Color, Color]
    cover: float
    gloss: float
    bare_eyes: float
    scale: float
    turn: float
    ground: float
    tone: Color
    age: float
    wounds: int
    beard: float
    texture_seed: int


def sample(rng: np.random.Generator) -> Parameters:
    """A random makeup."""
    instrument = str(rng.choice(INSTRUMENTS))
    pattern = "" if instrument != "face_paint" else str(rng.choice(PATTERNS))
    wax, aged = instrument == "scar_wax", instrument == "theatre_greasepaint"
    choices = _CAMOUFLAGE if instrument == "camouflage_stick" else _BRIGHT
    order = rng.permutation(len(choices))[:3]
    lightness = rng.uniform(1.0, 1.5) if aged else rng.uniform(0.75, 1.25)
    first, second, third = (makeup.random_color(rng, (choices[i],), 0.03) for i in order)
    return Parameters(
        instrument=instrument,
        pattern=pattern,
        colours=(first, second, third),
        cover=uniform(rng, 0.82, 0.97),
        gloss=uniform(rng, 0.1, 0.9),
        bare_eyes=uniform(rng, 0.5, 0.9) if pattern not in ("skull", "clown", "cat") else 0.0,
        scale=uniform(rng, 0.75, 1.3),
        turn=uniform(rng, -0.9, 0.9),
        ground=uniform(rng, 0.6, 0.85) if aged else uniform(rng, 0.3, 0.6),
        tone=(float(lightness), float(lightness * rng.uniform(0.92, 1.0)), float(lightness * rng.uniform(0.82, 1.0))),
        age=uniform(rng, 0.5, 0.9) if aged else 0.0,
        wounds=int(rng.integers(2, 5)) if wax else 0,
        beard=uniform(rng, 0.6, 0.95) if (wax and rng.uniform() < 0.7) else 0.0,
        texture_seed=int(rng.integers(2**31)),
    )


def layers(shot: Shot, p: Parameters, rng: np.random.Generator) -> Layers:
    """The layers of the makeup on a live frame.

    Args:
      shot: the live frame.
      p: the makeup.
      rng: unused; makeup does not move on the skin.
    """
    del rng
    return makeup.apply(shot, _paint(p, masks.atlas_height(shot)))


@functools.lru_cache(maxsize=2)
def _paint(p: Parameters, height: int) -> tuple[Film, ...]:
    rng = np.random.default_rng(p.texture_seed)
    if p.instrument == "theatre_greasepaint":
        return _aged(p, rng, height)
    if p.instrument == "scar_wax":
        return _wounded(p, rng, height)
    paint = Palette(height)
    # Paint is not applied up to the edge of the lids or into the mouth.
    allowed = 1 - p.bare_eyes * np.maximum(*(_oval(paint, ring, 0.09) for ring in mask_canvas.EYE_RINGS))
    allowed = allowed * (1 - 0.7 * paint.lips(0.02) * (p.pattern not in ("skull", "clown")))
    if p.instrument == "camouflage_stick":
        for mask, color in zip(_blotches(paint, p, rng), p.colours):
            paint.lay(0.85 * _strokes(paint, p, rng) * mask * allowed, color, 0.5 * p.gloss)
    else:
        for mask, color in _PATTERNS[p.pattern](paint, p, rng):
            paint.lay(_strokes(paint, p, rng) * mask * allowed, color, p.gloss)
    # The hairs of brows and lashes stick out of the paint.
    return (paint.film(thick=True, slips_off_hair=True),)


def _strokes(canvas: Palette, p: Parameters, rng: np.random.Generator) -> np.ndarray:
    """Opacity [H, 2 H] of paint that is applied with a brush or a finger, with streaks."""
    streaks = cv2.GaussianBlur(canvas.noise(rng, 0.02), (0, 0), sigmaX=0.08 * canvas.unit, sigmaY=0.6) * 2.5
    return np.clip(p.cover * (1 + 0.05 * streaks + 0.05 * canvas.noise(rng, 0.3)), 0, 1)


def _across(canvas: Palette) -> np.ndarray:
    """Horizontal distance [H, 2 H] from the middle of the face, eye distances."""
    return _SLOPE * np.sin(np.clip(canvas.angle, -1.5, 1.5))


def _edge(canvas: Palette, distance: np.ndarray) -> np.ndarray:
    """1 where a distance (eye distances) is positive, with an edge as sharp as that of a brush."""
    return np.clip(distance / max(0.03, 1.2 / canvas.unit) + 0.5, 0, 1)


# Face paint: parts from the lowest to the uppermost.


def _blocks(canvas: Palette, p: Parameters, rng: np.random.Generator) -> list[_Part]:
    """Large straight shapes over eyes, nose and cheeks that break the symmetry of the face."""
    face, x = canvas.face(0.03, 0.97), _across(canvas)
    parts: list[_Part] = []
    for index, (left, top) in enumerate(((-0.5, -0.5), (0.5, 0.5), (0.1, -0.9), (-0.4, 0.9), (0.6, -0.2))):
        turn = p.turn + rng.normal(0, 0.6)
        u = (x - left + rng.normal(0, 0.1)) * np.cos(turn) + (canvas.y - top) * np.sin(turn)
        v = -(x - left) * np.sin(turn) + (canvas.y - top + rng.normal(0, 0.1)) * np.cos(turn)
        wide, high = p.scale * rng.uniform(0.2, 0.5), p.scale * rng.uniform(0.15, 0.35)
        inside = np.minimum(wide - np.abs(u) - 0.3 * v, high - np.abs(v))
        parts.append((face * _edge(canvas, inside), p.colours[index % 3] if index != 2 else _WHITE))
    return parts


def _stripes(canvas: Palette, p: Parameters, rng: np.random.Generator) -> list[_Part]:
    face, x = canvas.face(0.03, 0.97), _across(canvas)
    u = np.abs(x) * np.sin(p.turn) + canvas.y * np.cos(p.turn) + 0.04 * canvas.noise(rng, 0.4)
    wave = (u / (0.34 * p.scale) + rng.uniform()) % 3
    # Stripes have rounded ends and stop before nose and mouth.
    face = face * (1 - smoothstep(2.2 * canvas.spot([1, 13], 0.26, 0.42) - 0.5))
    return [
        (face * _edge(canvas, 0.3 * (0.30 - np.abs(wave - index - 0.5))), p.colours[index])
        for index in range(int(rng.integers(1, 3)))
    ]


def _half(canvas: Palette, p: Parameters, rng: np.random.Generator) -> list[_Part]:
    """One half of the face, with a jagged border and a few drops of the second color."""
    face, side = canvas.face(0.03, 0.98), float(rng.choice((-1, 1)))
    jag = 0.10 * p.scale * (np.abs((canvas.y / (0.25 * p.scale)) % 2 - 1) - 0.5)
    parts = [(face * _edge(canvas, side * _across(canvas) + jag), p.colours[0])]
    if rng.uniform() < 0.5:
        parts.append((face * _edge(canvas, -side * _across(canvas) - jag), _WHITE))
    dots = canvas.noise(rng, 0.35) - 1.1
    return parts + [(face * _edge(canvas, 0.1 * dots), p.colours[1])]


def _cat(canvas: Palette, p: Parameters, rng: np.random.Generator) -> list[_Part]:
    face, x = canvas.face(0.04, 0.98), np.abs(_across(canvas))
    muzzle = np.minimum(canvas.spot([164], 0.42, 0.22, 0.08) + canvas.pair([27, 223], [257, 443], 0.2, 0.10), 1)
    fur = (0.88, 0.52, 0.12) if rng.uniform() < 0.6 else (0.72, 0.68, 0.60)
    y = canvas.y + 0.03 * canvas.noise(rng, 0.3)
    rays = np.abs((y - 0.35 * x) / (0.30 * p.scale) % 1 - 0.5) - 0.36 + 1.5 * np.clip(0.72 - x, 0, 1)
    brow = np.abs(x / (0.24 * p.scale) % 1 - 0.5) - 0.33 + 1.2 * np.clip(y + 0.62, 0, 1)
    stripes = np.maximum(_edge(canvas, -0.25 * rays), _edge(canvas, -0.2 * brow))
    nose = canvas.fill([canvas.curve((219, 4, 439, 328, 2, 99))], 0.02)
    whiskers = canvas.line([canvas.curve((164, 2))], 0.03, 0.01)
    return [
        (face, fur),
        (face * smoothstep(2 * muzzle - 0.5), _WHITE),
        (0.85 * face * stripes * (1 - muzzle) * (1 - canvas.pair([33, 133, 145], [263, 362, 374], 0.26, 0.16)), _BLACK),
        (np.maximum(nose, whiskers), _BLACK),
        (canvas.liner(0.06, 0.12), _BLACK),
        (0.9 * canvas.line([canvas.curve((61, 13, 291))], 0.03, 0.01), _BLACK),
    ]


def _skull(canvas: Palette, p: Parameters, rng: np.random.Generator) -> list[_Part]:
    face = canvas.face(0.04, 0.98)
    sockets = np.maximum(*(_oval(canvas, ring, 0.14 * p.scale) for ring in mask_canvas.EYE_RINGS))
    hollows = canvas.line(canvas.curves(makeup.CHEEK_HOLLOWS), 0.20 * p.scale, 0.05)
    nose = canvas.fill([canvas.curve((195, 129, 98, 2, 327, 358))], 0.02)
    x = _across(canvas)
    teeth = _edge(canvas, 0.02 - np.abs((x + 0.09) % 0.18 - 0.09)) * _edge(canvas, 0.22 - np.abs(canvas.y - 1.02))
    seam = canvas.line([canvas.curve((187, 61, 13, 291, 411))], 0.025, 0.01)
    dark = as_color(0.6 * np.array(p.colours[0]) * (rng.uniform() < 0.4) + 0.045)
    return [
        (face + canvas.lips(0.01), _WHITE),
        (0.9 * face * hollows, _BLACK),
        (np.maximum(sockets, nose), dark),
        (0.9 * np.maximum(seam, teeth * _edge(canvas, 0.55 - np.abs(x))), _BLACK),
    ]


def _clown(canvas: Palette, p: Parameters, rng: np.random.Generator) -> list[_Part]:
    face = canvas.face(0.05, 0.95)
    mouth = canvas.curve(OUTER_LIPS)
    middle = mouth.mean(0)
    wide = canvas.fill([middle + (mouth - middle) * (1.45, 1.7 * p.scale)], 0.02)
    x = _across(canvas)
    eyes = np.abs(np.abs(x) - 0.5) / 0.10 + np.abs(canvas.y + 0.05) / (0.42 * p.scale) - 1
    return [
        (face * (0.55 if rng.uniform() < 0.3 else 1.0), _WHITE),
        (_edge(canvas, -0.10 * eyes), p.colours[1]),
        (0.9 * canvas.pair([50], [280], 0.15, 0.13), (0.80, 0.12, 0.14)),
        (smoothstep(2.2 * canvas.spot([4], 0.14, 0.13) - 0.6), (0.78, 0.06, 0.08)),
        (wide, p.colours[0] if p.colours[0][0] > 0.5 else (0.75, 0.07, 0.09)),
        (canvas.line([canvas.curve((61, 13, 291))], 0.02, 0.01), _BLACK),
    ]


def _oval(canvas: Palette, ring: Sequence[int], grow: float) -> np.ndarray:
    """The region within ``grow`` eye distances of a ring of vertices, [H, 2 H]."""
    outline = cv2.convexHull(canvas.curve(ring).astype(np.float32))[:, 0]
    return np.maximum(canvas.fill([outline], 0), canvas.line([np.concatenate([outline, outline[:1]])], 2 * grow, 0.02))


_PATTERNS: dict[str, Callable[[Palette, Parameters, np.random.Generator], list[_Part]]] = {
    "blocks": _blocks,
    "stripes": _stripes,
    "half": _half,
    "cat": _cat,
    "skull": _skull,
    "clown": _clown,
}


# The other instruments.


def _blotches(canvas: Palette, p: Parameters, rng: np.random.Generator) -> list[np.ndarray]:
    """Masks [H, 2 H] of three layers of blotches that leave little skin free."""
    face = canvas.face(0.05, 0.97)
    parts = [face * 0.92]
    for threshold in (0.1, 0.5):
        u = canvas.noise(rng, 0.45 * p.scale) + 0.35 * canvas.noise(rng, 0.15) + 0.5 * np.sin(3 * canvas.y + p.turn)
        parts.append(face * _edge(canvas, 0.10 * (u - threshold)))
    return parts


def _aged(p: Parameters, rng: np.random.Generator, height: int) -> tuple[Film, ...]:
    ground = Palette(height)
    patchy = np.clip(1 + 0.12 * ground.noise(rng, 0.12) + 0.08 * ground.noise(rng, 0.03), 0, 1.15)
    ground.lay_albedo(ground.face() * patchy * p.ground, p.tone, 0.8 * p.gloss)
    lines = Palette(height)
    brown, pale = np.array(p.tone) * (0.30, 0.20, 0.16), np.array(p.tone) * (1.35, 1.30, 1.25)
    rows = [lines.curve((68, 69, 108, 151, 337, 299, 298), drop) for drop in (-0.08, 0.05, 0.17)]
    feet = [lines.curve((end, start), drop) for end, start in ((130, 34), (359, 264)) for drop in (-0.05, 0.02, 0.09)]
    drawn = (
        (0.9, rows, 0.016),
        (1.0, lines.curves(SMILE_FOLDS), 0.030),
        (0.9, lines.curves(UNDER_EYES), 0.022),
        (0.8, feet, 0.012),
        (0.8, lines.curves(((61, 57, 212, 214), (291, 287, 432, 434))), 0.022),
        (0.8, lines.curves(((107, 9), (336, 9))), 0.018),
    )
    for strength, curves, thickness in drawn:
        # Each fold has a light ridge next to its dark line.
        ridge = [curve - (0, 1.6 * thickness * lines.unit) for curve in curves]
        lines.lay_albedo(0.5 * p.age * lines.line(ridge, 1.2 * thickness, 0.012), pale, 0.5)
        lines.lay_albedo(p.age * strength * lines.line(curves, thickness, 0.010), brown, 0.1)
    lines.lay_albedo(0.7 * p.age * lines.line(lines.curves(makeup.CHEEK_HOLLOWS), 0.16, 0.08), brown, 0.1)
    sockets = lines.pair([33, 133, 145], [263, 362, 374], 0.22, 0.13, 0.06)
    lines.lay_albedo(0.45 * p.age * sockets, (0.45, 0.28, 0.30), 0.1)
    hairs = Palette(height)
    hairs.lay(0.8 * hairs.brow_pencil(rng, rng.uniform(0.09, 0.15), 0.0), (0.72, 0.70, 0.66), 0.1)
    hairs.lay(0.55 * hairs.lipstick(0.0), (0.62, 0.45, 0.42), 0.05)
    return ground.film(tinted=True, slips_off_hair=True), lines.film(tinted=True), hairs.film()


def _wounded(p: Parameters, rng: np.random.Generator, height: int) -> tuple[Film, ...]:
    ground, bruises, thick = Palette(height), Palette(height), Palette(height)
    dirt = np.clip(0.4 + 0.5 * ground.noise(rng, 0.3) + 0.3 * ground.noise(rng, 0.06), 0, 1)
    ground.lay_albedo(ground.face() * dirt * p.ground, np.array(p.tone) * 0.7, 0.3)
    side = int(rng.integers(2))
    rings = (((33, 133, 145), (263, 362, 374))[side], ((50, 205), (280, 425))[1 - side])
    for ring, color in zip(rings, ((0.45, 0.16, 0.28), (0.55, 0.20, 0.14))):
        patchy = np.clip(0.7 + 0.3 * bruises.noise(rng, 0.12), 0, 1)
        bruises.lay_albedo(0.65 * patchy * bruises.spot(ring, 0.24, 0.18, 0.08), color, 0.4)
    if p.beard:
        frayed = thick.stubble(rng, thick.beard_region(), 0.02)
        thick.lay(p.beard * frayed, 0.25 * np.array(p.colours[0]) + 0.05, 0.1)
    for _ in range(p.wounds):
        start = thick.curve((int(rng.choice((50, 280, 205, 425, 108, 337, 151, 117, 346, 187, 411))),))[0]
        turn, reach = rng.uniform(0, np.pi), rng.uniform(0.15, 0.4) * thick.unit
        t = np.linspace(-1, 1, 20)
        bend = rng.uniform(-0.3, 0.3) * t**2 + 0.04 * rng.normal(size=20)
        path = start + reach * (
            t[:, None] * (np.cos(turn), np.sin(turn)) + bend[:, None] * (-np.sin(turn), np.cos(turn))
        )
        thick.lay(0.9 * thick.line([path], rng.uniform(0.10, 0.16), 0.03), (0.70, 0.42, 0.36), 1.2)
        thick.lay(0.9 * thick.line([path], 0.045, 0.012), (0.38, 0.05, 0.05), 2.0)
        if rng.uniform() < 0.6:  # stitches
            across = [
                path[i] + thick.unit * 0.07 * np.outer((-1, 1), (-np.sin(turn), np.cos(turn))) for i in range(2, 20, 4)
            ]
            thick.lay(0.9 * thick.line(across, 0.016, 0.005), _BLACK, 0.2)
    return ground.film(tinted=True, slips_off_hair=True), bruises.film(tinted=True), thick.film(thick=True)
