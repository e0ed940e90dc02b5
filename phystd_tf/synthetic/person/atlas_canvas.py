"""Drawing on the atlas: soft shapes between landmarks of the mean face.

The atlas is the unrolled cylinder around the head. Its columns are the angle
(0 is the front, in the middle), its rows are y. The mean mesh determines the
position of each feature. These positions are the same for all people; the mesh
of each person moves them. Each shape is a field [H, 2 H] float32, where 1 means
fully drawn.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from phystd_tf.face import topology
from phystd_tf.face.morphable_model import MorphableModel
from phystd_tf.synthetic.person.head import ATLAS_BOTTOM, ATLAS_TOP, on_cylinder
from phystd_tf.synthetic.scene.noise import value_noise

ASPECT = 2  # columns per row of the atlas
SHIFT = 4  # fractional bits of the positions that are passed to OpenCV
# Vertices of painted features.
LEFT_LID = (33,) + topology.LEFT_UPPER_LID + (133,)  # from the outer corner to the inner corner
RIGHT_LID = (263,) + topology.RIGHT_UPPER_LID[::-1] + (362,)
OUTER_LIPS = (61,) + topology.OUTER_UPPER_LIP + (291,) + topology.OUTER_LOWER_LIP[::-1]
UPPER_LIP = (61,) + topology.OUTER_UPPER_LIP + (291, 308) + topology.INNER_UPPER_LIP[::-1] + (78,)
LOWER_LIP = (61,) + topology.OUTER_LOWER_LIP + (291, 308) + topology.INNER_LOWER_LIP[::-1] + (78,)
SMILE_FOLDS = ((129, 203, 206, 216, 212), (358, 423, 426, 436, 432))
UNDER_EYES = ((133, 112, 232, 230, 228), (362, 341, 452, 450, 448))


def atlas_position(atlas_coordinates: np.ndarray, height: int) -> np.ndarray:
    """Converts atlas coordinates to pixels.

    Args:
      atlas_coordinates: [..., 2], (angle in radians, y in eye distances).
      height: rows of the atlas.

    Returns:
      [..., 2], (x, y) in pixels.
    """
    x = (atlas_coordinates[..., 0] / (2 * np.pi) + 0.5) * (ASPECT * height) - 0.5
    y = (atlas_coordinates[..., 1] - ATLAS_TOP) / (ATLAS_BOTTOM - ATLAS_TOP) * height - 0.5
    return np.stack([x, y], -1)


class AtlasCanvas:
    """An atlas to draw on.

    Attributes:
      height, width: size of the atlas, pixels.
      unit: vertical pixels per eye distance.
      across: horizontal pixels per eye distance, on the cheeks.
      marks: [468, 2] pixels (x, y) of the vertices of the mean face.
      angle, y: [H, 2 H] float32, coordinates of the pixels: radians, and eye distances below the eyes.
    """

    def __init__(self, model: MorphableModel, height: int) -> None:
        self.height, self.width = height, ASPECT * height
        self.unit = height / (ATLAS_BOTTOM - ATLAS_TOP)
        self.marks = atlas_position(on_cylinder(model.mean), height)
        columns = (np.arange(self.width) + 0.5) / self.width * 2 * np.pi - np.pi
        rows = (np.arange(height) + 0.5) / height * (ATLAS_BOTTOM - ATLAS_TOP) + ATLAS_TOP
        self.angle, self.y = np.meshgrid(columns.astype(np.float32), rows.astype(np.float32))
        # The radius of the cylinder is about 1.4 eye distances at the cheeks.
        self.across = self.width / (2 * np.pi * 1.4)

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width)."""
        return self.height, self.width

    def spot(self, vertices: Sequence[int], width: float, height: float, drop: float = 0.0) -> np.ndarray:
        """A Gaussian spot.

        Args:
          vertices: the spot is centered at their mean.
          width: horizontal standard deviation, eye distances.
          height: vertical standard deviation, eye distances.
          drop: shift of the center downwards, eye distances.

        Returns:
          [H, 2 H] float32.
        """
        x, y = self.marks[list(vertices)].mean(0)
        gx = np.exp(-0.5 * ((np.arange(self.width) - x) / (width * self.across)) ** 2)
        gy = np.exp(-0.5 * ((np.arange(self.height) - y - drop * self.unit) / (height * self.unit)) ** 2)
        # Multiplied in float64 and rounded block by block, without a copy of the field in float64.
        spot = np.empty(self.shape, np.float32)
        return np.multiply(gy[:, np.newaxis], gx, out=spot, casting="same_kind")

    def pair(
        self, vertices: Sequence[int], mirrored: Sequence[int], width: float, height: float, drop: float = 0.0
    ) -> np.ndarray:
        """Two spots, one on each side of the face; see ``spot``."""
        return self.spot(vertices, width, height, drop) + self.spot(mirrored, width, height, drop)

    def fill(self, outlines: Sequence[np.ndarray], soft: float) -> np.ndarray:
        """Filled polygons.

        Args:
          outlines: each [n, 2], pixels.
          soft: standard deviation of the soft edge, eye distances.
        """
        field = np.zeros(self.shape, np.float32)
        part, corner, drawn = self._drawing(outlines, soft, 0, 1)
        for outline in outlines:
            cv2.fillPoly(drawn, [np.round((outline - corner) * 2**SHIFT).astype(np.int32)], 255, cv2.LINE_AA, SHIFT)
        field[part] = _blur(drawn.astype(np.float32) / 255, soft * self.unit)
        return field

    def line(self, curves: Sequence[np.ndarray], thickness: float, soft: float) -> np.ndarray:
        """Open curves.

        Args:
          curves: each [n, 2], pixels.
          thickness: thickness of the curves, eye distances.
          soft: standard deviation of the soft edge, eye distances.
        """
        fine = 2
        width = max(1, round(thickness * self.unit * fine))
        field = np.zeros(self.shape, np.float32)
        part, corner, drawn = self._drawing(curves, soft, thickness, fine)
        points = [np.round(((c - corner + 0.5) * fine - 0.5) * 2**SHIFT).astype(np.int32) for c in curves]
        cv2.polylines(drawn, points, False, 255, width, cv2.LINE_AA, SHIFT)
        rows, columns = field[part].shape
        small = cv2.resize(drawn, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        # A line that is thinner than a pixel becomes fainter instead of wider.
        field[part] = _blur(small, soft * self.unit) * min(1.0, thickness * self.unit * fine)
        return field

    def _drawing(
        self, shapes: Sequence[np.ndarray], soft: float, thickness: float, fine: int
    ) -> tuple[tuple[slice, slice], np.ndarray, np.ndarray]:
        """A window of the canvas to draw shapes in, so that the empty part of the canvas costs no time.

        Args:
          shapes: each [n, 2], pixels.
          soft: standard deviation of the blur that follows, eye distances.
          thickness: thickness of their lines, eye distances.
          fine: pixels to draw per pixel.

        Returns:
          The rows and columns of the window; the pixel [2] (x, y) at its corner; an empty drawing of it, uint8.
        """
        # OpenCV's Gaussian ends after four standard deviations.
        reach = int(np.ceil(4 * soft * self.unit + thickness * self.unit)) + 3
        points = np.concatenate(shapes)
        low = np.clip(np.floor(points.min(0)).astype(int) - reach, 0, (self.width - 1, self.height - 1))
        high = np.clip(np.ceil(points.max(0)).astype(int) + reach + 1, low + 1, (self.width, self.height))
        drawn = np.zeros(((high - low)[::-1]) * fine, np.uint8)
        return (slice(low[1], high[1]), slice(low[0], high[0])), low, drawn

    def noise(self, rng: np.random.Generator, cell: float) -> np.ndarray:
        """Noise with standard deviation 1 and blobs of ``cell`` eye distances."""
        return value_noise(rng, self.shape, max(1.0, cell * self.unit))

    def brows(self, thickness: float, arch: float) -> list[tuple[np.ndarray, np.ndarray]]:
        """The two brows, from the nose outwards.

        Args:
          thickness: thickness at the thickest point, eye distances.
          arch: how far they are raised, eye distances.

        Returns:
          For each brow, its center line [60, 2] and half thickness [60], pixels.
        """
        brows = []
        for top, bottom in (
            ((107, 66, 105, 63, 70), (55, 65, 52, 53, 46)),
            ((336, 296, 334, 293, 300), (285, 295, 282, 283, 276)),
        ):
            rise = np.array([0, 0.25, 0.8, 0.9, 0.1])[:, None] * (0, arch * self.unit)
            middle = (0.55 * self.marks[list(top)] + 0.45 * self.marks[list(bottom)]) - rise
            t = np.linspace(0, 4, 60)
            path = np.stack([np.interp(t, range(5), middle[:, axis]) for axis in (0, 1)], 1)
            path[:, 1] = cv2.GaussianBlur(path[:, 1].reshape(1, -1), (0, 0), 4, borderType=cv2.BORDER_REPLICATE).ravel()
            half = 0.5 * thickness * self.unit * np.interp(t, (0, 0.5, 2.2, 4), (0.8, 1.1, 0.9, 0.2))
            brows.append((path, half))
        return brows

    def lips(self, soft: float) -> np.ndarray:
        """The lips, including the area between them; ``soft`` as in ``fill``."""
        return self.fill([self.marks[list(OUTER_LIPS)]], soft)

    def beard_region(self) -> np.ndarray:
        """The region of a full beard."""
        m = self.marks
        left = [127, 234, 93, 132, 58, 172, 136, 150]
        right = [379, 365, 397, 288, 361, 323, 454, 356]
        outline = left + [149, 176, 148, 152, 377, 400, 378] + right
        inner = [447, 366, 376, 433, 436, 426, 391, 393, 164, 167, 165, 206, 216, 213, 147, 137, 227]
        below = np.array([[m[356][0], self.height - 1.0], [m[127][0], self.height - 1.0]])
        region = np.maximum(
            self.fill([m[outline + inner]], 0.045),
            self.fill([np.concatenate([m[left + [152] + right], below])], 0.06),
        )
        fade = 1 - np.clip((self.y - 1.62) / 0.3, 0, 1)
        return region * (1 - self.lips(0.01)) * fade


def window(field: np.ndarray, above: float) -> tuple[slice, slice]:
    """The rows and columns of a field [H, 2 H] around all values above a limit; both are empty if there are none."""
    rows = np.flatnonzero(field.max(1) > above)
    if not len(rows):
        return slice(0, 0), slice(0, 0)
    chosen = slice(rows[0], rows[-1] + 1)
    columns = np.flatnonzero(field[chosen].max(0) > above)
    return chosen, slice(columns[0], columns[-1] + 1)


def band(path: np.ndarray, half: np.ndarray) -> np.ndarray:
    """The outline of a band along a path.

    Args:
      path: [n, 2], center line.
      half: [n], half thickness, measured vertically.

    Returns:
      [2 n, 2].
    """
    return np.concatenate([path - half[:, None] * (0, 1), (path + half[:, None] * (0, 1))[::-1]])


def _blur(image: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(image, (0, 0), sigma) if sigma > 0.25 else image
