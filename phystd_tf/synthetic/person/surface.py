"""The pixels of a person in a frame, and how they are lit.

Rasterising is slow and depends on geometry only. What it finds is kept here, so
that a spoof medium can give the same pixels another skin and light them again.
"""

from typing import NamedTuple

import cv2
import numpy as np

from phystd_tf.synthetic.scene.scene import Scene

_WRAP = np.array([0.38, 0.22, 0.16], np.float32)  # how far light creeps around skin, by colour
_UP = np.array([0, -1, 0], np.float32)


class Surface(NamedTuple):
    """What is seen of a person, one row for each of the n pixels covered.

    Attributes:
      pixels: [n] int, flat indices into the frame, rising.
      corners: [n, 3] int, vertices of the triangle that is seen.
      weights: [n, 3] float32, barycentric.
      material: [n] int, of ``head``.
      solid: [n, 3] float32, place on the head before the pose, eye distances.
      place: [n, 2] float32, place on the painted atlas: (angle, y), see ``atlas_canvas.atlas_position``.
      normal: [n, 3] float32, unit, in the frame.
      albedo: [n, 3] float32, linear RGB.
      gloss: [n] float32, strength of the highlight.
      hair: [n] float32, how much of the surface is hair.
      shadow: [n] float32, share of the first light that is blocked.
      occlusion: [n] float32, factor on all light.
      scatter: how far light creeps under the surface; 1 is skin, 0 is a hard matt thing.
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
        """Values of vertices [V, c] at the pixels, [n, c]."""
        return interpolate(self.weights, self.corners, values)

    def frame(self, values: np.ndarray, size: int) -> np.ndarray:
        """Values [n] or [n, c] of the pixels in a frame [size, size(, c)] float32 that is 0 elsewhere."""
        canvas = np.zeros((size * size, *values.shape[1:]), np.float32)
        canvas[self.pixels] = values
        return canvas.reshape(size, size, *values.shape[1:])


def interpolate(weights: np.ndarray, corners: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values of vertices [V, c] within triangles, [n, c], by barycentric weights [n, 3] of the corners [n, 3]."""
    return np.einsum("nk,nkc->nc", weights, values[corners])


def sample(texture: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Bilinear samples [n, channels] of a texture at pixels [n, 2]."""
    # OpenCV wants a map of moderate width.
    columns = 256
    rows = -(-len(place) // columns)
    padded = np.zeros((rows * columns, 2), np.float32)
    padded[: len(place)] = place
    padded = padded.reshape(rows, columns, 2)
    found = cv2.remap(texture, padded, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return found.reshape(rows * columns, -1)[: len(place)].copy()


def shade(surface: Surface, scene: Scene) -> np.ndarray:
    """Light [n, 3] float32 that the pixels send to the camera.

    Wrapped diffuse light (skin scatters, red furthest), two highlights, light
    from sky and ground, and the shadow of the first light.
    """
    normal, albedo, gloss, hair, shadow = (
        surface.normal, surface.albedo, surface.gloss, surface.hair, surface.shadow,
    )  # fmt: skip
    skin_part = (1 - hair)[:, None]
    upward = 0.5 - 0.5 * normal[:, 1:2]
    ambient = np.array(scene.ground, np.float32) * (1 - upward) + np.array(scene.sky, np.float32) * upward
    light = albedo * ambient * (0.75 + 0.25 * normal[:, 2:3])
    # Hair runs down over the surface.
    tangent = -_UP - normal * (normal @ -_UP)[:, None]
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-3)
    for number, source in enumerate(scene.lights):
        direction, colour = np.array(source.direction, np.float32), np.array(source.colour, np.float32)
        facing = normal @ direction
        open_part = 1 - 0.85 * shadow if number == 0 else np.ones_like(facing)
        wrap = surface.scatter * _WRAP * skin_part + 0.15 * (1 - skin_part)
        diffuse = np.clip((facing[:, None] + wrap) / (1 + wrap), 0, None)
        light += albedo * colour * diffuse * open_part[:, None]
        half = direction + (0, 0, 1)
        half = (half / np.linalg.norm(half)).astype(np.float32)
        aligned = np.clip(normal @ half, 0, 1)
        eighth = np.square(np.square(np.square(aligned)))
        highlight = 0.05 * eighth + 0.10 * np.square(np.square(eighth))
        rim = 0.35 * np.square(np.square(np.clip(1 - normal[:, 2], 0, 1))) * np.clip(facing, 0, 1)
        strand = np.square(np.square(np.square(np.clip(1 - np.square(tangent @ half), 0, 1))))
        shine = gloss * (highlight + 0.1 * rim) + hair * (
            0.010 * strand + 0.010 * np.square(np.square(strand))
        ) * np.clip(facing + 0.3, 0, 1)
        light += (shine * open_part)[:, None] * colour
    return (light * surface.occlusion[:, None]).astype(np.float32)
