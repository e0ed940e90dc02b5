"""Paints the atlas of a subject: skin, brows, lashes, lips, beard and hair."""

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import ArrayLike

from phystd_tf.face import topology
from phystd_tf.face.morphable_model import MorphableModel
from phystd_tf.synthetic.color import Color
from phystd_tf.synthetic.person.atlas_canvas import (
    LEFT_LID,
    LOWER_LIP,
    RIGHT_LID,
    SMILE_FOLDS,
    UNDER_EYES,
    UPPER_LIP,
    AtlasCanvas,
    band,
    window,
)
from phystd_tf.synthetic.person.subjects import Subject
from phystd_tf.synthetic.scene.noise import fractal_noise, value_noise
from phystd_tf.synthetic.scene.transfer import to_linear

# Relative loss of red, green and blue in occluded skin.
_OCCLUSION = np.array((0.75, 0.95, 1.0), np.float32)
_MOLE = 0.022  # radius of a mole, eye distances


class Atlas(NamedTuple):
    """The painted surface of a head.

    Attributes:
      albedo: [H, 2 H, 3] float32, linear RGB.
      gloss: [H, 2 H, 2] float32: strength of the highlight of the skin, and share of hair in the surface.
    """

    albedo: np.ndarray
    gloss: np.ndarray


def paint(subject: Subject, model: MorphableModel, height: int) -> Atlas:
    """Paints the atlas of a subject; the same subject and height give the same atlas.

    Args:
      subject: the subject.
      model: the morphable model.
      height: rows of the atlas.
    """
    return _Painter(subject, model, height).paint()


