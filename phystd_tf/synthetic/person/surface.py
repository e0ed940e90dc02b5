"""The visible pixels of a person in a frame, and their shading.

Rasterization is slow and depends on the geometry only. Its result is kept in a
``Surface``, so that a spoof medium can change the skin of the same pixels and
shade them again.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import ArrayLike

from phystd_tf.synthetic.scene.scene import Scene

_WRAP = np.array([0.38, 0.22, 0.16], np.float32)  # how far diffuse light wraps around skin, RGB
_UP = np.array([0, -1, 0], np.float32)


class Surface(NamedTuple):
    """The visible surface of a person, one row for each of the n covered pixels.

    Attributes:
      pixels: [n] int, flat indices into the frame, increasing.
      corners: [n, 3] int, vertices of the visible triangle.
      weights: [n, 3] float32, barycentric coordinates in the triangle.
      material: [n] int, one of the materials in ``head``.
      solid: [n, 3] float32, position on the head before the pose, eye distances.
      place: [n, 2] float32, position on the painted atlas: (angle, y), see ``atlas_canvas.atlas_position``.
      normal: [n, 3] float32, unit normal in the frame.
      albedo: [n, 3] float32, linear RGB.
      gloss: [n] float32, strength of the highlight.
      hair: [n] float32, share of hair in the surface.
      shadow: [n] float32, blocked share of the first light.
      occlusion: [n] float32, factor on all light.
      scatter: strength of subsurface scattering; 1 is skin, 0 is a hard matte material.
    """

    pixels: np.ndarray
    corners: np.ndarray
    weights: np.ndarray
    material: np.ndarray
    solid: np.ndarray
    place: np.ndarray
    normal: np.ndarray
    albedo: np.ndarray
    gloss: np.ndarray
    hair: np.ndarray
    shadow: np.ndarray
    occlusion: np.ndarray
    scatter: float = 1.0

    def interpolate(self, values: np.ndarray) -> np.ndarray:
        """Interpolates values [V, c] of vertices at the pixels, [n, c]."""
        return interpolate(self.weights, self.corners, values)

    def frame(self, values: np.ndarray, size: int) -> np.ndarray:
        """Writes values [n] or [n, c] into a frame [size, size(, c)] float32 that is 0 elsewhere."""
        canvas = np.zeros((size * size, *values.shape[1:]), np.float32)
        canvas[self.pixels] = values
        return canvas.reshape(size, size, *values.shape[1:])


def interpolate(weights: np.ndarray, corners: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Interpolates values of vertices within triangles.

    Args:
      weights: [n, 3], barycentric coordinates.
      corners: [n, 3] int, vertices of the triangles.
      values: [V, c], of the vertices.

    Returns:
      [n, c].
    """
    # One corner and one component at a time: arrays with a last axis of three are slow.
    shares, vertices = np.ascontiguousarray(weights.T), np.ascontiguousarray(corners.T)
    result = np.empty((len(weights), values.shape[1]), np.result_type(weights, values))
    for component, column in enumerate(np.ascontiguousarray(values.T)):
        total = shares[0] * column[vertices[0]]
        total += shares[1] * column[vertices[1]]
        total += shares[2] * column[vertices[2]]
        result[:, component] = total
    return result


def sample(texture: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Samples a texture bilinearly.

    Args:
      texture: [H, W(, channels)] float32.
      place: [n, 2], (x, y) in pixels of the texture.

    Returns:
      [n, channels] float32.
    """
    # cv2.remap supports maps of limited width only.
    columns = 256
    rows = -(-len(place) // columns)
    padded = np.zeros((rows * columns, 2), np.float32)
    padded[: len(place)] = place
    padded = padded.reshape(rows, columns, 2)
    found = cv2.remap(texture, padded, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return found.reshape(rows * columns, -1)[: len(place)].copy()


def shade(surface: Surface, scene: Scene) -> np.ndarray:
    """Light that the pixels reflect toward the camera.

    The sum of wrapped diffuse light (skin scatters light, most of all red), two
    highlights, and ambient light from sky and ground; the first light casts shadows.

    Args:
      surface: the n pixels.
      scene: the lights.

    Returns:
      [n, 3] float32, linear RGB.
    """
    normal, gloss, hair, shadow = surface.normal, surface.gloss, surface.hair, surface.shadow
    # Colors and vectors are planes [3, n]: arrays with a last axis of three are slow.
    albedo, (nx, ny, nz) = np.ascontiguousarray(surface.albedo.T), np.ascontiguousarray(normal.T)
    skin_part = 1 - hair
    upward = 0.5 - 0.5 * ny
    light = albedo * (_planes(scene.ground) * (1 - upward) + _planes(scene.sky) * upward) * (0.75 + 0.25 * nz)
    # Strands of hair run down along the surface.
    down = normal @ -_UP
    tangent = np.stack([0 - nx * down, 1 - ny * down, 0 - nz * down])
    tangent /= np.maximum(np.sqrt(tangent[0] ** 2 + tangent[1] ** 2 + tangent[2] ** 2), 1e-3)
    tangent = np.ascontiguousarray(tangent.T)
    wrap = surface.scatter * _planes(_WRAP) * skin_part + 0.15 * (1 - skin_part)
    for number, source in enumerate(scene.lights):
        direction, color = np.array(source.direction, np.float32), _planes(source.color)
        facing = normal @ direction
        open_part = 1 - 0.85 * shadow if number == 0 else np.ones_like(facing)
        diffuse = np.clip((facing + wrap) / (1 + wrap), 0, None)
        light += albedo * color * diffuse * open_part
        half = direction + (0, 0, 1)
        half = (half / np.linalg.norm(half)).astype(np.float32)
        aligned = np.clip(normal @ half, 0, 1)
        eighth = np.square(np.square(np.square(aligned)))
        highlight = 0.05 * eighth + 0.10 * np.square(np.square(eighth))
        rim = 0.35 * np.square(np.square(np.clip(1 - nz, 0, 1))) * np.clip(facing, 0, 1)
        strand = np.square(np.square(np.square(np.clip(1 - np.square(tangent @ half), 0, 1))))
        shine = gloss * (highlight + 0.1 * rim) + hair * (
            0.010 * strand + 0.010 * np.square(np.square(strand))
        ) * np.clip(facing + 0.3, 0, 1)
        light += (shine * open_part) * color
    return np.ascontiguousarray((light * surface.occlusion).T, np.float32)


def _planes(color: ArrayLike) -> np.ndarray:
    """A color [3] as [3, 1] float32, to broadcast over planes [3, n]."""
    return np.asarray(color, np.float32)[:, np.newaxis]
