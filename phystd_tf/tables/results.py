"""Results of models that were trained and evaluated here, as the tables need them."""

import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Optional

from phystd_tf.tables.measures import needed_metrics
from phystd_tf.tables.needed_protocols import TableError, protocols_of
from phystd_tf.tables.published import method_of
from phystd_tf.tables.table import Over

FDR = 0.005  # of Tables 3 to 5: TPR@FNR=0.5 %
# What a result was measured on, and how; the rates themselves are those of ``needed_metrics``.
_NEEDED = (
    "level", "by", "fdr", "threshold_source", "num_live", "num_spoof", "num_by_type", "num_subjects",
    "num_subjects_by_type",
)  # fmt: skip
_EER_ON = "EER on "  # what tools.evaluate writes before the path of a score file


class Result(NamedTuple):
    """The result of one training.

    Attributes:
      system: what was trained, see ``HParams.system``.
      ablation: of PhySTD; "full" for other systems.
      protocol: name, as in ``phystd_tf.protocols.registry``.
      seed: of the training.
      iterations: of the training.
      metrics: what ``tools.evaluate`` wrote.
    """

    system: str
    ablation: str
    protocol: str
    seed: int
    iterations: int
    metrics: Mapping[str, Any]


# Results of one method: seed -> protocol -> Result.
BySeed = Mapping[int, Mapping[str, Result]]


def by_method(results: Sequence[Result], number: int, dataset: str) -> dict[str, dict[int, dict[str, Result]]]:
    """The results that belong in a table.

    Args:
      results: any number; a method can have several seeds.
      number: number of the table.
      dataset: see ``planned_columns``.

    Returns:
      Method -> seed -> protocol -> Result.

    Raises:
      TableError: if the table does not use the protocol of a result, or a result occurs twice, or was not evaluated
        with the options that tables need.
    """
    known = protocols_of(number, dataset)
    found: dict[str, dict[int, dict[str, Result]]] = {}
    for result in results:
        method = method_of(result.system, result.ablation)
        where = f"the result of {method} on protocol {result.protocol}, seed {result.seed}"
        if result.protocol not in known:
            raise TableError(f"{where}: Table {number} of {dataset} does not use it, but {', '.join(known)}")
        _check(result.metrics, number, where)
        seeds = found.setdefault(method, {}).setdefault(result.seed, {})
        if result.protocol in seeds:
            raise TableError(f"{where} is there twice; a table shows one")
        seeds[result.protocol] = result
    return found


def percent(metrics: Mapping[str, Any], name: str, kind: str = "") -> Optional[float]:
    """A rate in percent; None if it is undefined.

    Args:
      metrics: metrics of a Result.
      name: name of the rate, or of the rates by type.
      kind: spoof type, for rates by type.
    """
    rate = metrics[name].get(kind) if kind else metrics[name]
    return None if rate is None else 100.0 * rate


def measured_on(metrics: Mapping[str, Any], kind: str = "") -> Over:
    """What the rates were measured on: all clips, or live clips and those of one spoof type."""
    spoof = metrics["num_by_type"].get(kind, 0) if kind else metrics["num_spoof"]
    people = metrics["num_subjects_by_type"].get(kind, 0) if kind else metrics["num_subjects"]
    return Over(str(metrics["num_live"]), str(spoof), str(people), _threshold(metrics["threshold_source"]))


def _threshold(source: str) -> str:
    """The source of a threshold; without folders if it is a path."""
    return _EER_ON + os.path.basename(source[len(_EER_ON) :]) if source.startswith(_EER_ON) else source


def _check(metrics: Mapping[str, Any], number: int, where: str) -> None:
    missing = [name for name in (*needed_metrics(number), *_NEEDED) if name not in metrics]
    if missing:
        raise TableError(f"{where} has no {missing[0]}: an older version evaluated it; run tools.evaluate again")
    for name, wanted in (("level", "clip"), ("by", "type"), ("fdr", FDR)):
        if metrics[name] != wanted:
            raise TableError(f"{where} was evaluated with --{name}={metrics[name]}; tables need --{name}={wanted}")
