"""The ground truth of a frame, on disk. It is read for measuring only, never by preparation or training.

Each frame has one ``.npz`` file in a separate folder tree. For a live frame it
holds the vertices only. For a spoof it also holds the live face and the layers
of Eq. (3) before the camera, stored without loss, and the live face after the
camera: taken by the same camera, with the same noise and the same JPEG quality.
The true trace after the camera is therefore the frame minus ``live_camera``. If
the recipe asks for the truth "camera", the live face and the layers before the
camera are omitted, except P.
"""

import io
import os
from typing import BinaryIO, NamedTuple, Optional, Union

import cv2
import numpy as np

from phystd_tf.errors import PhystdError
from phystd_tf.synthetic.composition import LEVELS, Layers


class TruthError(PhystdError):
    """A truth file is missing or damaged."""


class Truth(NamedTuple):
    """The ground truth of a frame.

    Attributes:
      vertices: [468, 2] float32, true positions of the face mesh, pixels.
      live: [S, S, 3] float32, the live face before the camera; None for a live frame, like all that follow.
      layers: layers before the camera; ``compose(live, layers)`` is the spoof before the camera.
      covered: [S, S, 1] float32, P of Eq. (3), 1 is covered; also valid after the camera, which moves no pixels.
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
    """Encodes a truth file.

    Args:
      vertices: [468, 2], pixels.
      live: [S, S, 3], multiples of 1 / 255; without it, only P of the layers is stored.
      layers: multiples of 1 / 255.
      live_jpeg: the live face after the camera.

    Returns:
      The bytes of the file.
    """
    arrays = {"vertices": np.asarray(vertices, np.float32)}
    if live_jpeg:
        arrays["live_camera_jpeg"] = np.frombuffer(live_jpeg, np.uint8)
    if layers is not None:
        arrays["P_png"] = _encode_png(np.round(layers.P[..., 0] * LEVELS).astype(np.uint8))
    if live is not None and layers is not None:
        arrays["live_png"] = _encode_png(np.round(live * LEVELS).astype(np.uint8))
        # T_A is signed; it is shifted by LEVELS to fit unsigned 16-bit values.
        arrays["T_A_png"] = _encode_png((np.round(layers.T_A * LEVELS) + LEVELS).astype(np.uint16))
        arrays["T_P_png"] = _encode_png(np.round(layers.T_P * LEVELS).astype(np.uint8))
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def read(path: Union[str, BinaryIO]) -> Truth:
    """Reads a truth file.

    Args:
      path: path of the file, or the file itself, opened for reading bytes.

    Raises:
      TruthError: names the file.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        live = layers = covered = live_camera = None
        if "P_png" in arrays:
            covered = _decode_png(arrays["P_png"])[..., None]
        if "live_png" in arrays:
            if covered is None:
                raise KeyError("P_png")
            live = _decode_png(arrays["live_png"])
            layers = Layers(_decode_png(arrays["T_A_png"], shift=LEVELS), covered, _decode_png(arrays["T_P_png"]))
        if "live_camera_jpeg" in arrays:
            live_jpeg = _require_start(arrays["live_camera_jpeg"], b"\xff\xd8")
            live_camera = np.ascontiguousarray(cv2.imdecode(live_jpeg, cv2.IMREAD_COLOR)[..., ::-1])
        return Truth(arrays["vertices"], live, layers, covered, live_camera)
    except Exception as error:  # NumPy, zipfile and OpenCV raise many kinds of errors for damaged files
        raise TruthError(f"{path} cannot be read as a truth file; make the dataset again ({error})") from error


def truth_path(root: str, clip: str, frame: int) -> str:
    """The path of the truth file of a frame.

    Args:
      root: folder of the synthetic dataset.
      clip: ID of the clip: its path below the folder, with slashes, without a suffix.
      frame: index of the frame within the clip, from 0.

    Raises:
      TruthError: if the ID leads out of the folder.
    """
    if not clip or clip.startswith("/") or {"", ".", ".."} & set(clip.split("/")):
        raise TruthError(f"{clip!r} is not the ID of a clip of {root}")
    return os.path.join(root, "truth", *clip.split("/"), f"{frame:03d}.npz")


def _encode_png(image: np.ndarray) -> np.ndarray:
    image = image[..., ::-1] if image.ndim == 3 else image
    good, data = cv2.imencode(".png", np.ascontiguousarray(image), (cv2.IMWRITE_PNG_COMPRESSION, 1))
    if not good:
        raise RuntimeError("OpenCV could not encode a PNG")
    return data.ravel()


def _decode_png(data: np.ndarray, shift: int = 0) -> np.ndarray:
    """Decodes levels that were stored plus ``shift``, as float32 multiples of 1 / 255."""
    image = cv2.imdecode(_require_start(data, b"\x89PNG"), cv2.IMREAD_UNCHANGED)
    image = image[..., ::-1] if image.ndim == 3 else image
    return (image.astype(np.float32) - shift) / np.float32(LEVELS)


def _require_start(data: np.ndarray, start: bytes) -> np.ndarray:
    """Keeps OpenCV from decoding other formats: it guesses the format, and some of its decoders have known faults.

    Raises:
      ValueError: if the data has another format.
    """
    if data.dtype != np.uint8 or data[: len(start)].tobytes() != start:
        raise ValueError("a picture of another format")
    return data
