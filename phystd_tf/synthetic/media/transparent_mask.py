"""Transparent mask: a shell of clear plastic in front of the face.

Simulated: the face seen through plastic that absorbs some light and adds a little
haze; sharp highlights of the lamps and reflections of the room on the smooth
shape of the plastic, which are stronger where it is tilted; its edges and the
rims of the holes for eyes and mouth; ripples of warped sheets; and, for some
instruments, painted brows and lips. Additive trace T_A: transmission, haze,
reflections and the shadow of the edge. Covered region P: only where the face
cannot be seen through the mask, namely cut edges, paint, and highlights that
outshine everything else (from 60 to 100 % of white). Not simulated: refraction,
and fogging by breath.
"""

import dataclasses
import functools
from typing import NamedTuple

import cv2
import numpy as np

from phystd_tf.face import topology
from phystd_tf.synthetic.color import Color, as_color, blend
from phystd_tf.synthetic.composition import Layers, quantize
from phystd_tf.synthetic.media import mask_canvas, masks
from phystd_tf.synthetic.media.mask_canvas import Canvas
from phystd_tf.synthetic.person.atlas_canvas import OUTER_LIPS
from phystd_tf.synthetic.person.renderer import decode, encode
from phystd_tf.synthetic.person.surface import sample as sample_texture
from phystd_tf.synthetic.person.surface import shade
from phystd_tf.synthetic.scene.noise import fractal_noise
from phystd_tf.synthetic.scene.transfer import to_linear
from phystd_tf.synthetic.shot import Shot
from phystd_tf.synthetic.smoothstep import smoothstep

# The plastic.
INSTRUMENTS = ("thin_pvc", "thick_petg", "painted_pvc")
_EDGE = 0.034  # width of a cut edge, eye distances
_ROOM = 96  # side of the picture of the reflected room, pixels
_FRESNEL = 0.04  # reflected share of light at perpendicular incidence
# Added light, relative to white, at which the face begins to be hidden, and at which it is fully hidden.
_BLOWN_OUT = (0.6, 1.0)


@dataclasses.dataclass(frozen=True)
class Parameters:
    """One mask. Lengths are in eye distances.

    Attributes:
      instrument: the plastic.
      clear: transmitted share of light, RGB.
      haze: light scattered by the plastic, as an albedo.
      sharpness: exponent of the highlights.
      shine: strength of the highlights.
      ripples: strength of the ripples of the sheet.
      depth: factor on the depth of the features of the mold.
      size: size of the mask relative to the outline of the face.
      eye_hole: relative growth of the eye holes.
      mouth_hole: whether there is a mouth hole.
      paint: color of painted brows, sRGB.
      lips: color of painted lips, sRGB.
      shadow: strength of the shadow of the edge.
      texture_seed: seed of mold, ripples and room.
    """

    instrument: str
    clear: Color
    haze: float
    sharpness: float
    shine: float
    ripples: float
    depth: float
    size: float
    eye_hole: float
    mouth_hole: bool
    paint: Color
    lips: Color
    shadow: float
    texture_seed: int


