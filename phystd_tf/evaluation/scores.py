"""Score files: what a model says of each face.

A score file is a CSV with one row per face (or per clip). Ours has the columns
SCORE_COLUMNS. Files of other systems need ``clip``, ``label`` (1 live, 0 spoof),
``type`` and ``score`` (higher = live) only, or the columns of FIELD_COLUMNS, a
format that is common in the field.
"""

import numpy as np
import pandas as pd

from phystd_tf.errors import PhystdError
from phystd_tf.files.atomic import replacing
from phystd_tf.liveness import TERMS, liveness_score

SCORE_COLUMNS = ("clip", "frame", "subject", "type", "instrument", "label", *TERMS, "score")
LEVELS = ("clip", "frame")
# What others call the columns that are needed here.
FIELD_COLUMNS = {"test_label": "clip", "is_bonafide": "label", "attack_type": "type", "score": "score"}
_NEEDED = tuple(FIELD_COLUMNS.values())
_BONAFIDE = {"true": "1", "1": "1", "bonafide": "1", "false": "0", "0": "0", "attack": "0"}
# What stands for the attack type where there is none.
_NO_ATTACK = ("", "-", "none", "nan", "null", "bonafide", "live")


class ScoreFileError(PhystdError):
    """A score file cannot be used; the message names it and says why."""


def with_score(terms: pd.DataFrame, alpha0: float) -> pd.DataFrame:
    """The frame with its ``score`` column filled in from the terms by ``liveness_score``."""
    score = liveness_score(*(terms[name] for name in TERMS), alpha0=alpha0)
    return terms.assign(score=score)[list(SCORE_COLUMNS)]


def read_scores(path: str) -> pd.DataFrame:
    """Reads and checks a score file.

    Args:
      path: of the CSV; a byte order mark and Windows line ends are fine.

    Returns:
      Its rows; ``subject`` and ``frame`` are filled in where they are missing
      (the clip, and the number of the row within the clip), and so is an empty
      ``type`` ("live" or "unknown"). ``instrument`` is empty where it is not known.

    Raises:
      ScoreFileError: if the file cannot be read, is empty, lacks a column, has a
        row without clip, a score or term that is not a finite number, a label other
        than 0 and 1, a label that contradicts the type, or the same frame of a
        clip twice.
    """
    try:
        # All as text: a clip may be called 007 or NA.
        scores = pd.read_csv(
            path,
            encoding="utf-8-sig",
            dtype=str,
            keep_default_na=False,
            skipinitialspace=True,
            skip_blank_lines=False,
        )
    except (OSError, ValueError, pd.errors.ParserError) as error:
        raise ScoreFileError(f"{path}: not a score file that can be read ({error})") from error
    if not isinstance(scores.index, pd.RangeIndex):
        raise ScoreFileError(f"{path} has more values in its rows than names in its header")
    scores = scores.fillna("")  # a row that ends early
    # Rows keep their place in the file as index, for messages, until the end.
    scores = scores[(scores != "").any(axis=1)]
    named = {name: name for name in scores}
    if "is_bonafide" in scores and "label" not in scores:
        scores, named = _from_field_format(scores, path)
    missing = [name for name in _NEEDED if name not in scores]
    if missing:
        raise ScoreFileError(f"{path} lacks the column(s) {', '.join(missing)}")
    if scores.empty:
        raise ScoreFileError(f"{path} has no row")
    if "instrument" not in scores:
        scores["instrument"] = ""
    for name in ("clip", "subject", "type", "instrument"):
        if name in scores:
            scores[name] = scores[name].str.strip()
    _refuse(scores["clip"] == "", path, f"{named['clip']} is empty")
    for name in ("score", *(term for term in TERMS if term in scores)):
        numbers = pd.to_numeric(scores[name], errors="coerce")
        _refuse(~np.isfinite(numbers), path, f"{name} is not a finite number")
        scores[name] = numbers
    scores["label"] = pd.to_numeric(scores["label"], errors="coerce")
    _refuse(~scores["label"].isin((0, 1)), path, "label must be 1 (live) or 0 (spoof)")
    scores["label"] = scores["label"].astype(int)
    live = scores["label"] == 1
    scores["type"] = scores["type"].mask(scores["type"].str.lower() == "live", "live")
    scores["type"] = scores["type"].mask(scores["type"] == "", live.map({True: "live", False: "unknown"}))
    contradicted = (scores["type"] == "live") != live
    _refuse(contradicted, path, f"{named['label']} and {named['type']} contradict each other (live is label 1)")
    if "frame" not in scores:
        scores["frame"] = scores.groupby("clip").cumcount()
    numbers = pd.to_numeric(scores["frame"], errors="coerce")
    scores["frame"] = scores["frame"] if numbers.isna().any() else numbers
    if "subject" not in scores:
        scores["subject"] = scores["clip"]
    scores["subject"] = scores["subject"].mask(scores["subject"] == "", scores["clip"])
    _refuse(scores.duplicated(["clip", "frame"]), path, "the same frame of a clip appears twice")
    return scores.reset_index(drop=True)


