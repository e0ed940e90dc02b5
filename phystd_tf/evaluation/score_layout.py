"""How another system writes its score files: the names of its columns, its labels, and what a higher score means."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Optional

import pandas as pd

from phystd_tf.errors import PhystdError
from phystd_tf.evaluation.score_lines import refuse_rows
from phystd_tf.files.names import folded
from phystd_tf.spoof_types import LIVE, normalize

NEEDED = ("clip", "label", "score")
COLUMNS = (*NEEDED, "frame", "subject", "type", "instrument")
# Values of the attack type that mean that there is no attack.
_NO_ATTACK = ("", "-", "none", "nan", "null", "bonafide", LIVE)
_OTHER_LABEL = {"0": "1", "1": "0"}


class ScoreLayoutError(PhystdError):
    """A description of score files is incomplete or contradicts itself."""


class ScoreLayout(NamedTuple):
    """How the score files of another system are read; made by ``score_layout`` or ``field_layout``.

    Attributes:
      columns: name in COLUMNS, including all of NEEDED -> name in the file.
      label_live: labels of live rows, as text; numbers are compared by value, words without regard to case.
      label_spoof: labels of spoof rows.
      higher_is: "live" or "spoof": what a higher score means. If it is "spoof", scores are negated.
    """

    columns: Mapping[str, str]
    label_live: tuple[str, ...] = ("1",)
    label_spoof: tuple[str, ...] = ("0",)
    higher_is: str = "live"

    @property
    def sign(self) -> int:
        """1 or -1: a score of the file times this is a liveness score."""
        return -1 if self.higher_is == "spoof" else 1

    def translate(self, rows: pd.DataFrame, path: str) -> pd.DataFrame:
        """Translates rows of such a file to our column names and labels; scores are unchanged.

        Args:
          rows: all as text; the index is the position of each row in the file.
          path: path of the file, for messages.

        Returns:
          The rows with those of COLUMNS that ``columns`` has, and with ``type``: "live", the type of a spoof in the
          file, or "".

        Raises:
          ScoreFileError: names the lines with other labels, or with labels that contradict the type.
        """
        rows = rows[list(self.columns.values())].set_axis(list(self.columns), axis="columns")
        meanings = {_key(text): "0" for text in self.label_spoof} | {_key(text): "1" for text in self.label_live}
        label = rows["label"].map({text: meanings.get(_key(text)) for text in rows["label"].unique()})
        name = self.columns["label"]
        wanted = f"{_either(self.label_live)} (live) or {_either(self.label_spoof)} (spoof)"
        refuse_rows(label.isna(), path, f"{name} must be {wanted}")
        kind = rows["type"].str.strip() if "type" in rows else pd.Series("", rows.index)
        live, nothing = label == "1", kind.str.lower().isin(_NO_ATTACK)
        says_live = kind.map({text: normalize(text) == LIVE for text in kind.unique()})
        contradicted = (live & ~nothing & ~says_live) | (~live & says_live)
        refuse_rows(contradicted, path, f"{name} and {self.columns.get('type')} contradict each other")
        return rows.assign(label=label, type=kind.mask(nothing, "").mask(live, LIVE))

    def describe(self, scores: pd.DataFrame, path: str) -> str:
        """Describes what was read from a file: which column is what, and the numbers and mean scores of both classes.

        Args:
          scores: what ``read_scores`` read with this layout.
          path: path of the file.

        Returns:
          Lines for people; mean scores are as in the file.
        """
        named, score = [f"{ours} = {theirs}" for ours, theirs in self.columns.items()], self.columns["score"]
        negated = f" (the score is -{score} here)" if self.sign < 0 else ""
        lines = [f"{path} was read with {', '.join(named)}; higher {score} is {self.higher_is}{negated}"]
        for kind, label, texts in (("live", 1, self.label_live), ("spoof", 0, self.label_spoof)):
            own = scores[scores["label"] == label]
            mean = f", mean {score} {self.sign * own['score'].mean():.5g}" if len(own) else ""
            count = f"{len(own)} rows of {own['clip'].nunique()} clips"
            lines.append(f"  {kind}: {self.columns['label']} {_either(texts)}, {count}{mean}")
        return "\n".join(lines)


def score_layout(
    columns: Sequence[str] = (),
    label_live: Sequence[str] = (),
    label_spoof: Sequence[str] = (),
    higher_is: Optional[str] = None,
) -> Optional[ScoreLayout]:
    """The layout that options describe.

    Args:
      columns: texts "ours:theirs"; columns of NEEDED that are not given have our names.
      label_live: labels of live rows; 1 by default.
      label_spoof: labels of spoof rows; by default the other one if ``label_live`` is 0 or 1.
      higher_is: "live" (by default) or "spoof".

    Returns:
      None if nothing is given, for files in our own format.

    Raises:
      ScoreLayoutError: names the option that is wrong.
    """
    if not (columns or label_live or label_spoof or higher_is):
        return None
    live = tuple(label_live) or ("1",)
    spoof = tuple(label_spoof) or tuple(_OTHER_LABEL[_key(text)] for text in live if _key(text) in _OTHER_LABEL)
    if not spoof:
        raise ScoreLayoutError(f"--label_live={','.join(live)}: say which labels are spoof, with --label_spoof=LABEL")
    both = {_key(text) for text in live} & {_key(text) for text in spoof}
    if both:
        raise ScoreLayoutError(f"a label cannot be live and spoof, as {both.pop()} is; see --label_live, --label_spoof")
    return ScoreLayout(_named(columns, COLUMNS), live, spoof, higher_is or "live")


def field_layout(header: Collection[str]) -> Optional[ScoreLayout]:
    """The layout of files with the columns that are common in the field, recognized by their header.

    The claimed identity is the subject, since the person claimed is the one who is seen. If rows are frames, they name
    their video and their position in it, and each has its own ``test_label``. Further columns are dropped: they may
    have the name of one of ours but another meaning.

    Returns:
      None for any other header.
    """
    if "is_bonafide" not in header or "label" in header:
        return None
    by_video = {"clip": "video_key", "frame": "frame_id"} if "video_key" in header else {}
    columns = {"clip": "test_label", "label": "is_bonafide", "type": "attack_type", "score": "score", **by_video}
    optional = {"subject": "claimed_id", "frame": columns.pop("frame", "")}
    columns.update({ours: theirs for ours, theirs in optional.items() if theirs in header})
    return ScoreLayout(columns, ("true", "1", "bonafide"), ("false", "0", "attack"))


def _named(texts: Sequence[str], known: Collection[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for text in texts:
        ours, _, theirs = (part.strip() for part in text.partition(":"))
        if not theirs or ours not in known:
            raise ScoreLayoutError(
                f"--columns: '{text}' is not OURS:THEIRS, as in score:prob; ours are {', '.join(known)}"
            )
        if ours in given:
            raise ScoreLayoutError(f"--columns names '{ours}' twice")
        given[ours] = theirs
    return {**{name: name for name in NEEDED}, **given}


def _key(label: str) -> str:
    """The form in which labels are compared."""
    try:
        return f"{float(label):g}"
    except ValueError:
        return folded(label)


def _either(texts: Sequence[str]) -> str:
    return " or ".join(texts)
