"""Score files: the scores that a model gives to faces.

A score file is a CSV with one row per face (or per clip). Ours has the columns
SCORE_COLUMNS. Files of other systems need only ``clip``, ``label`` (1 live,
0 spoof), ``type`` and ``score`` (higher = live), or are read with a ScoreLayout.
"""

from typing import Optional

import numpy as np
import pandas as pd

from phystd_tf.evaluation.progress import progress
from phystd_tf.evaluation.score_layout import ScoreLayout, field_layout
from phystd_tf.evaluation.score_lines import ScoreFileError, check_lines, refuse_lacking, refuse_rows
from phystd_tf.files.atomic import replacing
from phystd_tf.files.names import folded
from phystd_tf.liveness import TERMS, liveness_score

SCORE_COLUMNS = ("clip", "frame", "subject", "type", "instrument", "label", *TERMS, "score")
LEVELS = ("clip", "frame")
_NEEDED = ("clip", "label", "type", "score")
_TEXTS = ("clip", "frame", "subject", "type", "instrument")
_PIECE = 2**17  # rows that are read at a time


def with_score(terms: pd.DataFrame, alpha0: float) -> pd.DataFrame:
    """The rows with a ``score`` column, computed from the terms by ``liveness_score``.

    Raises:
      ScoreFileError: if a term is not finite.
    """
    require_finite_terms(terms)
    score = liveness_score(*(terms[name] for name in TERMS), alpha0=alpha0)
    return terms.assign(score=score)[list(SCORE_COLUMNS)]


def require_finite_terms(terms: pd.DataFrame) -> None:
    """Checks the terms of scores.

    Raises:
      ScoreFileError: if one of them is not finite.
    """
    if not np.isfinite(terms[list(TERMS)].to_numpy(np.float64)).all():
        raise ScoreFileError("a term of the score is not finite: the model has diverged; train it again")


def read_scores(path: str, layout: Optional[ScoreLayout] = None) -> pd.DataFrame:
    """Reads and checks a score file.

    The file is read in pieces, and equal names share their memory, so that ten million rows are no problem.

    Args:
      path: path of the CSV; a byte order mark and Windows line ends are fine. Each line is a row: a value cannot
        hold a line break.
      layout: layout of the file; None for ours or the one that is common in the field, recognized by its columns.

    Returns:
      Those of SCORE_COLUMNS that the file has. A missing ``subject`` is filled in with the clip, a missing ``frame``
      with the number of the row within the clip, and an empty ``type`` with "live" or "unknown". ``instrument`` is
      empty if unknown. Subjects, types and instruments that differ only in case get the spelling that comes first.

    Raises:
      ScoreFileError: if the file cannot be read, is empty, lacks a column, has a line that is not a row, a row without
        clip, a score or term that is not a finite number, a label other than 0 and 1, a label that contradicts the
        type, or the same frame of a clip twice.
    """
    header, rows = check_lines(path)
    layout = layout or field_layout(header)
    used = _NEEDED if layout is None else tuple(layout.columns.values())
    refuse_lacking([name for name in used if name not in header], header, path)
    names: dict[str, dict[str, str]] = {name: {} for name in _TEXTS}
    spellings: dict[str, dict[str, str]] = {name: {} for name in ("subject", "type", "instrument")}
    pieces = []
    try:
        # All as text: a clip may be called 007 or NA.
        of_file = pd.read_csv(
            path,
            encoding="utf-8-sig",
            dtype=object,
            na_filter=False,
            skipinitialspace=True,
            skip_blank_lines=False,
            header=0,
            names=header,
            usecols=[name for name in header if name in (SCORE_COLUMNS if layout is None else used)],
            chunksize=_PIECE,
        )
        with of_file, progress(None, "reading scores", "row", total=rows, unit_scale=True) as bar:
            for piece in of_file:
                bar.update(len(piece))
                piece = piece.fillna("")  # an empty line
                # Rows keep their place in the file as index, for messages, until the end.
                piece = _checked(piece[(piece != "").any(axis=1)], path, layout)
                for name in spellings:
                    piece[name] = _one_spelling(piece[name], spellings[name])
                pieces.append(
                    piece.assign(**{name: _shared(piece[name], names[name]) for name in _TEXTS if name in piece})
                )
    except (OSError, ValueError, pd.errors.ParserError) as error:
        raise ScoreFileError(f"{path}: not a score file that can be read ({error})") from error
    scores = pd.concat(pieces)
    if scores.empty:
        raise ScoreFileError(f"{path} has no row")
    if "frame" not in scores:
        scores["frame"] = scores.groupby("clip").cumcount()
    numbers = pd.to_numeric(scores["frame"], errors="coerce")
    scores["frame"] = scores["frame"] if numbers.isna().any() else numbers
    refuse_rows(scores.duplicated(["clip", "frame"]), path, "the same frame of a clip appears twice")
    return scores.reset_index(drop=True)


