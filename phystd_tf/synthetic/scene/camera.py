"""A camera: optics, exposure, white balance, sensor noise, sharpening and JPEG.

Live faces and spoofs are photographed by the same distribution of cameras, so
noise, sharpness and color cast alone reveal nothing about either.
"""

import dataclasses

import cv2
import numpy as np

from phystd_tf.synthetic.scene.transfer import to_encoded, to_linear


@dataclasses.dataclass(frozen=True)
class Camera:
    """Camera settings, constant within a clip.

    Attributes:
      blur: standard deviation of the optical blur, in pixels of a 256 px frame.
      exposure: factor on the light.
      white_balance: factors on R, G, B.
      contrast: factor on the encoded image around middle gray.
      saturation: 1 keeps colors unchanged.
      shot_noise: standard deviation at full light; grows with the square root of the light.
      read_noise: standard deviation in the dark.
      vignette: share of light lost in the corners.
      flare: share of the light that is scattered over the whole frame and lifts the blacks.
      sharpening: strength of unsharp masking.
      quality: JPEG quality, 0 to 100.
    """

    blur: float
    exposure: float
    white_balance: tuple[float, float, float]
    contrast: float
    saturation: float
    shot_noise: float
    read_noise: float
    vignette: float
    flare: float
    sharpening: float
    quality: int


def random_camera(rng: np.random.Generator) -> Camera:
    """A random camera, in the range of phones and notebooks."""
    warm, tint = rng.normal(0, 0.07), rng.normal(0, 0.025)
    return Camera(
        blur=float(rng.uniform(0.35, 0.95)),
        exposure=float(np.exp(rng.normal(0, 0.18))),
        white_balance=(float(np.exp(warm)), float(np.exp(tint)), float(np.exp(-warm))),
        contrast=float(rng.uniform(0.85, 1.15)),
        saturation=float(rng.uniform(0.75, 1.2)),
        shot_noise=float(rng.uniform(0.004, 0.022)),
        read_noise=float(rng.uniform(0.0005, 0.004)),
        vignette=float(rng.uniform(0, 0.25)),
        flare=float(0.25 * rng.beta(1, 4)),
        sharpening=float(rng.uniform(0, 0.7)),
        quality=int(rng.integers(82, 98)),
    )


def photograph(scene: np.ndarray, camera: Camera, seed: int) -> bytes:
    """Takes a photograph; the same scene, camera and seed give the same bytes.

    Args:
      scene: [S, S, 3] float32, encoded RGB before the camera; clipped to [0, 1].
      camera: the camera.
      seed: seed of the noise.

    Returns:
      The bytes of a JPEG file.
    """
    size = scene.shape[0]
    rng = np.random.default_rng(seed)
    light = to_linear(np.clip(scene, 0, 1)).astype(np.float32)
    light = cv2.GaussianBlur(light, (0, 0), camera.blur * size / 256)
    # Rows of S * 3 values, because arithmetic with a last axis of three is slow.
    rows = light.reshape(size, -1)
    rows += np.float32(camera.flare) * (np.tile(light.mean((0, 1)), size) - rows)
    white = (camera.exposure * np.array(camera.white_balance)).astype(np.float32)
    rows *= np.tile(white, size) * np.repeat(_vignette(size, camera.vignette), 3, 1)
    spread = np.sqrt(camera.shot_noise**2 * np.clip(light, 0, 1) + camera.read_noise**2)
    noise = rng.standard_normal(light.shape, dtype=np.float32)
    # Demosaicing interpolates between pixels of the sensor, which correlates their noise.
    light += spread * (0.6 * noise + 0.8 * cv2.GaussianBlur(noise, (0, 0), 0.7))
    image = np.clip(to_encoded(light), 0, 1.2).astype(np.float32)
    if camera.sharpening > 0.05:
        image += camera.sharpening * (image - cv2.GaussianBlur(image, (0, 0), 1.1))
    gray = np.repeat(image @ np.array((0.299, 0.587, 0.114), np.float32), 3, 1).reshape(image.shape)
    image = gray + camera.saturation * (image - gray)
    image = 0.5 + camera.contrast * (image - 0.5)
    pixels = np.clip(np.round(image * 255), 0, 255).astype(np.uint8)
    good, data = cv2.imencode(
        ".jpg", np.ascontiguousarray(pixels[..., ::-1]), (cv2.IMWRITE_JPEG_QUALITY, camera.quality)
    )
    if not good:
        raise RuntimeError("OpenCV could not encode a JPEG")
    return data.tobytes()


def _vignette(size: int, strength: float) -> np.ndarray:
    """The share of light [S, S] that reaches each pixel."""
    line = (np.arange(size, dtype=np.float32) + 0.5) / size * 2 - 1
    return 1 - strength * 0.5 * (line[None] ** 2 + line[:, None] ** 2)
