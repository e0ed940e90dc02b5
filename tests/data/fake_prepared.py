"""Writes a prepared folder of small artificial faces, without running the preparation."""

import os

import numpy as np

from phystd_tf.data import records
from phystd_tf.data.shards import record_offsets, write_shard
from phystd_tf.face.crop import CropBox
from phystd_tf.face.geometry import PreparedFace
from phystd_tf.face.morphable_model import default_model
from phystd_tf.physics.pixels import rescale_positions
from phystd_tf.physics.triangulation import rasterize_triangles, triangulate

SIZE, DEPTH_SIZE, MAP_SIZES = 32, 8, (32, 16)


def fake_face(seed: int, label: int = 1) -> PreparedFace:
    """Returns the mean face, slightly shifted and rotated, on noise."""
    rng = np.random.default_rng(seed)
    mean = default_model().mean
    angle = rng.uniform(-0.3, 0.3)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shape = mean.copy()
    shape[:, :2] = mean[:, :2] @ turn.T * 0.25 * SIZE + (0.5 * SIZE, 0.35 * SIZE) + rng.uniform(-1, 1, 2)
    vertices = shape[default_model().vertices, :2].astype(np.float32)
    triangles = triangulate(vertices, SIZE).triangles
    scaled = {n: rescale_positions(vertices, n / SIZE) for n in MAP_SIZES}
    return PreparedFace(
        image=rng.integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8),
        vertices=vertices,
        depth=label * rng.uniform(0.1, 1, (DEPTH_SIZE, DEPTH_SIZE)).astype(np.float32),
        preliminary_mask=rng.integers(0, 2, (SIZE, SIZE), dtype=np.uint8),
        triangles=triangles,
        triangle_maps={n: rasterize_triangles(scaled[n], triangles, n) for n in MAP_SIZES},
        box=CropBox(0.0, 0.0, float(SIZE)),
        fit_error=0.01,
        num_faces=1,
        shape=shape.astype(np.float32),
    )


def write_prepared(folder, counts, faces_per_shard: int = 3, **settings) -> dict:
    """Writes a prepared folder.

    Args:
      folder: path of the new folder.
      counts: numbers of faces by (split, label).
      faces_per_shard: maximum number of faces per shard.
      **settings: changes to prepared.json.

    Returns:
      ID of a clip -> PreparedFace.
    """
    os.makedirs(folder, exist_ok=True)
    base = {
        "format": records.FORMAT_VERSION,
        "dataset": "folder",
        "image_size": SIZE,
        "map_sizes": list(MAP_SIZES),
        "depth_size": DEPTH_SIZE,
        "vertex_pairs": default_model().vertex_pairs.tolist(),
    }
    records.save_settings(str(folder), {**base, **settings})
    faces, rows, seed = {}, [], 0
    for (split, label), count in counts.items():
        kind = "live" if label else "print"
        for start in range(0, count, faces_per_shard):
            shard = records.shard_name(split, label, start // faces_per_shard)
            examples = []
            for index in range(start, min(start + faces_per_shard, count)):
                seed += 1
                key = records.FaceKey(f"{index}.jpg", f"{split}/{kind}/{index}", index, f"p{index}", kind, label)
                faces[key.clip] = fake_face(seed, label)
                examples.append(records.encode(faces[key.clip], key))
                rows.append({**key._asdict(), "split": split, "status": records.OK, "shard": shard})
            write_shard(os.path.join(folder, shard), examples)
            offsets = record_offsets(os.path.join(folder, shard))
            for row, offset in zip(rows[-len(examples) :], offsets):
                row["offset"] = offset
    records.write_manifest(os.path.join(folder, records.MANIFEST_FILE), rows)
    return faces
