"""Prepares photographs and videos for training: finds, describes and stores their faces once.

Your own folders (--dataset=folder): ROOT/live/... and ROOT/spoof/[type/]..., with
images or videos, with or without one folder per subject; or the same below
ROOT/train, ROOT/dev and ROOT/test. Datasets as they are distributed: oulu (OULU-NPU),
siw, siwm (SiW-M), siwmv2 (SiW-Mv2); stdn is live|spoof/<clip>/<n>.png with 68 points
in <n>.npy. A dataset is prepared once; the protocol of a training decides which clips
are train and test, see tools.protocols.

Run the same command again to resume after an interruption; clips whose files have
changed are then prepared again, and named. On a cluster, run it on each machine with
its own --shard=i/n and the same --out, and at the end once without --shard; or let a
runner of Apache Beam distribute the clips (--beam).

    python -m tools.prepare --dataset=folder --root=DIR --out=PREPARED
    python -m tools.prepare --dataset=oulu --root=OULU_NPU --out=PREPARED
"""

import collections
import os
import sys

from phystd_tf.protocols.clip_facts import SPLITS

from .command import NOTHING_DONE, SEEDS, SOME_FAILED, Flags, UsageError, one_thread_each, run_program

flags = Flags()

# Names in phystd_tf.data.readers.READERS, and the default frame step: videos of the datasets have 5 to 15 seconds of
# 30 very similar frames.
DATASETS = {"folder": 1, "oulu": 5, "siw": 5, "siwm": 5, "siwmv2": 5, "stdn": 1}

_DATASET = flags.DEFINE_enum("dataset", "folder", list(DATASETS), "Layout of --root.")
_ROOT = flags.DEFINE_string("root", None, "Folder with the photographs or videos.", required=True)
_OUT = flags.DEFINE_string("out", None, "Prepared folder to make or to resume.", required=True)
_IMAGE_SIZE = flags.DEFINE_integer("image_size", 256, "Side of the stored crops, in pixels.", lower_bound=32)
_MAP_SIZES = flags.DEFINE_list(
    "map_sizes", ["256", "128"], "Sizes for training (paper: 256, small: 128); those above image_size are ignored."
)
_FRAME_STEP = flags.DEFINE_integer(
    "frame_step", None, "Take every n-th frame of a clip; by default n is 5 for oulu, siw, siwm and siwmv2, else 1.",
    lower_bound=1,
)  # fmt: skip
_MAX_FRAMES = flags.DEFINE_integer("max_frames", None, "Maximum frames per clip; by default all.", lower_bound=1)
_SHARD = flags.DEFINE_string(
    "shard", None, "i/n: prepare only the i-th of n shares of the clips, from 1; a call without --shard joins them."
)
_WORKERS = flags.DEFINE_integer("workers", 0, "Number of processes; 0 means one per core.", lower_bound=0)
_BEAM = flags.DEFINE_multi_string(
    "beam",
    [],
    "Prepare the clips with an Apache Beam pipeline that has this option, as in --beam=--runner=FlinkRunner "
    "--beam=--flink_master=HOST:8081; may be given several times. All workers need --root and --out at the same paths, "
    "and the extras [face,beam].",
)
_SEED = flags.DEFINE_integer("seed", 0, "Seed of the division into splits, if the folder has none.", **SEEDS)
_DRAW = flags.DEFINE_integer(
    "draw", 0, "Number of clips to draw: pictures of what was found, in OUT/drawn.", lower_bound=0
)
_MORPHABLE_MODEL = flags.DEFINE_string("morphable_model", None, "A .npz file with your own morphable model.")
_LANDMARKS68 = flags.DEFINE_boolean(
    "landmarks68", False, "Use FACE.npy next to FACE.png, if it exists: 68 points (x, y) in pixels, [68, 2]."
)

_SHOWN = 5  # failures and ignored files that are printed; the manifest has all failures


def main() -> int:
    map_sizes = _map_sizes()
    one_thread_each()
    engine = _engine()  # Beam imports NumPy

    from tqdm import tqdm

    share = _share()
    from phystd_tf.data.preparation import Settings, of_share, prepare
    from phystd_tf.data.readers import READERS
    from phystd_tf.hparams import PAPER
    from phystd_tf.synthetic.dataset import MANIFEST
    from phystd_tf.transfer.folder import is_embedded

    listing = READERS[_DATASET.value](_ROOT.value)
    for note in listing.notes:
        print(f"note: {note}")
    _print_ignored(listing.ignored)
    settings = Settings(
        image_size=_IMAGE_SIZE.value,
        map_sizes=map_sizes,
        depth_size=PAPER.depth_size,
        frame_step=_FRAME_STEP.value or DATASETS[_DATASET.value],
        max_frames=_MAX_FRAMES.value,
        seed=_SEED.value,
        morphable_model=_MORPHABLE_MODEL.value,
        landmarks68=_LANDMARKS68.value or _DATASET.value == "stdn",
        dataset=_DATASET.value,
        embedded=os.path.exists(os.path.join(_ROOT.value, MANIFEST)) or is_embedded(_ROOT.value),
    )
    if not settings.landmarks68:
        _print_unused_landmarks(listing.clips)
    failures = 0
    with tqdm(total=len(of_share(len(listing.clips), share)), unit="clip", desc="preparing") as bar:

        def progress(clips: int, failed: int) -> None:
            nonlocal failures
            failures += failed
            bar.set_postfix(failed=failures, refresh=False)
            bar.update(clips)

        def note(sentence: str) -> None:
            bar.clear()
            print(f"note: {sentence}")

        workers = _WORKERS.value or os.cpu_count() or 1
        rows = prepare(listing.clips, _OUT.value, settings, workers, _DRAW.value, progress, share, note, engine)
    if rows is None:
        print(f"share {_SHARD.value} is done, {failures} frames failed; the command without --shard joins all shares")
        return SOME_FAILED if failures else 0
    _print_summary(rows)
    if all(row["status"] != "ok" for row in rows):
        print("no face could be used", file=sys.stderr)
        return NOTHING_DONE
    return SOME_FAILED if failures else 0