def _checked(scores: pd.DataFrame, path: str, layout: Optional[ScoreLayout]) -> pd.DataFrame:
    """Converts some rows of a score file to our format, and checks each one."""
    named = {name: name for name in SCORE_COLUMNS}
    if layout is not None:
        named.update(layout.columns)
        scores = layout.translate(scores, path)
    scores = scores[[name for name in SCORE_COLUMNS if name in scores]].copy()
    if "instrument" not in scores:
        scores["instrument"] = ""
    for name in ("clip", "subject", "type", "instrument"):
        if name in scores:
            scores[name] = scores[name].str.strip()
    refuse_rows(scores["clip"] == "", path, f"{named['clip']} is empty")
    for name in ("score", *(term for term in TERMS if term in scores)):
        numbers = pd.to_numeric(scores[name], errors="coerce").astype(np.float64)
        bad = ~np.isfinite(numbers)
        comma = scores[name][bad].str.fullmatch(r"\s*[-+]?\d+,\d+\s*").any()
        advice = " (write a point, not a decimal comma)" if comma else ""
        refuse_rows(bad, path, f"{named[name]} is not a finite number{advice}")
        scores[name] = numbers
    if layout is not None:
        scores["score"] *= layout.sign
    labels = pd.to_numeric(scores["label"], errors="coerce")
    refuse_rows(~labels.isin((0, 1)), path, "label must be 1 (live) or 0 (spoof)")
    scores["label"] = labels.astype(int)
    live = scores["label"] == 1
    scores["type"] = scores["type"].mask(scores["type"].str.lower() == "live", "live")
    scores["type"] = scores["type"].mask(scores["type"] == "", live.map({True: "live", False: "unknown"}))
    contradicted = (scores["type"] == "live") != live
    refuse_rows(contradicted, path, f"{named['label']} and {named['type']} contradict each other (live is label 1)")
    if "subject" not in scores:
        scores["subject"] = scores["clip"]
    scores["subject"] = scores["subject"].mask(scores["subject"] == "", scores["clip"])
    return scores


def _one_spelling(names: pd.Series, spellings: dict[str, str]) -> pd.Series:
    """The names, with the first spelling for those that differ only in case; ``spellings`` holds those met before."""
    codes, unique = pd.factorize(names)
    same = [spellings.setdefault(folded(name), name) for name in unique]
    return pd.Series(np.array(same, object)[codes], names.index, object)


def _shared(names: pd.Series, known: dict[str, str]) -> pd.Series:
    """The names; equal ones, including those in ``known``, share one object."""
    codes, unique = pd.factorize(names)
    return pd.Series(np.array([known.setdefault(name, name) for name in unique], object)[codes], names.index, object)


def write_scores(scores: pd.DataFrame, path: str) -> None:
    """Writes a score file atomically."""
    with replacing(path) as temporary:
        scores.to_csv(temporary, index=False, float_format="%.9g")


def to_clips(scores: pd.DataFrame) -> pd.DataFrame:
    """One row per clip, with the mean of every number over its frames.

    Raises:
      ScoreFileError: if a clip has frames of different labels, types, instruments or subjects.
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
