"""Prepares photographs and videos for training: faces found, described and stored once.

A user's own folders (--dataset=folder): ROOT/live/... and ROOT/spoof/[type/]...,
with images or videos, in a folder a subject or not; or the same below
ROOT/train, ROOT/dev and ROOT/test. Run the same command again to go on after
an interruption.

    python -m tools.prepare --dataset=folder --root=DIR --out=PREPARED
"""

import collections
import os

from absl import flags

from tools.command import NOTHING_DONE, SOME_FAILED, UsageError, run_program

_DATASET = flags.DEFINE_enum("dataset", "folder", ["folder"], "Layout of --root.")
_ROOT = flags.DEFINE_string("root", None, "Folder with the photographs or videos.", required=True)
_OUT = flags.DEFINE_string("out", None, "Prepared folder to make, or to go on with.", required=True)
_IMAGE_SIZE = flags.DEFINE_integer("image_size", 256, "Pixels on a side of the stored crops.", lower_bound=32)
_MAP_SIZES = flags.DEFINE_list(
    "map_sizes", ["256", "128"], "Sizes that models will be trained at (paper: 256, small: 128); none above image_size."
)
_FRAME_STEP = flags.DEFINE_integer("frame_step", 1, "Take every so many-th frame of a video.", lower_bound=1)
_MAX_FRAMES = flags.DEFINE_integer("max_frames", None, "Faces of a clip at most; all by default.", lower_bound=1)
_WORKERS = flags.DEFINE_integer("workers", 0, "Processes; 0 takes one for each core.", lower_bound=0)
_SEED = flags.DEFINE_integer("seed", 0, "Of the division into train, dev and test, where the folder has none.")
_DRAW = flags.DEFINE_integer("draw", 0, "Draw a face of so many chunks of clips, as pictures to look at in OUT/drawn.")
_MORPHABLE_MODEL = flags.DEFINE_string("morphable_model", None, "A .npz with a morphable model of your own.")


def main() -> int:
    try:
        map_sizes = tuple(sorted({int(text) for text in _MAP_SIZES.value}, reverse=True))
    except ValueError as error:
        raise UsageError(f"--map_sizes={','.join(_MAP_SIZES.value)}: want whole numbers") from error
    if not map_sizes or min(map_sizes) < 8:
        raise UsageError("--map_sizes needs sizes of at least 8 px")
    map_sizes = tuple(size for size in map_sizes if size <= _IMAGE_SIZE.value)
    if not map_sizes:
        raise UsageError(f"no size of --map_sizes is within --image_size={_IMAGE_SIZE.value}")

    from tqdm import tqdm

    from phystd_tf.data.preparation import Settings, prepare
    from phystd_tf.data.readers.folder import list_clips
    from phystd_tf.hparams import PAPER

    listing = list_clips(_ROOT.value)
    if listing.ignored:
        shown = ", ".join(f"{path} ({why})" for path, why in listing.ignored[:3])
        print(f"{len(listing.ignored)} file(s) or folder(s) are left out, such as {shown}")
    settings = Settings(
        image_size=_IMAGE_SIZE.value,
        map_sizes=map_sizes,
        depth_size=PAPER.depth_size,
        frame_step=_FRAME_STEP.value,
        max_frames=_MAX_FRAMES.value,
        seed=_SEED.value,
        morphable_model=_MORPHABLE_MODEL.value and os.path.abspath(_MORPHABLE_MODEL.value),
    )
    failures = 0
    with tqdm(total=len(listing.clips), unit="clip", desc="preparing") as bar:

        def progress(clips: int, failed: int) -> None:
            nonlocal failures
            failures += failed
            bar.set_postfix(failed=failures, refresh=False)
            bar.update(clips)

        workers = _WORKERS.value or os.cpu_count() or 1
        rows = prepare(listing.clips, _OUT.value, settings, workers, _DRAW.value, progress)
    _print_summary(rows)
    if all(row["status"] != "ok" for row in rows):
        return NOTHING_DONE
    return SOME_FAILED if failures else 0


def _print_summary(rows) -> None:
    print(f"{'split':<7}{'type':<22}{'clips':>7}{'faces':>8}{'failed':>8}  why")
    groups = collections.defaultdict(list)
    for row in rows:
        groups[row["split"], row["type"]].append(row)
    for (split, kind), own in sorted(groups.items()):
        statuses = collections.Counter(row["status"] for row in own)
        good = statuses.pop("ok", 0)
        why = ", ".join(f"{status} {count}" for status, count in statuses.most_common())
        clips = len({row["clip"] for row in own})
        print(f"{split:<7}{kind:<22}{clips:>7}{good:>8}{sum(statuses.values()):>8}  {why}")
    failed = [row for row in rows if row["status"] != "ok"]
    for row in failed[:5]:
        print(f"  {row['source']} frame {row['frame']}: {row['status']} ({row['reason']})")
    if len(failed) > 5:
        print(f"  ... {len(failed) - 5} more")
    print(f"every frame, and why it failed: {os.path.join(_OUT.value, 'manifest.csv')}")


def run() -> None:
    """Entry point of phystd-prepare."""
    run_program(main)


if __name__ == "__main__":
    run()
