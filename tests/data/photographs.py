"""Writes photographs for the tests of the preparation."""

import cv2


def save(path, image) -> None:
    """Writes an RGB image, and makes its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image[..., ::-1])
