"""Unit tests of interpolation and shading, against one pixel at a time in plain NumPy."""

import numpy as np
import pytest

from phystd_tf.face.morphable_model import default_model
from phystd_tf.synthetic.person.renderer import Renderer
from phystd_tf.synthetic.person.subjects import make_subject
from phystd_tf.synthetic.person.surface import interpolate, shade
from phystd_tf.synthetic.scene.scene import Light, Scene

SCENE = Scene(
    yaw=12.0, pitch=3.0, roll=-4.0, center=(0.5, 0.43), eye_distance=0.17, distance=14.0, expression={}, gaze=(0, 0),
    lights=(Light((0.5, -0.4, 0.768), (1.1, 1.0, 0.9)), Light((-0.6, 0, 0.8), (0.2, 0.3, 0.4))),
    sky=(0.3, 0.3, 0.32), ground=(0.1, 0.12, 0.1), background_seed=5,
)  # fmt: skip
WRAP = np.array((0.38, 0.22, 0.16))


@pytest.fixture(scope="module")
def surface():
    return Renderer(make_subject(1, 0), default_model(), 96).render(SCENE).surface


def test_interpolation_weighs_the_corners():
    rng = np.random.default_rng(0)
    weights = rng.dirichlet((1, 1, 1), 50).astype(np.float32)
    corners, values = rng.integers(0, 20, (50, 3)), rng.normal(size=(20, 2)).astype(np.float32)
    found = interpolate(weights, corners, values)
    assert found.dtype == np.float32 and found.shape == (50, 2)
    np.testing.assert_allclose(found, np.einsum("nk,nkc->nc", weights, values[corners]), rtol=1e-5, atol=1e-6)


def test_shading_is_that_of_each_pixel_alone(surface):
    found = shade(surface, SCENE)
    assert found.dtype == np.float32 and found.shape == (len(surface.pixels), 3)
    for pixel in np.random.default_rng(1).choice(len(surface.pixels), 200, replace=False):
        np.testing.assert_allclose(found[pixel], _light(surface, pixel), rtol=2e-4, atol=1e-5)


def _light(surface, pixel):
    normal, albedo = surface.normal[pixel].astype(float), surface.albedo[pixel].astype(float)
    gloss, hair = float(surface.gloss[pixel]), float(surface.hair[pixel])
    upward = 0.5 - 0.5 * normal[1]
    ambient = np.array(SCENE.ground) * (1 - upward) + np.array(SCENE.sky) * upward
    total = albedo * ambient * (0.75 + 0.25 * normal[2])
    down = np.array((0.0, 1.0, 0.0))
    tangent = down - normal * (normal @ down)
    tangent /= max(np.linalg.norm(tangent), 1e-3)
    for number, source in enumerate(SCENE.lights):
        direction, color = np.array(source.direction), np.array(source.color)
        facing = normal @ direction
        opened = 1 - 0.85 * float(surface.shadow[pixel]) if number == 0 else 1.0
        wrap = surface.scatter * WRAP * (1 - hair) + 0.15 * hair
        total += albedo * color * np.maximum((facing + wrap) / (1 + wrap), 0) * opened
        half = direction + (0, 0, 1)
        half /= np.linalg.norm(half)
        aligned = np.clip(normal @ half, 0, 1)
        rim = 0.35 * np.clip(1 - normal[2], 0, 1) ** 4 * np.clip(facing, 0, 1)
        strand = np.clip(1 - (tangent @ half) ** 2, 0, 1) ** 8
        shine = gloss * (0.05 * aligned**8 + 0.10 * aligned**32 + 0.1 * rim)
        shine += hair * 0.010 * (strand + strand**4) * np.clip(facing + 0.3, 0, 1)
        total += shine * opened * color
    return total * float(surface.occlusion[pixel])
