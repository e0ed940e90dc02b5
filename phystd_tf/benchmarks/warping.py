"""The warp of Eq. (12) to (15), compared with what others use for it."""

from typing import Any

import matplotlib.tri
import numpy as np
import tensorflow as tf
from scipy.interpolate import LinearNDInterpolator
from scipy.spatial import Delaunay

from phystd_tf.benchmarks.bench import Bench
from phystd_tf.benchmarks.noise import noise_batch
from phystd_tf.hparams import HParams
from phystd_tf.networks.addons import dense_image_warp
from phystd_tf.physics import triangulation, warp

_CHANNELS = 13  # of everything that is warped: B, C, T, P and the image


def warping(bench: Bench, hparams: HParams) -> None:
    """Offsets, sampling, both together, and the triangle map, of one pair of faces."""
    size = hparams.image_size
    live, spoof = tf.nest.map_structure(lambda tensor: tensor[:1], noise_batch(hparams))
    pair = (spoof.vertices, live.vertices, live.triangles, live.triangle_map)
    grid = np.stack(np.meshgrid(np.arange(size), np.arange(size)), -1).astype(float)
    points = np.concatenate([live.vertices[0], triangulation.anchors(size)])
    values = np.concatenate([spoof.vertices[0] - live.vertices[0], np.zeros((triangulation.NUM_ANCHORS, 2))])
    image = tf.random.stateless_uniform((1, size, size, _CHANNELS), (0, 0))
    offset_of = tf.function(warp.dense_offset)
    offset = offset_of(*pair)

    def scipy_offset() -> Any:
        return LinearNDInterpolator(Delaunay(points), values)(grid)

    def matplotlib_offset() -> Any:
        triangles = matplotlib.tri.Triangulation(points[:, 0], points[:, 1], Delaunay(points).simplices)
        axes = (matplotlib.tri.LinearTriInterpolator(triangles, values[:, axis]) for axis in (0, 1))
        return [one(grid[..., 0], grid[..., 1]) for one in axes]

    bench.compare(
        "warp, offset",
        {
            "scipy, triangulating online": scipy_offset,
            "matplotlib, triangulating online": matplotlib_offset,
            "ours, triangle map made before": lambda: offset_of(*pair),
        },
    )
    sample = tf.function(warp.sample_in_one_pass)
    swapped = tf.function(lambda picture, moved: dense_image_warp(picture, -moved[..., ::-1]))
    bench.compare(
        "warp, sampling",
        {
            "dense_image_warp of tensorflow-addons": lambda: swapped(image, offset),
            "ours": lambda: sample(image, offset),
        },
    )

    @tf.function
    def usual(picture: tf.Tensor) -> tf.Tensor:
        found = tf.cast(tf.numpy_function(scipy_offset, [], tf.float64), tf.float32)
        return dense_image_warp(picture, -tf.reshape(found, (1, size, size, 2))[..., ::-1])

    @tf.function
    def ours(picture: tf.Tensor) -> tf.Tensor:
        return warp.warp(picture, spoof, live)

    bench.compare(
        "warp, both",
        {"scipy in a numpy_function, dense_image_warp": lambda: usual(image), "ours": lambda: ours(image)},
    )
    vertices, triangles = live.vertices[0].numpy(), live.triangles[0].numpy()
    bench.compare(
        "warp, once for each face",
        {
            "triangulation": lambda: triangulation.triangulate(vertices, size),
            "triangle map": lambda: triangulation.rasterize_triangles(vertices, triangles, size),
        },
    )