class _Painter(AtlasCanvas):
    """An atlas in progress. Colors are planes, [3, H, 2 H]: products with a last axis of three are slow."""

    def __init__(self, subject: Subject, model: MorphableModel, height: int) -> None:
        super().__init__(model, height)
        self.subject = subject
        self.rng = np.random.default_rng(subject.texture_seed)

    def paint(self) -> Atlas:
        s = self.subject
        color = self._skin()
        gloss = self._shine()
        self._creases(color)
        self._lips(color, gloss)
        self._beard(color, gloss)
        self._eyes(color)
        self._brows(color, gloss)
        hair = self._hair_region()
        bare = 1 - hair
        for plane, strands in zip(color, self._strands(s.hair)):
            np.clip(plane * bare + strands * hair, 0.01, 1, out=plane, casting="same_kind")
        gloss_and_hair = [(gloss * bare).astype(np.float32), hair.astype(np.float32)]
        return Atlas(to_linear(cv2.merge(list(color))), cv2.merge(gloss_and_hair))

    def _skin(self) -> np.ndarray:
        s = self.subject
        light = 1 - 0.55 * s.tone  # Blood and freckles are less visible on dark skin.
        color = np.empty((3, *self.shape), np.float32)
        color[:] = _planes(s.skin)
        red = 0.8 * self.pair([50, 205], [280, 425], 0.26, 0.20) + 0.8 * self.spot([4], 0.16, 0.16)
        red += 0.35 * self.spot([152], 0.3, 0.16)
        blotches = fractal_noise(self.rng, self.shape, (0.5 * self.unit, 0.2 * self.unit), 0.7)
        red = red + 0.30 * s.blotches * blotches
        _add(color, red, (0.012, -0.042, -0.040), light)
        if s.makeup:
            blush = self.pair([50, 117], [280, 346], 0.22, 0.15)
            _add(color, blush, (0.03, -0.07, -0.05), s.makeup)
        # The thin skin around the eyes is darker, the forehead is paler.
        eyes = self.pair([33, 133, 145], [263, 362, 374], 0.34, 0.20, 0.05)
        _add(color, eyes, (-0.055, -0.060, -0.045), 0.6 + 0.5 * s.wrinkles)
        _add(color, self.spot([151], 0.5, 0.25), (0.015, 0.012, 0.005))
        blotch = fractal_noise(self.rng, self.shape, (0.35 * self.unit, 0.12 * self.unit, 0.05 * self.unit), 0.8)
        pores = self.noise(self.rng, 0.015)
        color *= 1 + 0.022 * s.blotches * blotch + 0.020 * pores
        freckle = np.clip(self.noise(self.rng, 0.028) - 1.3, 0, 0.7) * (0.3 + self.spot([4, 50, 280], 0.7, 0.3))
        if s.freckles:
            freckle *= s.freckles
            for plane, loss in zip(color, np.array((0.20, 0.34, 0.40), np.float32)):
                plane *= 1 - freckle * loss
        for _ in range(int(self.rng.integers(0, 5))):  # moles
            center = self.rng.uniform((0.36 * self.width, 0.5 * self.height), (0.64 * self.width, 0.92 * self.height))
            # Beyond six radii, a mole changes nothing in float32.
            (left, top), (right, bottom) = ((center + side * 6 * _MOLE * self.unit).astype(int) for side in (-1, 1))
            columns, rows = np.arange(left, right), np.arange(top, bottom)
            distance = np.hypot(columns - center[0], rows[:, None] - center[1])
            dark = np.exp(-((distance / (_MOLE * self.unit)) ** 2)).astype(np.float32)
            color[:, top:bottom, left:right] *= 1 - 0.5 * dark
        return color

    def _shine(self) -> np.ndarray:
        zone = 0.9 * self.spot([151, 9], 0.38, 0.25) + 0.9 * self.spot([5, 4], 0.10, 0.22)
        zone += 0.6 * self.pair([117, 50], [346, 280], 0.22, 0.14) + 0.4 * self.spot([152], 0.2, 0.12)
        return (0.35 + zone) * self.subject.gloss * (1 + 0.12 * self.noise(self.rng, 0.03))

    def _darken(self, color: np.ndarray, mask: np.ndarray, strength: float) -> None:
        """Darkens occluded skin, which shifts its color toward red."""
        part = (..., *window(mask, 0.003))
        color[part] *= 1 - np.float32(strength) * mask[part] * _planes(_OCCLUSION)

    def _creases(self, color: np.ndarray) -> None:
        m, s = self.marks, self.subject
        self._darken(color, np.minimum(self.pair([79, 166, 60, 20], [309, 392, 290, 250], 0.050, 0.026), 1), 0.80)
        wings = self.line([m[[129, 102, 48, 64, 98]], m[[358, 331, 278, 294, 327]]], 0.03, 0.02)
        self._darken(color, wings, 0.30)
        folds = self.line([m[list(fold)] for fold in SMILE_FOLDS], 0.03, 0.03)
        self._darken(color, folds, 0.10 + 0.28 * s.wrinkles)
        under = self.line([m[list(curve)] for curve in UNDER_EYES], 0.03, 0.025)
        self._darken(color, under, 0.06 + 0.18 * s.wrinkles)
        self._darken(color, self.spot([18], 0.2, 0.05, 0.02), 0.16)
        self._darken(color, self.pair([55, 221, 190], [285, 441, 414], 0.12, 0.12), 0.22)
        if s.wrinkles > 0.25:
            rows = [m[[68, 69, 108, 151, 337, 299, 298]] + (0, d * self.unit) for d in (-0.07, 0.05, 0.16)]
            self._darken(color, self.line(rows, 0.012, 0.012), 0.30 * s.wrinkles)
        self._darken(color, self.spot([164], 0.05, 0.08), 0.08)

    def _lips(self, color: np.ndarray, gloss: np.ndarray) -> None:
        m, s = self.marks, self.subject
        top, bottom = self.fill([m[list(UPPER_LIP)]], 0.014), self.fill([m[list(LOWER_LIP)]], 0.018)
        streaks = value_noise(self.rng, self.shape, 1.0)
        streaks = cv2.GaussianBlur(streaks, (0, 0), sigmaX=0.7, sigmaY=max(0.8, 0.03 * self.unit)) * 1.6
        for mask, factor in ((top, 0.86), (bottom, 1.0)):
            part = window(mask, 0)
            lips = _planes(s.lips) * (1 + 0.05 * streaks[part]) * factor
            color[(..., *part)] += mask[part] * (lips - color[(..., *part)]) * 0.9
            gloss[part] += mask[part] * (0.55 + 0.5 * s.makeup - gloss[part] * 0.3)
        seam = self.line([m[list((61, 78) + topology.INNER_UPPER_LIP + (308, 291))]], 0.014, 0.010)
        self._darken(color, seam, 0.62)

    def _beard(self, color: np.ndarray, gloss: np.ndarray) -> None:
        s = self.subject
        if s.beard == 0:
            return
        region = self.beard_region()
        stubble = np.clip(0.5 + 0.35 * self.noise(self.rng, 0.012) + 0.25 * self.noise(self.rng, 0.05), 0, 1)
        amount = region * (
            0.75 * s.beard * (0.45 + 0.75 * stubble) if s.beard > 0.45 else 0.5 * s.beard * (0.5 + stubble)
        )
        hair = _planes(s.hair) * 0.9 + 0.02
        color += np.clip(amount, 0, 0.93) * (hair - color)
        gloss *= 1 - 0.7 * np.clip(amount, 0, 1)

    def _eyes(self, color: np.ndarray) -> None:
        m, s = self.marks, self.subject
        sides = (
            (LEFT_LID, topology.LEFT_LOWER_LID, 33),
            (RIGHT_LID, topology.RIGHT_LOWER_LID[::-1], 263),
        )
        for upper, lower, corner in sides:
            lid = m[list(upper)]
            crease = lid[1:] - np.linspace(0.075, 0.05, len(lid) - 1)[:, None] * (0, self.unit)
            self._darken(color, self.line([crease], 0.014, 0.012), 0.45)
            if s.makeup:
                shadow = self.fill([np.concatenate([lid, crease[::-1]])], 0.04)
                self._darken(color, shadow, 0.5 * s.makeup)
            self._darken(color, self.line([lid], 0.030, 0.008), 0.45 + 0.45 * s.lashes)
            self._darken(color, self.line([m[list((corner,) + lower)]], 0.012, 0.010), 0.30 + 0.2 * s.lashes)
            wing = np.sign(m[corner][0] - self.width / 2)
            strokes = [
                np.array([point, point + np.array([wing * (0.055 - 0.012 * i), -0.055 - 0.004 * i]) * self.unit])
                for i, point in enumerate(lid[:5])
            ]
            self._darken(color, self.line(strokes, 0.008, 0.004), 0.7 * s.lashes)

    def _brows(self, color: np.ndarray, gloss: np.ndarray) -> None:
        s = self.subject
        mask = np.zeros(self.shape, np.float32)
        for path, half in self.brows(s.brow_thickness, s.brow_arch):
            along = np.gradient(path, axis=0)
            along /= np.linalg.norm(along, axis=1, keepdims=True)
            strokes = []
            for _ in range(130):
                i = int(self.rng.integers(2, 60))
                start = path[i] + (0, half[i] * self.rng.uniform(-1, 1))
                lean = np.interp(i, (0, 25, 59), (-1.3, -0.45, 0.25)) + self.rng.normal(0, 0.15)
                reach = self.rng.uniform(0.05, 0.10) * self.unit
                direction = along[i] + np.array([0, lean])
                strokes.append(np.array([start, start + reach * direction / np.linalg.norm(direction)]))
            mask = np.maximum(
                mask, 0.62 * self.fill([band(path, half)], 0.016) + 0.55 * self.line(strokes, 0.010, 0.003)
            )
        part = window(mask, 0)
        alpha = np.clip(mask[part] * s.brow_density, 0, 0.92)
        color[(..., *part)] += alpha * (_planes(s.brow) - color[(..., *part)])
        gloss[part] *= 1 - alpha

    def _hair_region(self) -> np.ndarray:
        s = self.subject
        across = self.angle[:1]  # the hairline is the same in all rows
        angle = np.abs(across)
        line_at = np.array([0.0, 0.35, 0.62, 0.80, 0.92, 1.02, 1.22, 1.40, 1.62, 2.0, np.pi])
        line_y = np.array([-0.93, -0.91, -0.78, -0.58, -0.34, -0.16, 0.14, 0.14, -0.05, 0.85, 1.05])
        if s.hair_style == "receding":
            line_y = line_y + np.array([0.0, -0.12, -0.16, -0.08, 0, 0, 0, 0, 0, 0, 0])
        # Individual hairlines: a sweep to one side, a peak, a wave.
        sweep, peak = self.rng.normal(0, 0.07), self.rng.uniform(-0.03, 0.06)
        bangs = (
            0.0
            if s.hair_style in ("receding", "crop", "bald")
            else self.rng.choice((0.0, self.rng.uniform(0.05, 0.22)))
        )
        front = np.exp(-((across / 0.75) ** 4))
        shift = front * (bangs + sweep * across + peak * np.cos(6 * across))
        line = shift + np.interp(angle, line_at, line_y + np.where(line_at < 0.9, s.hairline, 0))
        strands = cv2.GaussianBlur(self.noise(self.rng, 0.02), (0, 0), sigmaX=0.6, sigmaY=0.12 * self.unit)
        rough = 0.11 * strands + 0.03 * fractal_noise(
            self.rng, self.shape, (0.25 * self.unit, 0.06 * self.unit, 0.02 * self.unit), 0.7
        )
        edge = 0.16 if s.hair_style in ("crop", "receding") else 0.10
        region = np.clip(0.5 - (self.y - line + rough) / edge, 0, 1)
        return region * (0.22 if s.hair_style == "bald" else 0.72 if s.hair_style == "crop" else 1.0)

    def _strands(self, color: Color) -> Iterator[np.ndarray]:
        shape = self.shape
        if self.subject.hair_style in ("curly", "crop"):
            streaks = fractal_noise(self.rng, shape, (0.10 * self.unit, 0.05 * self.unit, 0.02 * self.unit), 0.9)
        else:
            streaks = cv2.GaussianBlur(value_noise(self.rng, shape, 1.0), (0, 0), sigmaX=0.8, sigmaY=0.12 * self.unit)
            streaks = 4.0 * streaks + 0.6 * self.noise(self.rng, 0.15)
        light, shift = (1 + 0.22 * streaks).astype(np.float64), 0.012 * streaks
        for value in color:
            yield np.clip(value * light + shift, 0.01, 1).astype(np.float32)


def _add(color: np.ndarray, field: np.ndarray, change: Color, strength: float = 1.0) -> None:
    """Adds ``field`` [H, W] times a change of color, plane by plane, because a plane fits into the cache."""
    for plane, value in zip(color, np.array(change, np.float32)):
        plane += field * value * strength


def _planes(color: ArrayLike) -> np.ndarray:
    """A color [3] as [3, 1, 1] float32, to broadcast over planes."""
    return np.asarray(color, np.float32)[:, np.newaxis, np.newaxis]
