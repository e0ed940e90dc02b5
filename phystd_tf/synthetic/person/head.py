"""The geometry of a person: face mesh, skull, ears, neck, shoulders and long hair.

Coordinates are those of the morphable model: x right, y down, z toward the
camera, unit = eye distance, origin between the eyes. The face is the mesh of the
model; everything else consists of a few smooth surfaces around it.
"""

from collections.abc import Sequence
from typing import NamedTuple, Union

import numpy as np

from phystd_tf.face import topology
from phystd_tf.face.morphable_model import MorphableModel
from phystd_tf.synthetic.person.subjects import Subject
from phystd_tf.synthetic.smoothstep import smoothstep

# Materials of triangles.
FACE, EYE, MOUTH, SCALP, EAR, NECK, CLOTH, LOCKS = range(8)
# Expression modes of the morphable model; the other modes are identity.
EXPRESSIONS = (
    *("jaw_open", "smile", "smirk", "pucker", "lips_part", "mouth_shift"),
    *("eyes_close", "wink", "brows_up", "brow_up_one_side", "frown"),
)

# An ellipsoid for the skull: center and half axes, in eye distances (an adult head is about 155 x 230 x 195 mm,
# the eyes 63 mm apart).
SKULL_CENTER = np.array([0.0, -0.32, -1.22])
SKULL_AXES = np.array([1.20, 1.42, 1.52])
# z of the axis of the cylinder on which the skin is painted, and y of the top and the bottom of the atlas.
ATLAS_AXIS_Z = -1.1
ATLAS_TOP, ATLAS_BOTTOM = -2.3, 2.0
_RINGS = 9
_NECK_PIVOT = np.array([0.0, 1.2, -1.1])


class Head(NamedTuple):
    """The geometry of a person with an expression, before the pose.

    Attributes:
      points: [V, 3] float32; the first 468 are the face mesh.
      triangles: [F, 3] int32.
      material: [F] int, one of the materials.
      atlas: [V, 2] float32, position of each vertex on the painted atlas: angle around the
        head (-pi to pi, 0 is the front) and y.
      rotation_share: [V] float32, how far each vertex follows the rotation of the head; 1 is fully.
    """

    points: np.ndarray
    triangles: np.ndarray
    material: np.ndarray
    atlas: np.ndarray
    rotation_share: np.ndarray


def identity_coefficients(subject: Subject, model: MorphableModel) -> np.ndarray:
    """Identity coefficients of a subject.

    They are drawn with 0.75 of the standard deviation and clipped at 1.6, so that no face is a caricature.

    Args:
      subject: the subject.
      model: the morphable model with M modes.

    Returns:
      [M], in standard deviations; 0 for expression modes.
    """
    rng = np.random.default_rng(subject.shape_seed)
    values = np.clip(0.75 * rng.standard_normal(len(model.stddev)), -1.6, 1.6)
    return np.where(np.isin(model.names, EXPRESSIONS), 0.0, values)


def expression_coefficients(weights: dict[str, float], model: MorphableModel) -> np.ndarray:
    """Coefficients of an expression.

    The mean face has a slightly open mouth. ``lips_part`` is therefore measured from closed lips.

    Args:
      weights: mode name -> weight in standard deviations.
      model: the morphable model with M modes.

    Returns:
      [M], in standard deviations; 0 for identity modes.
    """
    values = np.zeros(len(model.names))
    for name, weight in weights.items():
        values[model.names.index(name)] = weight
    part = model.names.index("lips_part")
    gap = model.mean[14, 1] - model.mean[13, 1]
    opening = (model.basis[part, 14, 1] - model.basis[part, 13, 1]) * model.stddev[part]
    values[part] -= (gap - 0.006) / opening
    return values


def build_head(subject: Subject, model: MorphableModel, coefficients: np.ndarray) -> Head:
    """Builds the geometry of a person.

    Args:
      subject: determines hair and skull.
      model: the morphable model with M modes.
      coefficients: [M], identity plus expression.
    """
    face = model.shape_of(coefficients)
    parts = [
        _HeadPart(face, model.triangles, model.parts.astype(np.int64), on_cylinder(model.mean), 1.0),
        _skull(face, subject),
        *(_ear(side, abs(float(face[topology.EARS[side > 0], 0]))) for side in (-1, 1)),
        _neck(),
        _shoulders(),
    ]
    if subject.hair_style in ("long", "medium"):
        parts.append(_locks(subject))
    return _join(parts)


class _HeadPart(NamedTuple):
    points: np.ndarray
    triangles: np.ndarray
    material: np.ndarray
    atlas: np.ndarray
    rotation_share: Union[float, np.ndarray]


def _join(parts: Sequence[_HeadPart]) -> Head:
    starts = np.cumsum([0] + [len(part.points) for part in parts])
    shares = [np.broadcast_to(np.asarray(part.rotation_share, np.float32), len(part.points)) for part in parts]
    return Head(
        points=np.concatenate([part.points for part in parts]).astype(np.float32),
        triangles=np.concatenate([part.triangles + start for part, start in zip(parts, starts)]).astype(np.int32),
        material=np.concatenate([part.material for part in parts]),
        atlas=np.concatenate([part.atlas for part in parts]).astype(np.float32),
        rotation_share=np.concatenate(shares),
    )


