"""The true trace of a frame, on disk. Measuring reads it; preparation and training never do.

One ``.npz`` beside each frame, in a tree of its own. For a live frame it holds
the vertices only. For a spoof it holds, before the camera, the live face and
the layers of Eq. (3), without loss, and after the camera the live face as the
same camera (same noise, same JPEG quality) would have taken it. So the true
trace after the camera is the frame minus ``live_camera``. With the truth "camera"
of a recipe, the live face and the layers before the camera are left out, all but P.
"""

import io
import os
from typing import NamedTuple, Optional

import cv2
import numpy as np

from phystd_tf.errors import PhystdError
from phystd_tf.synthetic.composition import LEVELS, Layers


class TruthError(PhystdError):
    """A truth file is missing or damaged."""


class Truth(NamedTuple):
    """What is known about a frame.

    Attributes:
      vertices: [468, 2] float32, true places of the face mesh, pixels.
      live: [S, S, 3] float32, the live face before the camera; None for live frames (as all below).
      layers: Layers before the camera; ``compose(live, layers)`` is the spoof before the camera.
      covered: [S, S, 1] float32, P of Eq. (3), 1 = covered; the camera moves nothing.
      live_camera: [S, S, 3] uint8, the live face after the camera.
    """

    vertices: np.ndarray
    live: Optional[np.ndarray]
    layers: Optional[Layers]
    covered: Optional[np.ndarray]
    live_camera: Optional[np.ndarray]


def pack(
    vertices: np.ndarray, live: Optional[np.ndarray] = None, layers: Optional[Layers] = None, live_jpeg: bytes = b""
) -> bytes:
    """The bytes of a truth file.

    ``live`` and ``layers`` must be multiples of 1 / 255. Without ``live``, only P is stored of the layers.
    """
    arrays = {"vertices": np.asarray(vertices, np.float32)}
    if live_jpeg:
        arrays["live_camera_jpeg"] = np.frombuffer(live_jpeg, np.uint8)
    if layers is not None:
        arrays["P_png"] = _png(np.round(layers.P[..., 0] * LEVELS).astype(np.uint8))
    if live is not None and layers is not None:
        arrays["live_png"] = _png(np.round(live * LEVELS).astype(np.uint8))
        # Signed, so shifted by LEVELS into 16 bits.
        arrays["T_A_png"] = _png((np.round(layers.T_A * LEVELS) + LEVELS).astype(np.uint16))
        arrays["T_P_png"] = _png(np.round(layers.T_P * LEVELS).astype(np.uint8))
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def read(path: str) -> Truth:
    """Reads a truth file.

    Raises:
      TruthError: names the file.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        live = layers = covered = live_camera = None
        if "P_png" in arrays:
            covered = _unpng(arrays["P_png"])[..., None]
        if "live_png" in arrays:
            live = _unpng(arrays["live_png"])
            layers = Layers(_unpng(arrays["T_A_png"], shift=LEVELS), covered, _unpng(arrays["T_P_png"]))
        if "live_camera_jpeg" in arrays:
            live_camera = np.ascontiguousarray(cv2.imdecode(arrays["live_camera_jpeg"], cv2.IMREAD_COLOR)[..., ::-1])
        return Truth(arrays["vertices"], live, layers, covered, live_camera)
    except (OSError, ValueError, KeyError, TypeError, EOFError, cv2.error) as error:
        raise TruthError(f"{path} cannot be read as a truth file; make the synthetic set again ({error})") from error


def truth_path(root: str, frame: str) -> str:
    """Where the truth of a frame lies.

    Args:
      root: folder of the synthetic set.
      frame: path of the frame, ``root/<split>/...``.
    """
    relative = os.path.relpath(frame, root)
    return os.path.join(root, "truth", os.path.splitext(relative)[0] + ".npz")


def _png(image: np.ndarray) -> np.ndarray:
    image = image[..., ::-1] if image.ndim == 3 else image
    good, data = cv2.imencode(".png", np.ascontiguousarray(image), (cv2.IMWRITE_PNG_COMPRESSION, 1))
    if not good:
        raise RuntimeError("OpenCV could not encode a PNG")
    return data.ravel()


def _unpng(data: np.ndarray, shift: int = 0) -> np.ndarray:
    """Levels, stored plus ``shift``, as float32 multiples of 1 / 255."""
    image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    image = image[..., ::-1] if image.ndim == 3 else image
    return (image.astype(np.float32) - shift) / np.float32(LEVELS)
