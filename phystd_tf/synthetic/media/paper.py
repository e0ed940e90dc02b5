"""Ink and paper, for all media that are printed."""

import cv2
import numpy as np

from phystd_tf.synthetic.scene.noise import fractal_noise

# Traditional screen angles of cyan, magenta and yellow, degrees. There is no black ink.
SCREEN_ANGLES = (15.0, 75.0, 45.0)


def halftone(
    image: np.ndarray, period: float, softness: float, angle: float, phase: np.ndarray, left: int = 0
) -> np.ndarray:
    """Prints an image with a screen of dots, one screen per ink.

    Args:
      image: [h, w, 3] float32, encoded RGB in [0, 1] (ink = 1 - value).
      period: period of the screen, pixels.
      softness: 0 gives hard dots, 1 gives dots as soft as the screen itself.
      angle: angle of the whole print, degrees.
      phase: [2], shift of the screen, pixels.
      left: columns of the print to the left of the image.

    Returns:
      [h, w, 3] float32 with approximately the same local mean.
    """
    height, width = image.shape[:2]
    y, x = np.mgrid[0:height, left : left + width].astype(np.float32)
    x, y = x + np.float32(phase[0]), y + np.float32(phase[1])
    printed = np.empty_like(image)
    for channel, screen in enumerate(SCREEN_ANGLES):
        turn = np.radians(screen + angle)
        frequency = 2 * np.pi / period
        u = np.float32(frequency * np.cos(turn)) * x + np.float32(frequency * np.sin(turn)) * y
        v = np.float32(-frequency * np.sin(turn)) * x + np.float32(frequency * np.cos(turn)) * y
        threshold = 0.5 + 0.25 * (np.cos(u) + np.cos(v))
        printed[..., channel] = np.clip((image[..., channel] - threshold) / (0.12 + softness) + 0.5, 0, 1)
    return printed


def grain(rng: np.random.Generator, height: int, width: int, strength: float) -> np.ndarray:
    """The fibers of paper.

    Args:
      rng: random generator.
      height: rows.
      width: columns.
      strength: relative standard deviation.

    Returns:
      [h, w, 1] float32, a factor on the reflectance with mean about 1.
    """
    fine = fractal_noise(rng, (height, width), (1, 2.5, 7), 0.8)
    return (1 + strength * fine)[..., None]


def sheen(height: int, width: int, angle: float, place: float, spread: float) -> np.ndarray:
    """A soft band of reflected light on a bent sheet.

    Args:
      height: rows.
      width: columns.
      angle: angle of the bend, radians.
      place: position of the band, in image widths from the center.
      spread: standard deviation, in image widths.

    Returns:
      [h, w, 1] float32 in [0, 1].
    """
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    across = (x / width - 0.5) * np.float32(np.cos(angle)) + (y / height - 0.5) * np.float32(np.sin(angle))
    return np.exp(-0.5 * ((across - place) / spread) ** 2)[..., None]


def soften(image: np.ndarray, sigma: float) -> np.ndarray:
    """Blurs an image with a standard deviation of ``sigma`` pixels."""
    return cv2.GaussianBlur(image, (0, 0), sigma) if sigma > 0.2 else image