def on_cylinder(points: np.ndarray) -> np.ndarray:
    """Atlas coordinates [V, 2] of points [V, 3] before the pose; see ``Head.atlas``."""
    return np.stack([np.arctan2(points[:, 0], points[:, 2] - ATLAS_AXIS_Z), points[:, 1]], 1)


def _smoothstep(low: float, high: float, values: np.ndarray) -> np.ndarray:
    return smoothstep((values - low) / (high - low))


def _outwards(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """The triangles of a closed surface, oriented so that their normals point outwards."""
    corners = points[triangles]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    inwards = np.sum(normal * (corners.mean(1) - points.mean(0))) < 0
    return triangles[:, ::-1] if inwards else triangles


def grid_triangles(rows: int, columns: int, closed: bool) -> np.ndarray:
    """Triangles of a grid of vertices in row-major order.

    Args:
      rows: number of rows.
      columns: number of columns.
      closed: whether the last column is joined to the first.

    Returns:
      [F, 3] int.
    """
    last = columns if closed else columns - 1
    r, c = np.meshgrid(np.arange(rows - 1), np.arange(last), indexing="ij")
    a, b = r * columns + c, r * columns + (c + 1) % columns
    d, e = a + columns, b + columns
    return np.concatenate([np.stack([a, b, e], -1).reshape(-1, 3), np.stack([a, e, d], -1).reshape(-1, 3)])


def _skull(face: np.ndarray, subject: Subject) -> _HeadPart:
    """Rings from the outline of the face over the skull to the back of the head.

    Below the ears, the rings turn inwards under the jaw toward the neck.
    """
    outline = face[list(topology.FACE_OVAL)]
    flat = outline[:, :2] - SKULL_CENTER[:2]
    direction = flat / np.linalg.norm(flat, axis=1, keepdims=True)
    # The skull is scaled to the width of this face.
    axes = SKULL_AXES * (np.abs(outline[:, 0]).max() / 1.05, 1, 1)
    reach = 1 / np.sqrt((direction[:, 0] / axes[0]) ** 2 + (direction[:, 1] / axes[1]) ** 2)
    start = np.arccos(np.clip((outline[:, 2] - SKULL_CENTER[2]) / axes[2], -0.98, 0.98))
    low = _smoothstep(0.45, 1.05, outline[:, 1])
    target = np.stack([0.52 * outline[:, 0], np.full(len(outline), 1.25), 0.5 * outline[:, 2] - 0.85], 1)

    def on_skull(turn: np.ndarray) -> np.ndarray:
        flat_part = SKULL_CENTER[:2] + direction * (reach * np.sin(turn))[:, None]
        return np.concatenate([flat_part, (SKULL_CENTER[2] + axes[2] * np.cos(turn))[:, None]], 1)

    # The thickness of the hair varies.
    turns = np.arctan2(direction[:, 0], -direction[:, 1])
    waves = np.random.default_rng(subject.texture_seed).uniform(0, 2 * np.pi, 3)
    lumps = (
        1
        + 0.22 * np.sin(2 * turns + waves[0])
        + 0.15 * np.sin(3 * turns + waves[1])
        + 0.12 * np.sin(7 * turns + waves[2])
    )
    rings = []
    for ring in range(_RINGS + 1):
        t = ring / _RINGS
        # Hair raises the surface, except at the outline of the face and below the ears.
        lift = (
            subject.hair_volume
            * lumps
            * _smoothstep(0, 0.22, np.array(t))
            * (1 - _smoothstep(0.15, 0.75, outline[:, 1]))
        )
        upper = on_skull(start + (np.pi - start) * t) + (outline - on_skull(start)) * (1 - t) ** 2
        away = upper - SKULL_CENTER
        upper = upper + away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-6) * lift[:, None]
        # Under the jaw: first backwards, then inwards.
        lower = outline + (target - outline) * np.array([t**1.5, t**2.0, t])
        rings.append(upper + low[:, None] * (lower - upper))
    points = np.concatenate(rings)
    triangles = _outwards(points, grid_triangles(_RINGS + 1, len(outline), closed=True))
    return _HeadPart(points, triangles, np.full(len(triangles), SCALP), on_cylinder(points), 1.0)


def _ear(side: int, half_width: float) -> _HeadPart:
    rows, columns = 7, 12
    v, u = np.meshgrid(np.linspace(0, np.pi, rows), np.linspace(0, 2 * np.pi, columns, endpoint=False), indexing="ij")
    local = np.stack([0.08 * np.sin(v) * np.cos(u), -0.31 * np.cos(v), 0.17 * np.sin(v) * np.sin(u)], -1).reshape(-1, 3)
    local[:, 2] *= 1 - 0.35 * (local[:, 1] / 0.31)  # The lobe is narrower than the top.
    turn = 0.35  # Ears are turned backwards.
    x = local[:, 0] * np.cos(turn) - local[:, 2] * np.sin(turn)
    z = local[:, 0] * np.sin(turn) + local[:, 2] * np.cos(turn)
    points = np.stack([side * (half_width + 0.13 + x), 0.24 + local[:, 1] - 0.12 * z, -1.10 + z], 1)
    triangles = _outwards(points, grid_triangles(rows, columns, closed=True))
    return _HeadPart(points, triangles, np.full(len(triangles), EAR), on_cylinder(points), 1.0)


