import pandas as pd
import pytest

from phystd_tf.evaluation.terms import terms_by_type, terms_table


def test_means_of_each_type_live_first():
    scores = pd.DataFrame(
        [("print", 0.0, 1.0, 2.0, 3.0, 4.0), ("live", 0.5, 0.1, 0.0, 0.0, 0.0), ("print", 0.2, 3.0, 2.0, 3.0, 4.0)],
        columns=["type", "depth", "B", "C", "T", "P"],
    )
    rows = terms_by_type(scores)
    assert [row["type"] for row in rows] == ["live", "print"]
    assert [row["faces"] for row in rows] == [1, 2]
    assert rows[1]["depth"] == pytest.approx(0.1) and rows[1]["B"] == pytest.approx(2.0)
    assert rows[1]["traces"] == pytest.approx(11.0)
    lines = terms_table(rows).splitlines()
    assert len(lines) == 3 and "11.0000" in lines[2] and lines[1].startswith("live")
