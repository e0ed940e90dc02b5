"""The operating point of a run: alpha0 of Eq. (10), the threshold, and which weights they belong to."""

import os
from typing import NamedTuple, Optional

from phystd_tf.errors import PhystdError
from phystd_tf.files.atomic import write_json
from phystd_tf.files.json_file import read_record
from phystd_tf.runs.folder import operating_point_path


class OperatingPoint(NamedTuple):
    """How scores become verdicts.

    Attributes:
      alpha0: weight of the traces in Eq. (10).
      threshold: a face is live when its score is at least this.
      source: which scores both were chosen on, such as "EER on dev".
      checkpoint: "last" or "best", the weights they belong to.
    """

    alpha0: float
    threshold: float
    source: str
    checkpoint: str

    def save(self, path: str) -> None:
        """Writes the operating point as JSON."""
        write_json(self._asdict(), path)

    @classmethod
    def load(cls, path: str) -> "OperatingPoint":
        """Reads what ``save`` wrote.

        Raises:
          PhystdError: if the file is missing or not of this form.
        """
        advice = "run `python -m tools.score --split=dev` for this run first"
        return read_record(path, cls, PhystdError, "an operating point", advice)

    @classmethod
    def of_run(cls, run: str) -> Optional["OperatingPoint"]:
        """The operating point of a run folder; None where it has none yet."""
        path = operating_point_path(run)
        return cls.load(path) if os.path.exists(path) else None