def _tube(levels: list[tuple[float, float, float, float, float]], columns: int) -> np.ndarray:
    """Points of a tube; each level is (y, center z, half width, half depth, exponent of the outline)."""
    angle = np.linspace(0, 2 * np.pi, columns, endpoint=False)
    rings = []
    for y, z, width, depth, exponent in levels:
        c, s = np.sin(angle), np.cos(angle)
        power = 2 / exponent
        x = width * np.sign(c) * np.abs(c) ** power
        rings.append(np.stack([x, np.full(columns, y), z + depth * np.sign(s) * np.abs(s) ** power], 1))
    return np.concatenate(rings)


def _tube_part(
    levels: list[tuple[float, float, float, float, float]],
    columns: int,
    material: int,
    rotation_share: Union[float, np.ndarray],
) -> _HeadPart:
    """The closed tube of ``_tube`` as a part of one material."""
    points = _tube(levels, columns)
    triangles = _outwards(points, grid_triangles(len(levels), columns, closed=True))
    return _HeadPart(points, triangles, np.full(len(triangles), material), on_cylinder(points), rotation_share)


def _neck() -> _HeadPart:
    levels = [
        (0.7, -1.15, 0.62, 0.60, 2.0),
        (1.3, -1.10, 0.66, 0.62, 2.0),
        (1.8, -1.08, 0.70, 0.64, 2.0),
        (2.25, -1.08, 0.82, 0.68, 2.0),
        (2.7, -1.05, 1.15, 0.74, 2.0),
    ]
    return _tube_part(levels, 24, NECK, np.repeat([0.75, 0.6, 0.35, 0.1, 0.0], 24))


def _shoulders() -> _HeadPart:
    levels = [
        (1.98, -1.12, 0.80, 0.66, 2.0),
        (2.22, -1.12, 1.05, 0.76, 2.0),
        (2.45, -1.12, 1.60, 0.84, 2.1),
        (2.75, -1.12, 2.15, 0.92, 2.3),
        (3.15, -1.12, 2.50, 1.00, 2.5),
        (3.8, -1.10, 2.65, 1.06, 2.6),
        (6.5, -1.05, 2.60, 1.15, 2.6),
    ]
    return _tube_part(levels, 36, CLOTH, 0.0)


def _locks(subject: Subject) -> _HeadPart:
    """Long hair: a curtain around the back and the sides of the head."""
    bottom = 2.6 if subject.hair_style == "long" else 1.35
    opening = 1.32  # angle from the front at which the curtain begins
    columns, rows = 30, 9
    angle = np.linspace(opening, 2 * np.pi - opening, columns)
    points = []
    for row in range(rows):
        t = row / (rows - 1)
        y = -1.0 + (bottom + 1.0) * t
        swell = 0.86 + 0.30 * np.sin(np.pi * min(1.0, 0.12 + 0.62 * t)) + subject.hair_volume * 0.5
        x = 1.18 * swell * np.sin(angle)
        z = -1.32 + 1.35 * swell * np.cos(angle)
        points.append(np.stack([x, np.full(columns, y), z], 1))
    stacked = np.concatenate(points)
    triangles = grid_triangles(rows, columns, closed=False)
    rotation_share = np.repeat(1 - 0.6 * _smoothstep(0.4, 1, np.linspace(0, 1, rows)), columns)
    return _HeadPart(stacked, triangles, np.full(len(triangles), LOCKS), on_cylinder(stacked), rotation_share)


def pose_points(head: Head, rotation: np.ndarray) -> np.ndarray:
    """Rotates the points: the head fully, the neck partly, the shoulders not at all.

    Args:
      head: geometry before the pose.
      rotation: [3, 3], of the head about the top of the neck.

    Returns:
      [V, 3] float32, shifted so that the origin (between the eyes) stays the origin.
    """
    pivot = _NECK_PIVOT.astype(np.float32)
    turned = (head.points - pivot) @ rotation.T.astype(np.float32) + pivot
    mixed = head.points + head.rotation_share[:, None] * (turned - head.points)
    origin = -pivot @ rotation.T.astype(np.float32) + pivot
    return mixed - origin


def vertex_normals(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Unit normals of vertices, averaged over their triangles and pointing outwards.

    Args:
      points: [V, 3].
      triangles: [F, 3] int.

    Returns:
      [V, 3] float32.
    """
    corners = points[triangles]
    flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros((len(points), 3))
    for axis in range(3):
        for corner in range(3):
            normals[:, axis] += np.bincount(triangles[:, corner], flat[:, axis], len(points))
    return (normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)).astype(np.float32)
