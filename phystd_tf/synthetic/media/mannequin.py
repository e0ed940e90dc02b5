"""Mannequin: the head of a shop-window mannequin in place of the head of the person.

Simulated: skin of fiberglass or plastic in one color, matte or lacquered; the
features of a mold instead of an expression; painted eyes that never close;
painted brows and lips; a parting line along the sides, scratches; and hair that
is molded and painted, a wig, or no hair. Covered region P: face, ears, hair and
the bare neck; clothes stay. Additive trace T_A: none. Not simulated: glass eyes,
joints, and an outline that differs from that of the person.
"""

import dataclasses
import functools

import cv2
import numpy as np

from phystd_tf.synthetic.color import Color, as_color, scale
from phystd_tf.synthetic.composition import Layers
from phystd_tf.synthetic.media import mask_canvas, masks
from phystd_tf.synthetic.media.mask_canvas import Canvas
from phystd_tf.synthetic.media.masks import Coat
from phystd_tf.synthetic.person import head as heads
from phystd_tf.synthetic.person.atlas_canvas import OUTER_LIPS
from phystd_tf.synthetic.person.subjects import HAIR_PALETTE, IRIS_PALETTE, SKIN_PALETTE, make_subject
from phystd_tf.synthetic.person.surface import shade
from phystd_tf.synthetic.scene.transfer import to_linear
from phystd_tf.synthetic.shot import Shot
from phystd_tf.synthetic.smoothstep import smoothstep

# The make.
INSTRUMENTS = ("realistic_wig", "realistic_moulded", "abstract_gloss")
_MODELS_SEED, _MODELS = 7103, 16


@dataclasses.dataclass(frozen=True)
class Parameters:
    """One mannequin. Colors are sRGB.

    Attributes:
      instrument: the make.
      model: number of the painted face.
      skin, hair, lips, iris: colors.
      detail: strength of painted brows, lips and lids, 0 to 1.
      gloss: gloss of the lacquer.
      depth: factor on the depth of the features of the mold.
      bald: no hair, unless the person has long hair.
      texture_seed: seed of mold and scratches.
    """

    instrument: str
    model: int
    skin: Color
    hair: Color
    lips: Color
    iris: Color
    detail: float
    gloss: float
    depth: float
    bald: bool
    texture_seed: int


def sample(rng: np.random.Generator) -> Parameters:
    """A random mannequin."""
    instrument = str(rng.choice(INSTRUMENTS))
    abstract = instrument == "abstract_gloss"
    skin = np.array(SKIN_PALETTE[int(rng.integers(6))]) * rng.uniform(0.92, 1.05)
    if abstract:
        skin = np.array(
            ((0.86, 0.85, 0.83), (0.70, 0.70, 0.71), (0.30, 0.30, 0.31), (0.74, 0.60, 0.40))[rng.integers(4)]
        )
    hair = np.array(HAIR_PALETTE[int(rng.integers(len(HAIR_PALETTE)))][0]) * rng.uniform(0.8, 1.2)
    return Parameters(
        instrument=instrument,
        model=int(rng.integers(_MODELS)),
        skin=as_color(np.clip(skin, 0, 1)),
        hair=as_color(hair),
        lips=as_color(np.array((0.70, 0.24, 0.26)) * rng.uniform(0.6, 1.15, 3)),
        iris=IRIS_PALETTE[int(rng.integers(len(IRIS_PALETTE)))],
        detail=float(rng.uniform(0.25, 0.6) if abstract else rng.uniform(0.75, 1.0)),
        gloss=float(rng.uniform(1.8, 3.2) if abstract else rng.choice((rng.uniform(0.1, 0.4), rng.uniform(0.9, 2.0)))),
        depth=float(rng.uniform(1.0, 1.25)),
        bald=bool(rng.uniform() < (0.8 if abstract else 0.1)),
        texture_seed=int(rng.integers(2**31)),
    )


def layers(shot: Shot, p: Parameters, rng: np.random.Generator) -> Layers:
    """The covered region and content of the mannequin on a live frame.

    Args:
      shot: the live frame.
      p: the mannequin.
      rng: unused; the mannequin does not change between frames.
    """
    del rng
    surface = shot.rendering.surface
    coat = _paint(p, masks.atlas_height(shot))
    placement = masks.place_mask(shot, masks.mold_normals(p.texture_seed, p.depth))
    material = surface.material
    covered = ~np.isin(material, (heads.CLOTH, heads.NECK)) | masks.bare_neck(surface)
    hair = np.where(material == heads.NECK, 0, smoothstep((surface.hair - 0.3) / 0.4))
    if p.bald and not (material == heads.LOCKS).any():
        hair = np.zeros_like(hair)
    light = masks.light_of(shot, coat, placement, covered & (hair < 1), scatter=0.25)
    strands = covered & (hair > 0)
    if strands.any():
        share = hair[strands, None].astype(np.float32)
        light[strands] += share * (_hair_light(shot, p, placement, strands) - light[strands])
    return masks.mask_layers(shot, covered.astype(np.float32), light, 0.0)


