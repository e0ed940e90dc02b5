"""The components of a face as files, exact enough to recompute its reconstruction, Eq. (5).

    NAME.npz                     float32 arrays, by the names of COMPONENTS
    NAME_raw/<component>.png     16 bits per value; value = offset + scale * pixel
    NAME_raw/ranges.json         scale and offset of each component

B and C are as they enter Eq. (5), low-passed. With any system that reconstructs a live face,
reconstruction = (1 - P) (crop - B - C - T) + P I_P.
"""

import os
from collections.abc import Collection
from typing import Any, Optional

import cv2
import numpy as np

from phystd_tf.errors import PhystdError
from phystd_tf.files.atomic import replacing, write_json
from phystd_tf.files.atomic_folder import replacing_folder
from phystd_tf.files.json_file import read_json
from phystd_tf.files.outputs import Output, check_folder, check_outputs, is_archive
from phystd_tf.inference.model import Disentangled

KINDS = ("npz", "png")
COMPONENTS = ("crop", "B", "C", "T", "P", "I_P", "depth", "reconstruction")
RANGES_FILE = "ranges.json"
_EQUATION = "reconstruction = (1 - P) * (crop - B - C - T) + P * I_P"
_LARGEST = 2**16 - 1  # pixel value
_is_own_archive = is_archive(*(f"{name}.npy" for name in COMPONENTS))


def raw_path(picture: str, kind: str) -> str:
    """The path of the components of a face, next to its picture; ``kind`` is one of KINDS."""
    stem = os.path.splitext(picture)[0]
    return f"{stem}.npz" if kind == "npz" else f"{stem}_raw"


def check_raw(path: str, kind: str) -> None:
    """Refuses to replace what this program did not write.

    Raises:
      OutputError: names what is in the way.
    """
    if kind == "npz":
        check_outputs([Output(path, _is_own_archive)])
    else:
        check_folder(path, _own_files, "raw components")


def is_raw_folder(path: str) -> bool:
    """Whether a folder holds components as pictures, which are not photographs."""
    return _own_files(path) is not None


def write_raw(found: Disentangled, path: str, kind: str) -> None:
    """Writes the components of a face, all or none.

    Args:
      found: Disentangled with a face.
      path: from ``raw_path``.
      kind: one of KINDS.
    """
    components = _components(found)
    if kind == "npz":
        with replacing(path) as temporary:
            np.savez_compressed(temporary, **components)
        return
    with replacing_folder(path) as folder:
        ranges = {}
        for name, values in components.items():
            pixels, scale, offset = to_16_bits(values)
            file = f"{name}.png"
            _write_png(pixels, os.path.join(folder, file))
            ranges[name] = {"file": file, "scale": scale, "offset": offset}
        written = {"equation_5": _EQUATION, "value": "offset + scale * pixel", "components": ranges}
        write_json(written, os.path.join(folder, RANGES_FILE))


def to_16_bits(values: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Converts values to 16-bit pixels that use the whole range.

    Args:
      values: any shape, float.

    Returns:
      (uint16 pixels of this shape, scale, offset); offset + scale * pixel is off by at most scale / 2, and scale
      is the range of the values divided by 65535.
    """
    exact = np.float64(values)
    offset, scale = float(exact.min()), float(exact.max() - exact.min()) / _LARGEST
    pixels = np.zeros(exact.shape) if scale == 0 else np.rint((exact - offset) / scale)
    return pixels.astype(np.uint16), scale, offset


def _components(found: Disentangled) -> dict[str, np.ndarray]:
    assert found.traces is not None
    values: dict[str, Any] = {**found._asdict(), **found.traces._asdict()}
    return {name: values[name] for name in COMPONENTS}


def _write_png(pixels: np.ndarray, path: str) -> None:
    # Pillow cannot write 16-bit color. The file is opened here, since OpenCV does not accept every name.
    good, data = cv2.imencode(".png", pixels[..., ::-1])
    assert good, pixels.shape
    with open(path, "wb") as file:
        file.write(data.tobytes())


def _own_files(path: str) -> Optional[Collection[str]]:
    try:
        written = read_json(os.path.join(path, RANGES_FILE), PhystdError)
    except PhystdError:
        return None
    if written.get("equation_5") != _EQUATION:
        return None
    return {RANGES_FILE, *(f"{name}.png" for name in COMPONENTS)}
