"""Tables 6 and 7: spoof media classified by the traces alone and by the images, published beside ours."""

from collections.abc import Mapping, Sequence
from typing import Any, Optional

import numpy as np

from phystd_tf import spoof_types
from phystd_tf.evaluation.confusion import accuracy, merge_classes
from phystd_tf.evaluation.medium_classes import OULU, SIWM, MediumClasses
from phystd_tf.tables.aggregation import over_measurements, over_seeds
from phystd_tf.tables.needed_protocols import TableError
from phystd_tf.tables.published import method_of, published_rows, read_published
from phystd_tf.tables.table import NOT_PRINTED, Cell, Column, Over, Row, Table, Value

_CLASSES = {6: OULU, 7: SIWM}
# The datasets whose classes are known; that of the paper comes first, "folder" is a user's own faces.
_DATASETS = {6: ("oulu", "folder"), 7: ("siwm", "siwmv2", "folder")}
_PROTOCOLS = {6: "oulu_1", 7: "siwm_1"}
_TRACES, _IMAGE = "traces", "image"
_ALL = "all"  # the row of all clips


def confusion_classes(number: int, dataset: str) -> str:
    """The name of the classes of Table 6 or 7.

    Args:
      number: 6 or 7.
      dataset: layout of the faces to classify.

    Raises:
      TableError: if there is no such table, or the faces of this dataset have other classes.
    """
    _check(number)
    if dataset not in _DATASETS[number]:
        raise TableError(
            f"Table {number} has no classes of the dataset '{dataset}'; it is made of {', '.join(_DATASETS[number])}"
        )
    return _CLASSES[number].name


def confusion_table(
    number: int, results: Sequence[Mapping[str, Any]], rendered: bool = False, notes: Sequence[str] = ()
) -> Table:
    """A confusion matrix of the paper: each printed row, ours below it, and the difference.

    Each row is a label. Its cells are the percentages of its clips that are predicted as each class, and that are
    correct (in Table 6 also with three classes). The row "all" is for all clips: its "correct" cells are the
    accuracies. After the traces of PhySTD come those of the system that Table 6 compares with, and of others with
    results.

    Args:
      number: 6 or 7.
      results: what ``tools.classify_media`` wrote to confusion.json, any number. For several seeds, the mean and the
        deviation over the seeds are shown.
      rendered: whether the faces are rendered. If so, or if the protocol is not that of the paper, the title says so
        and no difference is shown.
      notes: more sentences to put below the table, such as the budget of the trained systems.

    Returns:
      Table.

    Raises:
      TableError: if there is no such table, or a result does not belong in it or occurs twice.
    """
    _check(number)
    classes, printed = _CLASSES[number], read_published()["confusion_matrices"][str(number)]
    found = _by_group(number, classes, results)
    compared = _compared_with(printed)
    groups = [_TRACES, *([_traces_of(compared)] if compared else []), *sorted(set(found) - {_IMAGE}), _IMAGE]
    is_of_the_paper = not rendered and all(one["protocol"]["name"] == _PROTOCOLS[number] for one in results)
    rows = [row for group in dict.fromkeys(groups) for row in _rows(group, classes, found.get(group, {}), printed)]
    columns = [Column(name, "predicted as") for name in classes.classes]
    columns += [Column(f"{count} classes", "correct") for count in _numbers_of_classes(classes)]
    title = f"Table {number}: {printed['title']}"
    if not is_of_the_paper:
        title += ". Ours are of rendered faces" if rendered else ". Ours are of another protocol or dataset"
    return Table(
        name=f"table_{number}",
        title=title,
        corner=("input", "label"),
        columns=columns,
        rows=rows,
        notes=[
            *notes,
            *_notes(classes, printed, results, any(len(seeds) > 1 for seeds in found.values()), is_of_the_paper),
        ],
        differences=is_of_the_paper,
    )


def _check(number: int) -> None:
    if number not in _CLASSES:
        raise TableError(f"there is no Table {number} of confusion matrices; there are 6, 7")


def _by_group(
    number: int, classes: MediumClasses, results: Sequence[Mapping[str, Any]]
) -> dict[str, dict[int, Mapping[str, Any]]]:
    """The results by group of rows (the input, and for traces their system) and by seed."""
    found: dict[str, dict[int, Mapping[str, Any]]] = {}
    for result in results:
        where = f"the classification of {result['run']} by {result['input']}, seed {result['seed']}"
        if result["name"] != classes.name or result["input"] not in (_TRACES, _IMAGE):
            raise TableError(f"{where}: Table {number} has the classes '{classes.name}', not '{result['name']}'")
        seeds = found.setdefault(_group(result), {})
        if result["seed"] in seeds:
            raise TableError(f"{where} is there twice; a table shows one")
        seeds[result["seed"]] = result
    return found


def _group(result: Mapping[str, Any]) -> str:
    """The group of rows that a result belongs to."""
    if result["input"] == _IMAGE:
        return _IMAGE
    return _traces_of(method_of(result.get("system", "phystd"), result.get("ablation", "full")))


def _traces_of(method: str) -> str:
    return _TRACES if method == method_of("phystd") else f"{_TRACES} of {method}"


def _compared_with(printed: Mapping[str, Any]) -> Optional[str]:
    """The method whose matrix can be computed from the changes that Table 6 prints; None if there are none."""
    reference = printed.get("compared_with")
    return next((row.method for row in published_rows(1) if row.reference == reference), None) if reference else None