def _share():
    """(i, n) of --shard, or None."""
    if _SHARD.value is None:
        return None
    try:
        share, shares = (int(text) for text in _SHARD.value.split("/"))
        if not 1 <= share <= shares:
            raise ValueError
    except ValueError as error:
        raise UsageError(f"--shard={_SHARD.value}: want i/n with i from 1 to n, as in 2/8") from error
    return share, shares


def _engine():
    """The Beam engine that prepares the clips; None if processes of this machine do."""
    if not _BEAM.value:
        return None
    if _WORKERS.value:
        raise UsageError("--workers counts the processes of this machine without --beam; see the options of the runner")
    try:
        from phystd_tf.data.beam import BeamEngine
    except ModuleNotFoundError as error:
        raise UsageError(f"--beam needs Apache Beam ({error}); pip install 'phystd_tf[face,beam]'") from error
    return BeamEngine(_BEAM.value)


def _map_sizes():
    try:
        sizes = {int(text) for text in _MAP_SIZES.value}
    except ValueError as error:
        raise UsageError(f"--map_sizes={','.join(_MAP_SIZES.value)}: want whole numbers, as in 256,128") from error
    if not sizes or min(sizes) < 8:
        raise UsageError("--map_sizes needs sizes of at least 8 px")
    within = sorted((size for size in sizes if size <= _IMAGE_SIZE.value), reverse=True)
    if not within:
        raise UsageError(f"no size of --map_sizes is within --image_size={_IMAGE_SIZE.value}")
    odd = [size for size in within if _IMAGE_SIZE.value % size]
    if odd:
        raise UsageError(f"--map_sizes={odd[0]} does not divide --image_size={_IMAGE_SIZE.value}")
    return tuple(within)


def _print_ignored(ignored) -> None:
    for path, why in ignored[:_SHOWN]:
        print(f"left out: {path} ({why})")
    if len(ignored) > _SHOWN:
        print(f"left out: {len(ignored) - _SHOWN} more")


def _print_unused_landmarks(clips) -> None:
    from phystd_tf.data.readers.landmarks import landmark_file
    from phystd_tf.files.images import is_image

    images = (path for clip in clips for path in clip.paths if is_image(path))
    unused = next(filter(None, map(landmark_file, images)), None)
    if unused:
        print(f"note: landmarks next to images are used only with --landmarks68; there are some, as in {unused}")


def _print_summary(rows) -> None:
    from phystd_tf.data import records

    print(f"{'split':<7}{'type':<22}{'clips':>7}{'faces':>8}{'failed':>8}  why")
    groups = collections.defaultdict(list)
    for row in rows:
        groups[row["split"], row["type"]].append(row)
    for (split, kind), own in sorted(groups.items()):
        statuses = collections.Counter(row["status"] for row in own)
        good = statuses.pop("ok", 0)
        why = ", ".join(f"{status} {count}" for status, count in statuses.most_common())
        clips = len({row["clip"] for row in own})
        print(f"{split:<7}{kind:<22}{clips:>7}{good:>8}{sum(statuses.values()):>8}  {why}".rstrip())
    failed = collections.defaultdict(list)
    for row in rows:
        if row["status"] != "ok":
            failed[row["source"], row["status"]].append(row)
    base = records.source_base(_OUT.value)
    for (source, status), own in list(failed.items())[:_SHOWN]:
        where = f", {len(own)} frames from {own[0]['frame']} on" if len(own) > 1 else ""
        print(f"  {records.source_path(base, source)}{where}: {status} ({own[0]['reason']})")
    if len(failed) > _SHOWN:
        print(f"  ... {len(failed) - _SHOWN} more")
    usable = {row["clip"] for row in rows if row["status"] == "ok"}
    lost = sorted({row["clip"] for row in rows} - usable)
    if lost:
        print(f"clips without any usable face: {len(lost)} ({', '.join(lost[:_SHOWN])}{' ...' * (len(lost) > _SHOWN)})")
    for split in SPLITS:
        labels = {row["label"] for row in rows if row["split"] == split and row["status"] == "ok"}
        if labels != {"0", "1"}:
            lacking = " and ".join(name for label, name in (("1", "live"), ("0", "spoof")) if label not in labels)
            print(f"note: no {lacking} face in {split}; training needs both in train, evaluation both in dev and test")
    print(f"every frame, and why it failed: {os.path.join(_OUT.value, 'manifest.csv')}")


def run() -> None:
    """Entry point of phystd-prepare."""
    run_program(main, flags)


if __name__ == "__main__":
    run()
