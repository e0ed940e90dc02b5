"""Results as ``tools.evaluate`` writes them, for invented scores of a few people."""

from unittest import mock

import numpy as np
import pandas as pd

from phystd_tf.evaluation import summary
from phystd_tf.spoof_types import SPOOF_TYPES
from phystd_tf.tables.needed_protocols import planned_columns
from phystd_tf.tables.results import Result

LIVE, OF_A_TYPE = 40, 8


def tiny_metrics(kinds, seed, **changes):
    """Error rates of 40 live clips and 8 of each type at a threshold from others; without intervals, which are slow."""
    rng = np.random.default_rng(seed)
    test, dev = _scores(rng, kinds, "t"), _scores(rng, kinds, "d")
    no_intervals = dict.fromkeys(("apcer", "bpcer", "acer", "hter"))
    with mock.patch.multiple(summary, eer_interval=lambda *_: None, rate_intervals=lambda *_: no_intervals):
        rates = summary.summarize(test, 1.0, "EER on /data/experiments/train.csv", 0.005, dev)
    return {"level": "clip", "by": "type", **rates, **changes}


def tiny_results(number, dataset="", system="phystd", ablation="full", seeds=(0,), protocols=None, **changes):
    """Results for each protocol that a table needs, or for some of them; ``changes`` replace metrics."""
    found = []
    for seed in seeds:
        for place, (name, columns) in enumerate(planned_columns(number, dataset)):
            kinds = ("print", "replay") if number < 3 else columns[:-1] if number == 4 else SPOOF_TYPES
            if protocols is None or name in protocols:
                metrics = tiny_metrics(kinds, [number, place, seed, len(system + ablation)], **changes)
                found.append(Result(system, ablation, name, seed, 2000, metrics))
    return found


def _scores(rng, kinds, side):
    rows = [(1, "live", score, f"{side}{i % 10}") for i, score in enumerate(rng.normal(2.0, 1.0, LIVE))]
    for kind in kinds:
        rows += [(0, kind, score, f"{side}{i % 4}") for i, score in enumerate(rng.normal(0.0, 1.0, OF_A_TYPE))]
    return pd.DataFrame(rows, columns=["label", "type", "score", "subject"])