def write_scores(scores: pd.DataFrame, path: str) -> None:
    """Writes a score file atomically."""
    with replacing(path) as temporary:
        scores.to_csv(temporary, index=False, float_format="%.9g")


def to_clips(scores: pd.DataFrame) -> pd.DataFrame:
    """One row per clip: the mean over its frames of every number.

    Raises:
      ScoreFileError: if a clip has frames of two labels, types, instruments or subjects.
    """
    keys = [name for name in ("clip", "subject", "type", "instrument", "label") if name in scores]
    clips = scores.drop(columns="frame").groupby(keys, sort=False, as_index=False).mean(numeric_only=True)
    if clips["clip"].duplicated().any():
        clip = clips["clip"][clips["clip"].duplicated()].iloc[0]
        raise ScoreFileError(f"clip '{clip}' has frames of more than one subject, type, instrument or label")
    return clips


def at_level(scores: pd.DataFrame, level: str) -> pd.DataFrame:
    """One row per presentation: the frames as they are ("frame"), or ``to_clips`` of them ("clip")."""
    if level not in LEVELS:
        raise ValueError(f"level is one of {', '.join(LEVELS)}, not {level!r}")
    return to_clips(scores) if level == "clip" else scores


def by_instrument(scores: pd.DataFrame, path: str) -> pd.DataFrame:
    """The rows with the instrument as their type, for error rates of each instrument.

    A spoof without one keeps its type.

    Raises:
      ScoreFileError: if no spoof has an instrument.
    """
    spoof = (scores["label"] == 0) & (scores["instrument"] != "")
    if not spoof.any():
        raise ScoreFileError(f"{path} names no instrument (column 'instrument'); evaluate by type")
    return scores.assign(type=scores["type"].mask(spoof, scores["instrument"]))


def _from_field_format(scores: pd.DataFrame, path: str) -> tuple[pd.DataFrame, dict[str, str]]:
    """A score file with FIELD_COLUMNS under our names, and theirs by ours for messages.

    The claimed identity is the subject: what it claims to be is who is seen.
    Where rows are frames they name their video and their place in it, and
    ``test_label`` is different in each of them. Further columns are dropped:
    they may be called as ours are and mean something else.
    """
    missing = [name for name in FIELD_COLUMNS if name not in scores]
    if missing:
        raise ScoreFileError(f"{path} lacks the column(s) {', '.join(missing)}")
    label = scores["is_bonafide"].str.strip().str.lower().map(_BONAFIDE)
    _refuse(label.isna(), path, "is_bonafide must be true (live) or false (spoof)")
    kind = scores["attack_type"].str.strip()
    nothing = kind.str.lower().isin(_NO_ATTACK)
    kind = kind.mask(nothing & (label == "1"), "live").mask(nothing & (kind.str.lower() != "live") & (label == "0"), "")
    renamed = {**FIELD_COLUMNS, "claimed_id": "subject"}
    if "video_key" in scores:
        del renamed["test_label"]
        renamed.update({"video_key": "clip", "frame_id": "frame"})
    kept = [name for name in renamed if name in scores]
    scores = scores.assign(is_bonafide=label, attack_type=kind)[kept].rename(columns=renamed)
    return scores, {ours: theirs for theirs, ours in renamed.items()}


def _refuse(bad: pd.Series, path: str, why: str) -> None:
    """Raises ScoreFileError with the lines where ``bad`` is true; the index is the place of the row."""
    lines = [index + 2 for index in bad.index[bad]]  # line 1 is the header
    if lines:
        more = f" and {len(lines) - 3} more" if len(lines) > 3 else ""
        raise ScoreFileError(f"{path}, line {', '.join(map(str, lines[:3]))}{more}: {why}")
