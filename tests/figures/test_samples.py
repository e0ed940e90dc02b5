"""The rule by which faces are chosen."""

import random

from phystd_tf.figures.samples import draw_samples, rule_of, types_of


def _rows(kinds=("live", "print", "replay"), people=6, frames=5):
    return [
        {"clip": f"{kind}/p{person}", "frame": str(frame), "subject": f"p{person}", "type": kind}
        for kind in kinds
        for person in range(people)
        for frame in range(frames)
    ]


def _clips(drawn):
    return {kind: [row["clip"] for row in rows] for kind, rows in drawn.items()}


def test_types_come_in_the_order_of_table_3_and_its_columns():
    kinds = ("weird", "partial_eye", "print", "live", "partial_mouth", "alien", "replay")
    assert types_of(_rows(kinds)) == ["live", "replay", "print", "partial_paper", "alien", "weird"]


def test_the_middle_frame_of_each_clip_is_taken_by_number_not_by_text():
    rows = [{"clip": "c", "frame": frame, "subject": "", "type": "print"} for frame in ("10", "2", "9", "1", "30")]
    assert draw_samples(rows, {"print": 3}, 0) == {"print": [rows[2]]}


def test_people_are_different_as_long_as_there_are_others():
    for seed in range(20):
        drawn = draw_samples(_rows(), {"print": 2, "replay": 2, "live": 3}, seed)
        people = [row["subject"] for rows in drawn.values() for row in rows]
        assert len(set(people[:6])) == 6 and people[6] in people[:6]
        assert [len(rows) for rows in drawn.values()] == [2, 2, 3]


def test_the_choice_depends_on_names_type_and_seed_only():
    rows = _rows()
    shuffled = random.Random(1).sample(rows, len(rows))
    assert draw_samples(rows, {"print": 3}, 5) == draw_samples(shuffled, {"print": 3}, 5)
    assert draw_samples(rows, {"print": 3}, 5) == draw_samples(_rows(("print", "mask")), {"print": 3}, 5)
    drawn = {tuple(_clips(draw_samples(rows, {"print": 1, "live": 1}, seed))["live"]) for seed in range(30)}
    assert len(drawn) == 6  # each clip is drawn by some seed
    assert {clip.split("/")[1] for (clip,) in drawn} == {f"p{person}" for person in range(6)}


def test_both_kinds_of_partial_paper_are_one_type_and_missing_types_give_nothing():
    rows = _rows(("partial_eye", "partial_mouth"), people=1)
    drawn = _clips(draw_samples(rows, {"partial_paper": 9, "print": 1}, 0))
    assert sorted(drawn["partial_paper"]) == ["partial_eye/p0", "partial_mouth/p0"] and drawn["print"] == []


def test_the_rule_in_words_has_its_numbers():
    assert rule_of(1, 7).startswith("one clip of each type, drawn with seed 7 ")
    assert rule_of(3, 0).startswith("3 clips of each type, drawn with seed 0 ")
