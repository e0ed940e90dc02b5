"""Transparent mask: a shell of clear plastic before the face.

Simulated: the face seen through plastic that takes some light and adds a little
haze, and the plastic's own smooth shape in sharp highlights of the lamps and
in reflections of the room, stronger where it turns away; its edges and the rims
of holes for eyes, nose and mouth; warped sheets have ripples; some makers paint brows
and lips on it. Additive part T_A: transmission, haze, reflections and the shadow of
the edge. Covered region P: only what the face cannot be seen through, namely
cut edges, paint, and highlights so strong that nothing else is left (from 60 to 100 % of white). Not
simulated: refraction, fogging by breath.
"""

import dataclasses
import functools
from typing import NamedTuple

import cv2
import numpy as np

from phystd_tf.face import topology
from phystd_tf.synthetic.composition import Layers, quantise
from phystd_tf.synthetic.media import masks
from phystd_tf.synthetic.media.masks import Canvas, step
from phystd_tf.synthetic.person.atlas_canvas import OUTER_LIPS
from phystd_tf.synthetic.person.renderer import decode, encode
from phystd_tf.synthetic.person.surface import sample as sample_texture
from phystd_tf.synthetic.person.surface import shade
from phystd_tf.synthetic.scene.noise import fractal_noise
from phystd_tf.synthetic.scene.transfer import to_linear
from phystd_tf.synthetic.shot import Shot

# Kinds of plastic. Named: a protocol may hold one out.
INSTRUMENTS = ("thin_pvc", "thick_petg", "painted_pvc")
_EDGE = 0.034  # width of a cut edge, eye distances
_ROOM = 96  # pixels of the picture of the room that is reflected
_FRESNEL = 0.04  # share of light that is reflected head on
_BURNT = (0.6, 1.0)  # light added, relative to white: where a highlight begins and ends to hide the face


@dataclasses.dataclass(frozen=True)
class Parameters:
    """One mask. Lengths in eye distances.

    Attributes:
      instrument: the plastic.
      clear: share of light that gets through, RGB.
      haze: light of the plastic itself, as an albedo.
      sharpness: exponent of the highlights.
      shine: their strength.
      ripples: of the sheet.
      depth: how strong the features of the mould are.
      size: share of the outline of the face that is covered.
      eye_hole: growth of the holes over the eyes.
      mouth_hole: whether there is one.
      paint: colour of painted brows, sRGB.
      lips: colour of painted lips, sRGB.
      shadow: of the edge.
      texture_seed: draws mould, ripples and room.
    """

    instrument: str
    clear: tuple[float, float, float]
    haze: float
    sharpness: float
    shine: float
    ripples: float
    depth: float
    size: float
    eye_hole: float
    mouth_hole: bool
    paint: tuple[float, float, float]
    lips: tuple[float, float, float]
    shadow: float
    texture_seed: int


class Shell(NamedTuple):
    """The mask on an atlas [H, 2 H].

    Attributes:
      albedo: [H, 2 H, 3] float32, linear RGB of what is opaque.
      cover: [H, 2 H] float32, 1 where there is plastic.
      opaque: [H, 2 H] float32, how little is seen through it: paint and cut edges.
      relief: [H, 2 H] float32, height above the mould, eye distances.
    """

    albedo: np.ndarray
    cover: np.ndarray
    opaque: np.ndarray
    relief: np.ndarray


def sample(rng: np.random.Generator) -> Parameters:
    """A random mask."""
    instrument = str(rng.choice(INSTRUMENTS))
    thick = instrument == "thick_petg"
    clear = rng.uniform(0.78, 0.86) if thick else rng.uniform(0.84, 0.93)
    return Parameters(
        instrument=instrument,
        clear=tuple(map(float, clear * np.array((1.0, rng.uniform(0.99, 1.03), rng.uniform(0.97, 1.04))))),
        haze=float(rng.uniform(0.03, 0.08) if thick else rng.uniform(0.015, 0.05)),
        sharpness=float(rng.uniform(60, 220)),
        shine=float(rng.uniform(0.8, 2.2)),
        ripples=float(rng.uniform(0.2, 0.6) if thick else rng.uniform(0.5, 1.3)),
        depth=float(rng.uniform(1.0, 1.4)),
        size=float(rng.uniform(0.85, 0.95)),
        eye_hole=float(rng.uniform(0.2, 0.7)),
        mouth_hole=bool(rng.uniform() < 0.4),
        paint=tuple(map(float, rng.uniform(0.05, 0.3) * np.array((1.0, 0.75, 0.6)))),
        lips=tuple(map(float, np.array((0.72, 0.12, 0.16)) * rng.uniform(0.6, 1.2))),
        shadow=float(rng.uniform(0.10, 0.25)),
        texture_seed=int(rng.integers(2**31)),
    )