def _hair_light(shot: Shot, p: Parameters, placement: masks.Placement, chosen: np.ndarray) -> np.ndarray:
    """Light [k, 3] from the hair: molded and painted plastic, or a wig.

    Args:
      shot: the live frame.
      p: the mannequin.
      placement: placement of the mannequin on all n pixels.
      chosen: [n] bool, the k pixels with hair.
    """
    part = masks.select_pixels(shot.rendering.surface, chosen)
    color = to_linear([p.hair])
    if p.instrument == "realistic_wig":
        # The strands of the person, in one color and with the gloss of plastic.
        brightness = part.albedo.mean(1, keepdims=True)
        strands = np.clip(brightness / max(float(brightness.mean()), 1e-4), 0.4, 1.8)
        return shade(part._replace(albedo=(color * strands).astype(np.float32), hair=1.6 * part.hair), shot.scene)
    waves = _waves(p, masks.atlas_height(shot))
    on_hair = masks.Placement(placement.place[chosen], placement.normal[chosen])
    normal = masks.emboss(on_hair, waves, shot.scene)
    ridge = masks.sample_atlas(waves, on_hair.place)[:, None]
    albedo = (color * (1 + 12 * ridge)).clip(0.004, 0.95).astype(np.float32)
    gloss = np.full(len(albedo), 0.5 * p.gloss, np.float32)
    return shade(part._replace(albedo=albedo, gloss=gloss, normal=normal, hair=0 * gloss, scatter=0.1), shot.scene)


@functools.lru_cache(maxsize=2)
def _waves(p: Parameters, height: int) -> np.ndarray:
    """Relief [H, 2 H] of molded hair: wavy ridges that run downwards."""
    canvas = Canvas(height)
    bend = mask_canvas.mottle(p.texture_seed + 3, canvas, (0.9, 0.4))
    phase = 26 * canvas.angle + 2.2 * bend + 2.5 * np.sin(3 * canvas.y + bend)
    return (0.012 * np.sin(phase) + 0.006 * np.sin(2.3 * phase + 3 * bend)).astype(np.float32)


@functools.lru_cache(maxsize=2)
def _paint(p: Parameters, height: int) -> Coat:
    """The mannequin on an atlas with this number of rows."""
    canvas = Canvas(height)
    subject = mask_canvas.without_hair(
        dataclasses.replace(make_subject(_MODELS_SEED, p.model), skin=p.skin), lips=p.lips, brow=p.hair, freckles=0.0,
        blotches=0.0, wrinkles=0.0, beard=0.0, lashes=1.0, makeup=0.6, brow_density=1.0,
    )  # fmt: skip
    plain = to_linear(p.skin)
    painted = mask_canvas.painted_face(subject, height).albedo
    # Only the features are painted with a brush; the rest is sprayed evenly.
    brush = canvas.soft_edge(_painted_region(canvas) + 0.03, 0.08)
    albedo = plain * (painted / plain) ** (p.detail * brush[..., None]).astype(np.float32)
    lips, skin = np.array(p.lips, np.float32), np.array(p.skin, np.float32)
    albedo = mask_canvas.close_lips(canvas, albedo, lips * p.detail + skin * (1 - p.detail))
    albedo = mask_canvas.paint_eyes(canvas, albedo, p.iris, min(1.0, 0.3 + 0.75 * p.detail))
    scratches = mask_canvas.mottle(p.texture_seed, canvas, (0.5, 0.12))
    albedo = scale(albedo, 1 + 0.012 * scratches)
    seam = np.exp(-(((np.abs(canvas.angle) - 1.62) / 0.012) ** 2))
    relief = 0.0008 * scratches - 0.008 * seam
    eyes = canvas.signed_distance(*(canvas.places[list(ring)] for ring in mask_canvas.EYE_RINGS))
    relief = relief - 0.012 * canvas.soft_edge(eyes, 0.03)
    gloss = p.gloss * (1 + 0.05 * scratches)
    return Coat(
        np.clip(albedo, 0.004, 0.95).astype(np.float32), np.ones_like(relief, np.float32), gloss.astype(np.float32),
        relief.astype(np.float32),
    )  # fmt: skip


def _painted_region(canvas: Canvas) -> np.ndarray:
    """Distance [H, 2 H] from the edge of the painted region (brows, eyes, nostrils, lips), positive inside."""
    rings = [
        canvas.ring(OUTER_LIPS, 0.1),
        *(canvas.ring(nostril, 0.5) for nostril in mask_canvas.NOSTRILS),
    ]
    # From the eyes up to the brows.
    for brow, eye in zip(((70, 63, 105, 66, 107), (300, 293, 334, 296, 336)), mask_canvas.EYE_RINGS):
        corners = np.concatenate([canvas.places[list(brow)] - (0, 0.08), canvas.ring(eye, 0.2)])
        rings.append(cv2.convexHull(corners.astype(np.float32))[:, 0])
    return canvas.signed_distance(*rings)
