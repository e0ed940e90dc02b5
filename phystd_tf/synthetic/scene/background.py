"""Blurred backgrounds: walls, rooms with furniture and windows, gardens, and points of light."""

import cv2
import numpy as np

from phystd_tf.synthetic.scene.noise import fractal_noise


def paint_background(seed: int, size: int) -> np.ndarray:
    """Paints a background; the same seed gives the same background.

    Args:
      seed: seed of the random numbers.
      size: side of the frame, pixels.

    Returns:
      [size, size, 3] float32, linear RGB in (0, 1).
    """
    rng = np.random.default_rng(seed)
    small = size // 2  # The background is blurred anyway.
    kind = rng.choice(("wall", "room", "garden", "lights"), p=(0.35, 0.35, 0.18, 0.12))
    image = {"wall": _wall, "room": _room, "garden": _garden, "lights": _lights}[str(kind)](rng, small)
    image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(1.0, 4.5)) * small / 128)
    return np.clip(cv2.resize(image, (size, size), interpolation=cv2.INTER_LINEAR), 0.002, 0.95).astype(np.float32)


def _wall(rng: np.random.Generator, size: int) -> np.ndarray:
    color = rng.uniform(0.05, 0.55) * (1 + rng.normal(0, 0.10, 3))
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) / size - 0.5
    shade = 1 + rng.normal(0, 0.35) * x + rng.normal(0, 0.35) * y + rng.normal(0, 0.3) * (x * x + y * y)
    texture = 1 + 0.025 * fractal_noise(rng, (size, size), (size / 4, size / 12, 2), 0.7)
    return (np.maximum(shade * texture, 0.1)[..., None] * color).astype(np.float32)


def _room(rng: np.random.Generator, size: int) -> np.ndarray:
    image = _wall(rng, size)
    for _ in range(int(rng.integers(3, 9))):
        x, y = rng.uniform(-0.1, 0.95, 2) * size
        w, h = rng.uniform(0.08, 0.45, 2) * size
        if rng.uniform() < 0.3:  # a bookshelf
            left = x
            while left < x + w:
                right = left + rng.uniform(0.02, 0.06) * size
                color = rng.uniform(0.02, 0.5) * (1 + rng.normal(0, 0.4, 3))
                top = y + rng.uniform(0, 0.2) * h
                cv2.rectangle(image, (int(left), int(top)), (int(right), int(y + h)), np.abs(color).tolist(), -1)
                left = right
        else:
            bright = rng.uniform(0.8, 1.3) if rng.uniform() < 0.2 else rng.uniform(0.02, 0.6)
            color = np.abs(bright * (1 + rng.normal(0, 0.25, 3)))
            cv2.rectangle(image, (int(x), int(y)), (int(x + w), int(y + h)), color.tolist(), -1)
    return image


def _garden(rng: np.random.Generator, size: int) -> np.ndarray:
    horizon = rng.uniform(0.15, 0.6) * size
    y = np.arange(size, dtype=np.float32)[:, None]
    sky = np.array((0.50, 0.62, 0.82), np.float32) * rng.uniform(0.5, 1.0) * (0.8 + 0.2 * y / size)[..., None]
    green = np.array((0.09, 0.14, 0.05)) * rng.uniform(0.5, 1.5) * (1 + rng.normal(0, 0.2, 3))
    leaves = np.exp(0.55 * fractal_noise(rng, (size, size), (size / 5, size / 14, size / 32), 0.9))
    edge = y - horizon + 0.05 * size * fractal_noise(rng, (1, size), (size / 6, size / 16), 0.7)
    share = np.clip(edge / 3 + 0.5, 0, 1)[..., None]
    return (sky * (1 - share) + leaves[..., None] * np.abs(green) * share).astype(np.float32)


def _lights(rng: np.random.Generator, size: int) -> np.ndarray:
    image = _wall(rng, size) * 0.25
    for _ in range(int(rng.integers(8, 30))):
        center = tuple(int(value) for value in rng.uniform(0, size, 2))
        color = rng.uniform(0.2, 0.9) * np.abs(1 + rng.normal(0, 0.2, 3))
        disc = np.zeros_like(image)
        cv2.circle(disc, center, int(rng.uniform(0.015, 0.06) * size) + 1, color.tolist(), -1, cv2.LINE_AA)
        image += 0.7 * disc
    return image