def layers(shot: Shot, p: Parameters, rng: np.random.Generator) -> Layers:
    """What the mask adds to a live frame and where it hides the face.

    Args:
      shot: the live frame.
      p: the mask.
      rng: unused; the mask sits still on the head.
    """
    del rng
    rendering, size = shot.rendering, shot.live.shape[0]
    surface = rendering.surface
    shell = _form(p, masks.atlas_height(shot))
    seated = masks.seat(shot, masks.mould_normals(p.texture_seed, p.depth))
    share = np.where(masks.on_face(surface), masks.look_up(shell.cover, seated.place), 0)
    chosen = share > 0
    part = masks.Seat(seated.place[chosen], seated.normal[chosen])
    normal = masks.emboss(part, shell.relief, shot.scene)
    blank = np.zeros_like(part.normal)
    rows = masks.rows_of(surface, chosen)
    white = rows._replace(albedo=blank + 1, gloss=blank[:, 0], hair=blank[:, 0], normal=normal, scatter=0.5)
    received = shade(white, shot.scene)
    mirrored = _reflections(p, normal, shot)

    def frame(values: np.ndarray) -> np.ndarray:
        return rows.frame(values, size)

    part_share = share[chosen, None]
    taken = frame(part_share * (1 - np.float32(p.clear)))
    added = frame(part_share * (mirrored + p.haze * received)) * rendering.gain
    # Exposed light, as if all of the frame had the gain 1.
    film = encode(decode(shot.live) * (1 - taken) + added, 1.0)
    film = np.where(frame(part_share) > 0, film, shot.live)
    burnt = step((rendering.gain * mirrored.min(1) - _BURNT[0]) / (_BURNT[1] - _BURNT[0]))
    opaque = masks.look_up(shell.opaque, part.place)
    P = quantise(frame(np.maximum(opaque, burnt) * share[chosen]))[..., None]
    content = rendering.encode(frame(received * masks.look_up(shell.albedo, part.place) + mirrored))
    edge = frame(share[chosen] * opaque)
    dark = p.shadow * masks.cast_shadow(edge, shot) * np.isfinite(rendering.z) * (1 - edge)
    return Layers(quantise(film * (1 - dark[..., None])) - shot.live, P, quantise(content) * (P > 0))


def _reflections(p: Parameters, normal: np.ndarray, shot: Shot) -> np.ndarray:
    """Light [k, 3] mirrored by the shell: the lamps, and a room of bright and dark places."""
    scene = shot.scene
    mirrored = np.zeros_like(normal)
    for source in scene.lights:
        half = np.array(source.direction, np.float32) + np.float32((0, 0, 1))
        half /= max(float(np.linalg.norm(half)), 1e-3)
        aligned = np.clip(normal @ half, 1e-6, 1)
        # A sharp core in a faint halo.
        spot = np.exp(p.sharpness * np.log(aligned)) + 0.06 * np.exp(0.15 * p.sharpness * np.log(aligned))
        mirrored += p.shine * spot[:, None] * np.array(source.colour, np.float32)
    bounce = 2 * normal[:, 2:] * normal[:, :2]
    room = sample_texture(_room(p.texture_seed), ((bounce * 0.5 + 0.5) * (_ROOM - 1)).astype(np.float32))
    fresnel = _FRESNEL + (1 - _FRESNEL) * (1 - np.clip(normal[:, 2:], 0, 1)) ** 5
    return (mirrored + p.shine * fresnel * room * np.array(scene.sky, np.float32)).astype(np.float32)


@functools.lru_cache(maxsize=4)
def _room(seed: int) -> np.ndarray:
    """The room as the mask mirrors it, [R, R, 1], by the direction of the mirrored ray; 1 is the light of the sky."""
    rng = np.random.default_rng(seed)
    room = np.clip(0.6 + 0.5 * fractal_noise(rng, (_ROOM, _ROOM), (48, 16), 0.7), 0.05, 2).astype(np.float32)
    for _ in range(int(rng.integers(2, 5))):  # windows and lamps
        x, y = rng.uniform(0.05, 0.8, 2) * _ROOM
        width, height = rng.uniform(0.04, 0.2, 2) * _ROOM
        room[int(y) : int(y + height) + 1, int(x) : int(x + width) + 1] += rng.uniform(6, 16)
    return cv2.GaussianBlur(room, (0, 0), 1.2)[..., None]


@functools.lru_cache(maxsize=2)
def _form(p: Parameters, height: int) -> Shell:
    """The shell, drawn on an atlas of this height."""
    canvas = Canvas(height)
    outline = canvas.inside(canvas.ring(topology.FACE_OVAL, p.size - 1))
    holes = canvas.inside(*(canvas.ring(ring, p.eye_hole) for ring in masks.EYE_RINGS))
    if p.mouth_hole:
        holes = np.maximum(holes, canvas.inside(canvas.ring(OUTER_LIPS, -0.25)))
    solid = np.minimum(outline, -holes)
    cover = canvas.soft(solid, 0.015)
    edge = np.exp(-((np.clip(solid, 0, None) / _EDGE) ** 2))
    opaque = 0.45 * edge
    albedo = np.full(canvas.y.shape + (3,), 0.75, np.float32)
    if p.instrument == "painted_pvc":
        lifted = [canvas.places[list(brow)] - (0, 0.06) for brow in masks.BROW_LINES]
        streaks = masks.mottle(p.texture_seed + 1, canvas, (0.05, 0.02))
        brow = canvas.soft(0.05 - canvas.away(*lifted), 0.05) * np.clip(0.85 + 0.15 * streaks, 0, 1)
        lips = canvas.soft(canvas.inside(canvas.ring(OUTER_LIPS, 0.08)), 0.05)
        lips = 0.85 * lips * np.clip(0.92 + 0.08 * streaks, 0, 1)
        for share, colour in ((brow, p.paint), (lips, p.lips)):
            albedo = albedo + (share > 0.02)[..., None] * (to_linear(np.float32(colour)) - albedo)
            opaque = np.maximum(opaque, share)
    waves = masks.mottle(p.texture_seed, canvas, (0.8, 0.35, 0.15), 0.6)
    rim = masks.rounded_edge(solid, 1.5 * _EDGE)
    relief = 0.012 * p.ripples * waves + 0.025 * rim
    return Shell(albedo, cover, opaque.astype(np.float32), relief.astype(np.float32))
