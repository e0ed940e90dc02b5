"""A model and batches small enough to train in a test."""

import dataclasses

import numpy as np
import tensorflow as tf

from phystd_tf.hparams import ABLATIONS, PRINTED, HParams
from phystd_tf.physics.triangulation import rasterize_triangles, triangulate
from phystd_tf.traces import Batch, Faces

TINY = dataclasses.replace(
    PRINTED,
    image_size=32,
    n1=4,
    n2=16,
    depth_size=4,
    stem_channels=4,
    encoder_channels=(4, 6, 8),
    decoder_stem_channels=4,
    decoder_channels=(4, 4, 4),
    depth_channels=4,
    discriminator_sizes=(8, 12, 32, 32),
    discriminator_channels=(4, 4, 4, 4),
    batch_size=4,
    batch_norm_momentum=0.9,
    convs_per_block=1,
)


def tiny_hparams(ablation: str = "full", **changes) -> HParams:
    return dataclasses.replace(TINY, **{**ABLATIONS[ablation], "ablation": ablation, **changes})


def random_faces(rng: np.random.Generator, n: int, live: bool, size: int = 32, depth_size: int = 4) -> Faces:
    """Faces of noise, brighter if live, with vertices on a jittered grid."""
    grid = np.stack(np.meshgrid(np.linspace(0.25, 0.75, 14), np.linspace(0.2, 0.8, 10)), -1).reshape(1, 140, 2)
    vertices = (grid * size + rng.normal(0, 0.02 * size, (n, 140, 2))).astype(np.float32)
    triangles = np.array([triangulate(v, size).triangles for v in vertices]).reshape(n, -1 if n else 0, 3)
    maps = np.array([rasterize_triangles(v, t, size) for v, t in zip(vertices, triangles)]).reshape(n, size, size)
    level = 0.6 if live else 0.4
    return Faces(
        image=np.clip(level + rng.normal(0, 0.1, (n, size, size, 3)), 0, 1).astype(np.float32),
        vertices=vertices,
        depth=np.full((n, depth_size, depth_size, 1), 0.8 if live else 0.0, np.float32),
        preliminary_mask=np.ones((n, size, size, 1), np.float32),
        triangles=triangles.astype(np.int32),
        triangle_map=maps.astype(np.int32),
    )


def random_batch(seed: int = 0, live: int = 2, spoof: int = 2) -> Batch:
    rng = np.random.default_rng(seed)
    batch = Batch(random_faces(rng, live, True), random_faces(rng, spoof, False))
    return tf.nest.map_structure(tf.convert_to_tensor, batch)


def endless(batch: Batch) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensors(batch).repeat()