def _published(group: str, classes: MediumClasses, printed: Mapping[str, Any]) -> np.ndarray:
    """The printed percentages and accuracies of a group of rows, see ``_percentages``; NaN where none is printed."""
    counts, compared = np.array(printed["counts"]), _compared_with(printed)
    accuracies: list[Optional[float]] = [None, None]
    if group == _TRACES:
        accuracies = [printed["accuracy"], printed.get("merged_accuracy")]
    elif compared and group == _traces_of(compared):
        counts = counts - np.array([[change or 0 for change in row] for row in printed["change"]])
        accuracies = [printed["accuracy"] - printed["improvement"], None]
    else:
        counts = np.zeros_like(counts)
        accuracies = [printed.get("image_accuracy") if group == _IMAGE else None, None]
    published = _percentages(counts, classes)
    for place, value in zip(range(len(classes.classes), published.shape[1]), accuracies):
        published[-1, place] = np.nan if value is None else value
    return published


def _rows(
    group: str, classes: MediumClasses, seeds: Mapping[int, Mapping[str, Any]], printed: Mapping[str, Any]
) -> list[Row]:
    """The rows of one group: one per label, and one for all clips."""
    ours = [_percentages(np.array(result["counts"]), classes) for result in seeds.values()]
    measured = [_measured_on(result, classes) for result in seeds.values()]
    published = _published(group, classes, printed)

    def cell(row: int, column: int) -> Cell:
        values = [Value(float(one[row, column])) for one in ours if np.isfinite(one[row, column])]
        if not values:
            return Cell(_value(published[row, column]))
        over = over_measurements([overs[row] for overs in measured])
        return Cell(_value(published[row, column]), over_seeds(values), len(values), over)

    labels = (*classes.classes, _ALL)
    return [Row(group, label, [cell(row, at) for at in range(published.shape[1])]) for row, label in enumerate(labels)]


def _measured_on(result: Mapping[str, Any], classes: MediumClasses) -> list[Over]:
    """The numbers of clips and people of each label, then of all; how many people have a label is not stored."""
    clips = np.array(result["counts"]).sum(axis=1)
    people = "" if _are_unknown(result) else str(result["subjects"])
    live = [name == spoof_types.LIVE for name in classes.classes]
    of_labels = [Over(live=str(number)) if real else Over(spoof=str(number)) for number, real in zip(clips, live)]
    return [*of_labels, Over(str(clips[live].sum()), str(clips[np.logical_not(live)].sum()), people)]


def _are_unknown(result: Mapping[str, Any]) -> bool:
    """Whether people are unknown: if a dataset does not identify them, each clip has its own subject."""
    return bool(result["subjects"] == result["clips"])


def _percentages(counts: np.ndarray, classes: MediumClasses) -> np.ndarray:
    """Percentages by label: predicted classes, then correct clips. The last row is for all clips. NaN without clips."""
    whole = np.vstack([counts, counts.sum(axis=0)]).astype(np.float64)
    clips = whole.sum(axis=1, keepdims=True)
    same = np.array([[one == other for other in classes.merged] for one in classes.merged])
    correct = [[*np.diag(counts), np.trace(counts)]]
    if len(_numbers_of_classes(classes)) > 1:
        merged = (counts * same).sum(axis=1)
        correct.append([*merged, merged.sum()])
    with np.errstate(invalid="ignore"):
        return 100.0 * np.hstack([whole, np.array(correct).T]) / clips


def _numbers_of_classes(classes: MediumClasses) -> list[int]:
    return sorted({len(classes.classes), len(set(classes.merged))}, reverse=True)


def _value(mean: float) -> Optional[Value]:
    return Value(float(mean)) if np.isfinite(mean) else None


def _notes(
    classes: MediumClasses,
    printed: Mapping[str, Any],
    results: Sequence[Mapping[str, Any]],
    several_seeds: bool,
    is_of_the_paper: bool,
) -> list[str]:
    counts = np.array(printed["counts"])
    notes = [
        "Percentages of the clips of a label. The paper prints counts: "
        + _per_class(classes, counts)
        + '. "correct" of all clips is the accuracy.'
    ]
    for stated, of_counts in (
        (printed["accuracy"], accuracy(counts)),
        (printed.get("merged_accuracy"), accuracy(merge_classes(counts, classes.merged)[1])),
    ):
        if stated is not None and round(100 * of_counts, 1) != stated:
            notes.append(
                f"The printed accuracy, {stated:.1f} %, does not follow from the printed counts, which give "
                f"{100 * of_counts:.1f} %."
            )
    compared = _compared_with(printed)
    if compared:
        notes.append(
            f'"{_traces_of(compared)}": the printed counts without the changes that the paper prints beside them. Its '
            f"accuracy is the printed one without the improvement of {printed['improvement']} % that the text states. "
            "The changes of a row add up to 0, except in that of replay_1."
        )
    notes.append(f'"{NOT_PRINTED}": the paper prints no value.')
    if not is_of_the_paper:
        notes.append(
            "Published values are of another dataset and cannot be compared with ours; no difference is given."
        )
    if several_seeds:
        notes.append('"[ ]": standard deviation of ours over the seeds, with n - 1.')
    return [*notes, *dict.fromkeys(_made(classes, one) for one in results)]


def _made(classes: MediumClasses, one: Mapping[str, Any]) -> str:
    clips = _per_class(classes, np.array(one["counts"]))
    people = "unknown people" if _are_unknown(one) else f"{one['subjects']} people"
    return (
        f"Ours by {_group(one)}: protocol {one['protocol']['name']}, {one['iterations']:,} iterations of the "
        f"classifier, tested on {one['clips']} clips of {people} ({clips})."
    )


def _per_class(classes: MediumClasses, counts: np.ndarray) -> str:
    return ", ".join(f"{number} {name}" for name, number in zip(classes.classes, counts.sum(axis=1)))
