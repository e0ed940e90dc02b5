"""Faces of noise: the time of a step does not depend on what its images show."""

import numpy as np
import tensorflow as tf

from phystd_tf.hparams import HParams
from phystd_tf.physics import triangulation
from phystd_tf.traces import Batch, Faces


def noise_batch(hparams: HParams) -> Batch:
    """A batch of ``hparams.batch_size`` faces, each with its own triangles."""
    rng = np.random.default_rng(0)
    size, k, half = hparams.image_size, hparams.depth_size, hparams.batch_size // 2

    def faces(live: bool) -> Faces:
        vertices = rng.uniform(0.25 * size, 0.75 * size, (half, hparams.num_vertices, 2)).astype(np.float32)
        triangles = np.stack([triangulation.triangulate(each, size).triangles for each in vertices])
        maps = [triangulation.rasterize_triangles(v, t, size) for v, t in zip(vertices, triangles)]
        return Faces(
            image=rng.random((half, size, size, 3), np.float32),
            vertices=vertices,
            depth=np.full((half, k, k, 1), float(live), np.float32),
            preliminary_mask=np.ones((half, size, size, 1), np.float32),
            triangles=triangles,
            triangle_map=np.stack(maps).astype(np.int32),
        )

    return tf.nest.map_structure(tf.convert_to_tensor, Batch(faces(True), faces(False)))
