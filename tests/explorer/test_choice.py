import numpy as np
import pandas as pd

from phystd_tf.explorer.choice import choose_faces


def _scores():
    rng = np.random.default_rng(6)
    rows = []
    for kind in ("live", "print", "replay"):
        for clip in range(20):
            for frame in range(3):
                score = rng.normal(0.3 if kind == "live" else -0.3, 0.25)
                rows.append((f"{kind}/{clip}", frame, kind, int(kind == "live"), score))
    return pd.DataFrame(rows, columns=["clip", "frame", "type", "label", "score"])


def test_errors_come_first_and_the_list_is_sorted_by_how_wrong_a_score_is():
    scores, threshold = _scores(), 0.05
    chosen = choose_faces(scores, threshold, 40)
    wrong = (scores["score"] >= threshold) != (scores["label"] == 1)
    clips_with_errors = set(scores["clip"][wrong])
    assert 5 < len(clips_with_errors) < 30
    assert set(chosen["clip"][chosen["wrong"]]) == clips_with_errors
    assert len(chosen) == 40 and chosen["clip"].is_unique and chosen["margin"].is_monotonic_decreasing
    for _, row in chosen.iterrows():
        sign = -1 if row["label"] else 1
        assert row["margin"] == sign * (row["score"] - threshold)
        own = scores[scores["clip"] == row["clip"]]
        assert row["margin"] == (sign * (own["score"] - threshold)).max()  # the worst frame of the clip


def test_types_take_turns_among_the_faces_that_are_judged_rightly():
    scores, threshold = _scores(), 0.05
    errors = choose_faces(scores, threshold, 1000)["wrong"].sum()
    chosen = choose_faces(scores, threshold, errors + 6)
    right = chosen[~chosen["wrong"]]
    assert right["type"].value_counts().to_dict() == {"live": 2, "print": 2, "replay": 2}
    left = choose_faces(scores, threshold, 1000)
    left = left[~left["clip"].isin(chosen["clip"])]
    for kind, own in right.groupby("type"):
        assert own["margin"].min() >= left["margin"][left["type"] == kind].max()


def test_fewer_than_there_are_errors():
    everything, few = (choose_faces(_scores(), 0.05, count) for count in (1000, 3))
    pd.testing.assert_frame_equal(few, everything[:3])


def test_a_live_face_at_the_threshold_is_right_and_a_spoof_there_wrong():
    at = pd.DataFrame({"clip": ["a", "b"], "frame": 0, "type": ["live", "print"], "label": [1, 0], "score": 0.5})
    assert choose_faces(at, 0.5, 2).set_index("clip")["wrong"].to_dict() == {"a": False, "b": True}