class Shell(NamedTuple):
    """The mask on an atlas.

    Attributes:
      albedo: [H, 2 H, 3] float32, linear RGB of the opaque parts.
      cover: [H, 2 H] float32, 1 where there is plastic.
      opaque: [H, 2 H] float32, opacity of paint and cut edges.
      relief: [H, 2 H] float32, height above the mold, eye distances.
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
        clear=as_color(clear * np.array((1.0, rng.uniform(0.99, 1.03), rng.uniform(0.97, 1.04)))),
        haze=float(rng.uniform(0.03, 0.08) if thick else rng.uniform(0.015, 0.05)),
        sharpness=float(rng.uniform(60, 220)),
        shine=float(rng.uniform(0.8, 2.2)),
        ripples=float(rng.uniform(0.2, 0.6) if thick else rng.uniform(0.5, 1.3)),
        depth=float(rng.uniform(1.0, 1.4)),
        size=float(rng.uniform(0.85, 0.95)),
        eye_hole=float(rng.uniform(0.2, 0.7)),
        mouth_hole=bool(rng.uniform() < 0.4),
        paint=as_color(rng.uniform(0.05, 0.3) * np.array((1.0, 0.75, 0.6))),
        lips=as_color(np.array((0.72, 0.12, 0.16)) * rng.uniform(0.6, 1.2)),
        shadow=float(rng.uniform(0.10, 0.25)),
        texture_seed=int(rng.integers(2**31)),
    )


def layers(shot: Shot, p: Parameters, rng: np.random.Generator) -> Layers:
    """The layers of the mask on a live frame: what it adds, and where it hides the face.

    Args:
      shot: the live frame.
      p: the mask.
      rng: unused; the mask does not move on the head.
    """
    del rng
    rendering, size = shot.rendering, shot.live.shape[0]
    surface = rendering.surface
    shell = _form(p, masks.atlas_height(shot))
    placement = masks.place_mask(shot, masks.mold_normals(p.texture_seed, p.depth))
    share = masks.cover_on_face(surface, shell.cover, placement)
    chosen = share > 0
    part = masks.Placement(placement.place[chosen], placement.normal[chosen])
    normal = masks.emboss(part, shell.relief, shot.scene)
    blank = np.zeros_like(part.normal)
    rows = masks.select_pixels(surface, chosen)
    white = rows._replace(albedo=blank + 1, gloss=blank[:, 0], hair=blank[:, 0], normal=normal, scatter=0.5)
    received = shade(white, shot.scene)
    mirrored = _reflections(p, normal, shot)

    def frame(values: np.ndarray) -> np.ndarray:
        return rows.frame(values, size)

    part_share = share[chosen, None]
    absorbed = frame(part_share * (1 - np.array(p.clear, np.float32)))
    added = frame(part_share * (mirrored + p.haze * received)) * rendering.gain
    # Live frame and added light are both exposed, so the gain is 1.
    seen = encode(decode(shot.live) * (1 - absorbed) + added, 1.0)
    seen = np.where(frame(part_share) > 0, seen, shot.live)
    blown_out = smoothstep((rendering.gain * mirrored.min(1) - _BLOWN_OUT[0]) / (_BLOWN_OUT[1] - _BLOWN_OUT[0]))
    opaque = masks.sample_atlas(shell.opaque, part.place)
    P = quantize(frame(np.maximum(opaque, blown_out) * share[chosen]))[..., None]
    content = rendering.encode(frame(received * masks.sample_atlas(shell.albedo, part.place) + mirrored))
    edge = frame(share[chosen] * opaque)
    dark = p.shadow * masks.cast_shadow(edge, shot) * np.isfinite(rendering.z) * (1 - edge)
    return Layers(quantize(seen * (1 - dark[..., None])) - shot.live, P, quantize(content) * (P > 0))


def _reflections(p: Parameters, normal: np.ndarray, shot: Shot) -> np.ndarray:
    """Light that the shell reflects: the lamps, and a room with bright and dark areas.

    Args:
      p: the mask.
      normal: [k, 3], normals of the shell in the frame.
      shot: the live frame.

    Returns:
      [k, 3] float32, linear RGB.
    """
    scene = shot.scene
    mirrored = np.zeros_like(normal)
    for source in scene.lights:
        half = np.array(source.direction, np.float32) + np.array((0, 0, 1), np.float32)
        half /= max(float(np.linalg.norm(half)), 1e-3)
        aligned = np.clip(normal @ half, 1e-6, 1)
        # A sharp core with a faint halo.
        spot = np.exp(p.sharpness * np.log(aligned)) + 0.06 * np.exp(0.15 * p.sharpness * np.log(aligned))
        mirrored += p.shine * spot[:, None] * np.array(source.color, np.float32)
    bounce = 2 * normal[:, 2:] * normal[:, :2]
    room = sample_texture(_room(p.texture_seed), ((bounce * 0.5 + 0.5) * (_ROOM - 1)).astype(np.float32))
    fresnel = _FRESNEL + (1 - _FRESNEL) * (1 - np.clip(normal[:, 2:], 0, 1)) ** 5
    return (mirrored + p.shine * fresnel * room * np.array(scene.sky, np.float32)).astype(np.float32)


@functools.lru_cache(maxsize=4)
def _room(seed: int) -> np.ndarray:
    """The reflected room [R, R, 1] by direction of the reflected ray, relative to the light of the sky."""
    rng = np.random.default_rng(seed)
    room = np.clip(0.6 + 0.5 * fractal_noise(rng, (_ROOM, _ROOM), (48, 16), 0.7), 0.05, 2).astype(np.float32)
    for _ in range(int(rng.integers(2, 5))):  # windows and lamps
        x, y = rng.uniform(0.05, 0.8, 2) * _ROOM
        width, height = rng.uniform(0.04, 0.2, 2) * _ROOM
        room[int(y) : int(y + height) + 1, int(x) : int(x + width) + 1] += rng.uniform(6, 16)
    return cv2.GaussianBlur(room, (0, 0), 1.2)[..., None]


@functools.lru_cache(maxsize=2)
def _form(p: Parameters, height: int) -> Shell:
    """The shell on an atlas with this number of rows."""
    canvas = Canvas(height)
    outline = canvas.signed_distance(canvas.ring(topology.FACE_OVAL, p.size - 1))
    holes = canvas.signed_distance(*(canvas.ring(ring, p.eye_hole) for ring in mask_canvas.EYE_RINGS))
    if p.mouth_hole:
        holes = np.maximum(holes, canvas.signed_distance(canvas.ring(OUTER_LIPS, -0.25)))
    solid = np.minimum(outline, -holes)
    cover = canvas.soft_edge(solid, 0.015)
    edge = mask_canvas.near_edge(solid, _EDGE)
    opaque = 0.45 * edge
    albedo = canvas.filled((0.75, 0.75, 0.75))
    if p.instrument == "painted_pvc":
        lifted = [canvas.places[list(brow)] - (0, 0.06) for brow in mask_canvas.BROW_LINES]
        streaks = mask_canvas.mottle(p.texture_seed + 1, canvas, (0.05, 0.02))
        brow = canvas.soft_edge(0.05 - canvas.distance_from(*lifted), 0.05) * np.clip(0.85 + 0.15 * streaks, 0, 1)
        lips = canvas.soft_edge(canvas.signed_distance(canvas.ring(OUTER_LIPS, 0.08)), 0.05)
        lips = 0.85 * lips * np.clip(0.92 + 0.08 * streaks, 0, 1)
        for share, color in ((brow, p.paint), (lips, p.lips)):
            albedo = blend(albedo, share > 0.02, to_linear(color))
            opaque = np.maximum(opaque, share)
    waves = mask_canvas.mottle(p.texture_seed, canvas, (0.8, 0.35, 0.15), 0.6)
    rim = mask_canvas.rounded_edge(solid, 1.5 * _EDGE)
    relief = 0.012 * p.ripples * waves + 0.025 * rim
    return Shell(albedo, cover, opaque.astype(np.float32), relief.astype(np.float32))
