"""Makes new spoof images for training: traces of spoofs on live faces of other people.

The traces that a run estimates are warped to a live face by Eq. (15) and put on by
Eq. (8), as in training and in Fig. 10. The images are crops, in the folders that
tools.prepare reads, each with its vertices and masks, so that preparation uses it as
it is. Only faces of --split (by default train) are used; an image counts as one of
the live person. provenance.csv has the origin of each image. The faces of --data are
copied, so that the result can be prepared and trained on.

These are synthesized crops for training: not photographs, and not for measuring results.

    python -m tools.synthesize --run=RUN --data=PREPARED --out=MORE_FACES --count=200
    python -m tools.prepare --root=MORE_FACES --out=MORE_PREPARED --image_size=128 --map_sizes=128

Run the same command again to resume after an interruption, or with a larger --count for more.
"""

from phystd_tf.protocols.clip_facts import SPLITS
from phystd_tf.transfer.pairs import MAX_FOLDED, MAX_OFFSET

from .command import DONE, SEEDS, SOME_FAILED, Flags, UsageError, run_program

flags = Flags()

_RUN = flags.DEFINE_string("run", None, "Run folder of a PhySTD, made by tools.train.", required=True)
_DATA = flags.DEFINE_string("data", None, "Prepared folder of the faces; its splits are those of --run.", required=True)
_OUT = flags.DEFINE_string("out", None, "Folder to make or to resume.", required=True)
_COUNT = flags.DEFINE_integer("count", 100, "Number of images per spoof type.", lower_bound=1)
_TYPES = flags.DEFINE_list("types", [], "Spoof types to take traces from; by default all of the split.")
_SPLIT = flags.DEFINE_enum("split", "train", SPLITS, "Split of both faces of a pair, and of the new image.")
_ORIGINALS = flags.DEFINE_list(
    "originals", list(SPLITS), "Splits whose faces are copied as they are; empty for only the new images."
)
_WEIGHTS = flags.DEFINE_list(
    "weights", [], "Factors of the traces, as in B:1,C:0.5,T:0.5,P:0; 1 by default. P must not exceed 1."
)
_HARDER = flags.DEFINE_boolean("harder", False, "Also draw factors for each image, as for harder samples (Sec. 3.3).")
_SEED = flags.DEFINE_integer("seed", 0, "Seed of the pairs and of the factors.", **SEEDS)
_MAX_FOLDED = flags.DEFINE_float(
    "max_folded", MAX_FOLDED, "Refuse a pair if its warp folds over more than this share of the crop.",
    lower_bound=0.0, upper_bound=1.0,
)  # fmt: skip
_MAX_OFFSET = flags.DEFINE_float(
    "max_offset", MAX_OFFSET,
    "Refuse a pair if its vertices move by more than this share of the crop (root mean square).",
    lower_bound=0.0,
)  # fmt: skip

_LARGEST_WEIGHT = 10.0


def main() -> int:
    weights = _weights()
    unknown = [split for split in _ORIGINALS.value if split not in SPLITS]
    if unknown:
        raise UsageError(f"--originals={','.join(_ORIGINALS.value)}: known are {', '.join(SPLITS)}")

    from tqdm import tqdm

    from phystd_tf.data.selection import Selection
    from phystd_tf.files.lock import locked
    from phystd_tf.runs.folder import load_protocol_choice
    from phystd_tf.spoof_types import normalize
    from phystd_tf.transfer.carrying import Recipe
    from phystd_tf.transfer.folder import NOTE, open_folder, remove_unfinished_files
    from phystd_tf.transfer.making import load_source, make_spoofs, settings_of
    from phystd_tf.transfer.originals import check_originals, copy_originals

    faces = Selection(_DATA.value, load_protocol_choice(_RUN.value))
    check_originals(faces, _ORIGINALS.value)
    source = load_source(_RUN.value, faces, _SPLIT.value)
    types = list(dict.fromkeys(map(normalize, _TYPES.value))) or source.types()
    recipe = Recipe(_SEED.value, weights, _HARDER.value, _MAX_FOLDED.value, _MAX_OFFSET.value)
    open_folder(_OUT.value, settings_of(source, recipe))
    with locked(_OUT.value):
        remove_unfinished_files(_OUT.value)
        with tqdm(total=len(types) * _COUNT.value, unit="image", desc="synthesizing") as bar:
            counts = make_spoofs(source, recipe, types, _COUNT.value, _OUT.value, bar.update)
        total = sum(len(faces.rows(split)) for split in _ORIGINALS.value)
        with tqdm(total=total, unit="face", desc="taking over", disable=not total) as bar:
            copy_originals(source, _ORIGINALS.value, _OUT.value, bar.update)
    print(f"{'type':<22}{'images':>8}{'of people':>11}{'pairs refused':>15}")
    for one in counts:
        print(f"{one.type:<22}{one.made:>8}{one.people:>11}{one.refused:>15}")
    lacking = [one.type for one in counts if one.made < _COUNT.value]
    if lacking:
        print(f"note: too many pairs were refused for {', '.join(lacking)}; see --max_folded and --max_offset")
    size = source.generator.hparams.image_size
    print(f"{NOTE}\nwhere each is from: {_OUT.value}/provenance.csv; next, with another --out:")
    print(f"  python -m tools.prepare --root={_OUT.value} --out=PREPARED --image_size={size} --map_sizes={size}")
    return SOME_FAILED if lacking else DONE


def _weights() -> dict[str, float]:
    """The factors of --weights; 1 by default."""
    weights = dict.fromkeys("BCTP", 1.0)
    for text in _WEIGHTS.value:
        name, _, number = text.partition(":")
        try:
            value = float(number)
            if not 0 <= value <= (1 if name == "P" else _LARGEST_WEIGHT) or name not in weights:
                raise ValueError
        except ValueError as error:
            raise UsageError(
                f"--weights: '{text}' is not a factor; B, C and T go from 0 to {_LARGEST_WEIGHT:g} and P to 1, "
                "as in B:1,C:0.5,P:0"
            ) from error
        weights[name] = value
    return weights


def run() -> None:
    """Entry point of phystd-synthesize."""
    run_program(main, flags)


if __name__ == "__main__":
    run()
