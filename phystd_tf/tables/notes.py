"""The title and the notes of a table, which keep its values from being misunderstood."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from phystd_tf.tables.aggregation import over_measurements
from phystd_tf.tables.needed_protocols import datasets_of, protocols_of
from phystd_tf.tables.published import published_title, read_published
from phystd_tf.tables.results import BySeed
from phystd_tf.tables.table import NONE, NOT_PRINTED, Row

_NAMES = {"oulu": "OULU-NPU", "siw": "SiW", "siwm": "SiW-M", "siwmv2": "SiW-Mv2"}
_AGGREGATES = {"overall": "average", "overall_std": "deviation"}
_PAPER_ITERATIONS = 150_000  # Sec. 4.1
_NAMELESS = ("siwm", "siwmv2")  # their readers do not identify people


class Made(NamedTuple):
    """What a table is made of.

    Attributes:
      number: of the table.
      dataset: layout of the data.
      rendered: whether the faces are rendered.
      found: results by method.
    """

    number: int
    dataset: str
    rendered: bool
    found: Mapping[str, BySeed]

    @property
    def is_of_the_paper(self) -> bool:
        """Whether ours are of the dataset of the paper, so that both can be compared."""
        return not self.rendered and self.dataset == datasets_of(self.number)[0]


def title_of(made: Made) -> str:
    """The title; says so if ours are not of the dataset of the paper."""
    text = f"Table {made.number}: {published_title(made.number)}"
    if made.is_of_the_paper:
        return text
    real = _NAMES[datasets_of(made.number)[0]]
    if made.rendered:
        return f"{text}. Ours are of rendered faces and no result on {real}"
    return f"{text}. Ours are of {_NAMES.get(made.dataset, 'own data')} and no result on {real}"


def notes_of(made: Made, rows: Sequence[Row]) -> list[str]:
    """The sentences below a table.

    Args:
      made: Made.
      rows: of the table.
    """
    cells = [cell for row in rows for cell in row.cells]
    notes = ["Rates in percent. Ours: labelled so; all other values are those that the paper prints."]
    if not made.is_of_the_paper:
        notes.append(
            "Published values are shown for the layout. They are of another dataset and cannot be compared with ours, "
            "so no difference is given."
        )
    only = dict.fromkeys(row.method for row in rows if not row.implemented)
    if only:
        notes.append(f"Published only, not trained here: {', '.join(only)}.")
    missing = [row.method for row in rows if row.implemented and all(cell.ours is None for cell in row.cells)]
    absent = [method for method in dict.fromkeys(missing) if method not in made.found]
    if absent:
        notes.append(f"No result yet: {', '.join(absent)}.")
    if any(cell.part for cell in cells):
        notes.append('"(4 of 13)": ours is the mean over so many of the parts only, and is not compared.')
    if any(cell.ours is None for row in rows if row.method in made.found for cell in row.cells):
        notes.append(f'"{NONE}": no result, or a rate that is undefined because there is no such clip in test.')
    if any(0 < sum(cell.published is None for cell in row.cells) < len(row.cells) for row in rows):
        notes.append(f'"{NOT_PRINTED}": the paper prints no value.')
    if any(cell.ours is not None and cell.ours.deviation is not None for cell in cells):
        parts = "sub-protocols" if made.number < 3 else "spoof types"
        notes.append(f'"±": standard deviation over {parts}, with n - 1, as the paper has it.')
    if any(cell.ours is not None and cell.ours.over_seeds is not None for cell in cells):
        notes.append('"[ ]": standard deviation of ours over the seeds of the training, with n - 1.')
    notes += [*_of_measures(made.number), *_of_printed_aggregates(made.number)]
    if made.dataset in _NAMELESS and made.found:
        notes.append(f"{_NAMES[made.dataset]} does not say who is who: each of its clips counts as one person.")
    return notes + _of_results(made, rows)


def _of_measures(number: int) -> list[str]:
    if number < 3:
        return ["APCER of ours is that of the worst spoof type (ISO/IEC 30107-3, and the program of OULU-NPU)."]
    notes = [
        'TPR@FNR=0.5 % is a point of the ROC of the test scores, as the field computes it. "TPR, chosen threshold" '
        "takes the threshold from live faces of dev, or of train where there is no dev. At most 0.5 % of live may be "
        "flagged: none of fewer than 200."
    ]
    if number == 4:
        return notes
    return [
        "The overall ACER is pooled over all spoofs (Sec. 4.5 calls it HTER): ours is HTER, not the ACER of the worst "
        "type.",
        *notes,
    ]


def _of_printed_aggregates(number: int) -> list[str]:
    """Names the printed averages that do not follow from the printed columns."""
    return [
        f"The printed {_AGGREGATES[one['aggregate']]} of {one['metric'].upper().partition('_')[0]} of {one['method']}, "
        f"{one['printed']:.1f}, does not follow from the printed columns, which give {one['of_columns']:.1f}."
        for one in read_published()["aggregate_exceptions"] if one["table"] == str(number)
    ]  # fmt: skip


def _of_trainings(made: Made) -> list[str]:
    """Iterations, seeds and protocols: one sentence for all methods that share them."""
    wanted = protocols_of(made.number, made.dataset)
    methods: dict[str, list[str]] = {}
    shortest = _PAPER_ITERATIONS
    for method, seeds in made.found.items():
        results = [result for of_seed in seeds.values() for result in of_seed.values()]
        iterations, names = {result.iterations for result in results}, {result.protocol for result in results}
        shortest = min([shortest, *(result.iterations for result in results if result.system == "phystd")])
        lengths = " and ".join(f"{number:,}" for number in sorted(iterations))
        text = f"{lengths} iterations" if any(iterations) else "fitted at once"
        text += f", seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, sorted(seeds)))}"
        if names != set(wanted):
            text += f"; {len(names)} of {len(wanted)} protocols: {', '.join(name for name in wanted if name in names)}"
        methods.setdefault(text, []).append(method)
    notes = [f"{', '.join(names)}: {text}." for text, names in methods.items()]
    if shortest < _PAPER_ITERATIONS:
        notes.append(f"The paper trains PhySTD for {_PAPER_ITERATIONS:,} iterations.")
    return notes


def _of_results(made: Made, rows: Sequence[Row]) -> list[str]:
    """How ours were trained, what they were measured on, and where the thresholds are from."""
    notes = _of_trainings(made)
    if made.number < 3:
        for group in dict.fromkeys(row.group for row in rows):
            over = over_measurements([cell.over for row in rows if row.group == group for cell in row.cells])
            if over.spoof:
                clips = f"{over.live} live and {over.spoof} spoof clips"
                notes.append(f"Protocol {group}: {clips} of {over.subjects} people in each part.")
    thresholds = over_measurements([cell.over for row in rows for cell in row.cells]).threshold
    return [*notes, f"Thresholds of APCER, BPCER and ACER: {thresholds}."] if thresholds else notes
