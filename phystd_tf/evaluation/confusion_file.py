"""The files of a medium classification, from which Tables 6 and 7 are made.

OUT/clips.csv       the decision for each test clip, and the probabilities of the classes
OUT/confusion.json  the counts, the accuracies, and how they were made
"""

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from phystd_tf.errors import PhystdError
from phystd_tf.evaluation.confusion import accuracy, confusion_counts, merge_classes
from phystd_tf.evaluation.medium_classes import MediumClasses
from phystd_tf.files.atomic import replacing, write_json
from phystd_tf.files.json_file import expected_form, read_json
from phystd_tf.files.outputs import Output, is_object, is_table

_CONFUSION_FILE, _CLIPS_FILE = "confusion.json", "clips.csv"
_KEYS = ("name", "classes", "counts", "accuracy", "merged", "input", "run", "iterations", "seed")
FACTS = ("clip", "subject", "label", "prediction", "frames")  # columns of the clips before those of the classes


def summarize(clips: pd.DataFrame, classes: MediumClasses, details: Mapping[str, Any]) -> dict[str, Any]:
    """The content of confusion.json.

    Args:
      clips: one row per clip: subject, and label and prediction as names of classes.
      classes: MediumClasses.
      details: how they were made: input, run, iterations, seed and more.

    Returns:
      name, classes, counts (rows are labels), accuracy, merged (the same for the merged classes; null if nothing is
      merged), clips and subjects (their numbers), and the details.
    """
    names = list(classes.classes)
    counts = confusion_counts(
        np.array([names.index(name) for name in clips["label"]]),
        np.array([names.index(name) for name in clips["prediction"]]),
        len(names),
    )
    merged_names, merged_counts = merge_classes(counts, classes.merged)
    merged = {"classes": merged_names, "counts": merged_counts.tolist(), "accuracy": accuracy(merged_counts)}
    return {
        "name": classes.name,
        "classes": names,
        "counts": counts.tolist(),
        "accuracy": accuracy(counts),
        "merged": None if classes.merged == classes.classes else merged,
        "clips": len(clips),
        "subjects": int(clips["subject"].nunique()),
        **details,
    }


def confusion_outputs(folder: str, classes: MediumClasses) -> list[Output]:
    """What ``write_confusion`` will write, for ``check_outputs``."""
    return [
        Output(os.path.join(folder, _CONFUSION_FILE), is_object(*_KEYS)),
        Output(os.path.join(folder, _CLIPS_FILE), is_table(*FACTS, *classes.classes)),
    ]


def write_confusion(summary: Mapping[str, Any], clips: pd.DataFrame, folder: str) -> str:
    """Writes both files, confusion.json last.

    Args:
      summary: see ``summarize``.
      clips: columns FACTS and the classes.
      folder: created if it does not exist.

    Returns:
      Path of confusion.json.
    """
    with replacing(os.path.join(folder, _CLIPS_FILE)) as temporary:
        clips.to_csv(temporary, index=False, encoding="utf-8", errors="surrogateescape", float_format="%.6g")
    path = os.path.join(folder, _CONFUSION_FILE)
    write_json(summary, path)
    return path


def read_confusion(path: str) -> dict[str, Any]:
    """Reads a confusion.json.

    Raises:
      PhystdError: if the file is missing or damaged.
    """
    advice = "make it with `python -m tools.classify_media`"
    summary: dict[str, Any] = read_json(path, PhystdError, advice)
    with expected_form(path, "the result of a medium classification", PhystdError, advice):
        counts = np.array(summary["counts"])
        if any(key not in summary for key in _KEYS) or counts.shape != (len(summary["classes"]),) * 2:
            raise ValueError("a key is missing, or the matrix is not square")
    return summary
