"""The operating point of a run: alpha0 of Eq. (10), the threshold, and which weights they belong to."""

import math
import os
from collections.abc import Mapping
from typing import Any, NamedTuple, Optional

from phystd_tf.errors import PhystdError
from phystd_tf.files.atomic import write_json
from phystd_tf.files.json_file import read_json
from phystd_tf.runs.folder import operating_point_path

CHECKPOINTS = ("last", "best")
CALIBRATE = "python -m tools.score --calibrate"


class OperatingPoint(NamedTuple):
    """How scores become verdicts.

    Attributes:
      alpha0: weight of the traces in Eq. (10), at most 0.
      threshold: a face is live when its score is at least this.
      source: which scores both were chosen on, such as "EER on dev".
      checkpoint: "last" or "best", the weights they belong to.
      weights: fingerprint of these weights; empty in files of earlier versions.
    """

    alpha0: float
    threshold: float
    source: str
    checkpoint: str
    weights: str = ""

    def verdict(self, score: float) -> str:
        """Returns "live" or "spoof"."""
        return "live" if score >= self.threshold else "spoof"

    def save(self, path: str) -> None:
        """Writes the operating point as JSON."""
        write_json(self._asdict(), path)

    @classmethod
    def of_values(cls, values: Mapping[str, Any], path: str, advice: str) -> "OperatingPoint":
        """The operating point of a JSON object.

        Args:
          values: the fields by name.
          path: path of their file, for messages.
          advice: what the user can do if they are damaged.

        Raises:
          PhystdError: if a field is missing or unknown, or its value cannot be right.
        """
        try:
            point = cls(**values)
        except TypeError as error:
            raise PhystdError(f"{path}: not an operating point ({error}); {advice}") from error
        for name, kind in cls.__annotations__.items():
            value = getattr(point, name)
            good = type(value) in (int, float) and math.isfinite(value) if kind is float else type(value) is kind
            if not good or (name == "checkpoint" and value not in CHECKPOINTS) or (name == "alpha0" and value > 0):
                raise PhystdError(f"{path}: not an operating point ({name} is {value!r}); {advice}")
        return point

    @classmethod
    def load(cls, run: str) -> "OperatingPoint":
        """The operating point of a run folder.

        Raises:
          PhystdError: if it has none, or a damaged one.
        """
        path, advice = operating_point_path(run), f"choose one with `{CALIBRATE}`"
        if not os.path.lexists(path):
            raise PhystdError(f"{run} has no operating point; {advice}")
        return cls.of_values(read_json(path, PhystdError, advice), path, advice)

    @classmethod
    def of_run(cls, run: str) -> Optional["OperatingPoint"]:
        """The operating point of a run folder; None if it has none yet.

        Raises:
          PhystdError: if it is damaged.
        """
        return cls.load(run) if os.path.lexists(operating_point_path(run)) else None

    def require_weights(self, weights: str, run: str) -> None:
        """Checks that the point was chosen with the weights with which it will be used.

        Raises:
          PhystdError: if the run was trained further since.
        """
        if self.weights and self.weights != weights:
            raise PhystdError(
                f"{run}: the operating point was chosen with other weights of checkpoint '{self.checkpoint}' (is the "
                f"run being trained further?); choose it again with `{CALIBRATE}`"
            )


def alpha0_of(point: Optional[OperatingPoint]) -> float:
    """The alpha0 of an operating point; 0 (the depth alone) for a run that has none."""
    return 0.0 if point is None else point.alpha0
