"""Prepared folders in the layouts of OULU-NPU and SiW-M where the color shows the medium, and a tiny run."""

import os

import numpy as np
import tensorflow as tf

from phystd_tf import spoof_types
from phystd_tf.data import records
from phystd_tf.data.selection import Selection
from phystd_tf.data.shards import record_offsets, write_shard
from phystd_tf.networks.generator import Generator
from phystd_tf.protocols.choice import ProtocolChoice
from phystd_tf.protocols.clip_facts import ClipFacts
from phystd_tf.runs.folder import checkpoint_folder, open_run, save_protocol
from phystd_tf.training.resuming import identity
from tests.data.fake_prepared import DEPTH_SIZE, MAP_SIZES, SIZE, fake_face
from tests.training.tiny import tiny_hparams

HPARAMS = tiny_hparams(image_size=32, preset="small")
FRAMES = 2
_FILES = {"1": "", "2": "print_1", "3": "print_2", "4": "replay_1", "5": "replay_2"}
_TYPES = ("live", "print", "replay", "half_mask", "cosmetic_makeup", "paper_glasses")


def oulu_clips():
    """Clips that oulu_1 uses: three people for training, and two each for dev and test."""
    people = [("train", person, "1") for person in ("01", "02", "03")]
    people += [("dev", person, "2") for person in ("21", "22")] + [("test", person, "3") for person in ("36", "37")]
    clips = []
    for split, person, session in people:
        for file, instrument in _FILES.items():
            kind = instrument.partition("_")[0] or "live"
            name = f"{split.capitalize()}_files/1_{session}_{person}_{file}"
            clips.append(ClipFacts(name, person, kind, int(kind == "live"), split, session, "1", instrument))
    return clips


def siwm_clips():
    """Five clips of each of the six classes; siwm_1 trains on three and tests on two."""
    return [
        ClipFacts(f"{kind}_{number}", f"{kind}_{number}", kind, spoof_types.label_of(kind), "")
        for kind in _TYPES
        for number in range(5)
    ]


def write_clips(folder, dataset, clips, frames=FRAMES, **more) -> str:
    """Writes a prepared folder with a few faces of each clip; the color of a face depends on its medium.

    ``more`` are further settings in prepared.json.
    """
    os.makedirs(folder)
    settings = {"format": records.FORMAT_VERSION, "dataset": dataset, "image_size": SIZE, "depth_size": DEPTH_SIZE}
    records.save_settings(str(folder), {**settings, "map_sizes": list(MAP_SIZES), "vertex_pairs": [], **more})
    media = sorted({(clip.type, clip.instrument) for clip in clips})
    rng, rows, face = np.random.default_rng(0), [], fake_face(0)
    for label in (0, 1):
        shard, examples = records.shard_name("train", label, 0), []
        for clip in (clip for clip in clips if clip.label == label):
            number = 1 + media.index((clip.type, clip.instrument))
            color = np.array([number & 1, number >> 1 & 1, number >> 2 & 1])
            for frame in range(frames):
                image = np.uint8(60 + 120 * color + rng.integers(0, 60, (SIZE, SIZE, 3)))
                key = records.FaceKey("x.jpg", clip.clip, frame, clip.subject, clip.type, label)
                examples.append(records.encode(face._replace(image=image, depth=label * face.depth), key))
                facts = {name: getattr(clip, name) for name in ("split", "session", "device", "instrument")}
                rows.append({**key._asdict(), **facts, "status": records.OK, "shard": shard})
        write_shard(os.path.join(folder, shard), examples)
        for row, offset in zip(rows[-len(examples) :], record_offsets(os.path.join(folder, shard))):
            row["offset"] = offset
    records.write_manifest(os.path.join(folder, records.MANIFEST_FILE), rows)
    return str(folder)


def write_run(run, prepared, protocol, hparams=HPARAMS) -> str:
    """Writes a run folder whose generator has its initial weights."""
    choice = ProtocolChoice(protocol)
    open_run(str(run), hparams, identity(Selection(prepared, choice), 0))
    save_protocol(str(run), choice)
    generator = Generator(hparams)
    generator.build_variables()
    folder = checkpoint_folder(str(run), "last")
    tf.train.CheckpointManager(tf.train.Checkpoint(generator=generator), folder, max_to_keep=1).save()
    return str(run)
