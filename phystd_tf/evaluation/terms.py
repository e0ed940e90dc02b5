"""How much depth and how much trace each type of face gets, on average."""

from typing import Dict, List

import pandas as pd

from phystd_tf.evaluation.scores import TERMS


def terms_by_type(scores: pd.DataFrame) -> List[Dict[str, object]]:
    """Mean terms of Eq. (10) of each type, live first.

    Args:
      scores: one row a face, with the columns ``type`` and TERMS.

    Returns:
      For each type its name, the number of faces, the mean depth term, the mean
      of the four trace terms together, and each of them.
    """
    rows = []
    for kind, faces in scores.groupby("type"):
        means = {name: float(faces[name].mean()) for name in TERMS}
        traces = sum(means[name] for name in TERMS if name != "depth")
        rows.append({"type": str(kind), "faces": len(faces), "depth": means.pop("depth"), "traces": traces, **means})
    return sorted(rows, key=lambda row: (row["type"] != "live", row["type"]))


def terms_table(rows: List[Dict[str, object]]) -> str:
    """The rows of ``terms_by_type`` as lines for people."""
    numbers = [name for name in rows[0] if name not in ("type", "faces")]
    lines = [f"{'type':<22}{'faces':>7}" + "".join(f"{name:>9}" for name in numbers)]
    for row in rows:
        lines.append(f"{row['type']:<22}{row['faces']:>7}" + "".join(f"{row[name]:>9.4f}" for name in numbers))
    return "\n".join(lines)
