"""Faces are drawn evenly, each once before any is repeated, and from many clips."""

import collections

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.data.sampling import FaceSampler, stratified
from phystd_tf.errors import PhystdError


def _rows(frames, kinds=("live",), people=10**6):
    """Rows of clips with the given numbers of frames; types and people are assigned to the clips cyclically."""
    return [
        {"clip": f"c{clip}", "frame": str(frame), "type": kinds[clip % len(kinds)], "subject": f"p{clip % people}"}
        for clip, count in enumerate(frames)
        for frame in range(count)
    ]


def _draw(rows, sampling, number, seed=0, start=0):
    sampler = FaceSampler(rows, sampling, seed)
    numbers = tf.data.Dataset.range(start, start + number).map(sampler)
    return [rows[n] for n in numbers.as_numpy_iterator()]


@pytest.mark.parametrize("sampling", ["clip", "frame", "type"])
@pytest.mark.parametrize("frames", [[1], [3, 1, 5], [7, 2, 2, 9, 1, 4]])
def test_every_face_comes_in_the_end_and_another_order_each_time(sampling, frames):
    rows = _rows(frames, kinds=("a", "b"))
    drawn = _draw(rows, sampling, 400)
    assert {(row["clip"], row["frame"]) for row in drawn} == {(row["clip"], row["frame"]) for row in rows}


def test_frames_come_equally_often_when_drawn_by_frame():
    rows = _rows([5, 1, 3])
    counts = collections.Counter((row["clip"], row["frame"]) for row in _draw(rows, "frame", 4 * 9))
    assert set(counts.values()) == {4} and len(counts) == 9


def test_clips_come_equally_often_however_long_and_so_do_their_frames():
    rows = _rows([5, 1, 20])
    drawn = _draw(rows, "clip", 3 * 20)
    assert set(collections.Counter(row["clip"] for row in drawn).values()) == {20}
    for clip, frames in (("c0", 5), ("c2", 20)):
        counts = collections.Counter(row["frame"] for row in drawn if row["clip"] == clip)
        assert set(counts.values()) == {20 // frames} and len(counts) == frames
    for first in range(0, 60, 3):  # each round takes each clip once
        assert len({row["clip"] for row in drawn[first : first + 3]}) == 3


def test_types_come_equally_often_and_clips_within_them():
    rows = _rows([2, 1, 2, 1, 2], kinds=("print", "print", "mask", "print", "print"))
    drawn = _draw(rows, "type", 2 * 4 * 2)
    assert collections.Counter(row["type"] for row in drawn) == {"print": 8, "mask": 8}
    assert set(collections.Counter(row["clip"] for row in drawn if row["type"] == "print").values()) == {2}


def test_a_draw_depends_on_its_number_and_the_seed_alone():
    rows = _rows([4] * 50)
    whole = _draw(rows, "clip", 100, seed=3)
    assert _draw(rows, "clip", 40, seed=3, start=60) == whole[60:]
    assert _draw(rows, "clip", 100, seed=4) != whole
    first, second = ([row["clip"] for row in part] for part in (whole[:50], whole[50:]))
    assert first != second and sorted(first) == sorted(second)


# Numbers of live training clips and of their prepared frames (every fifth) of the real datasets.
@pytest.mark.parametrize("clips, frames", [(360, 30), (720, 90), (396, 60)])
@pytest.mark.parametrize("sampling", ["clip", "frame"])
def test_fifty_batches_see_as_many_clips_as_independent_draws_would(sampling, clips, frames):
    draws = 50 * 4
    independent = clips * (1 - (1 - 1 / clips) ** draws)
    distinct = len({row["clip"] for row in _draw(_rows([frames] * clips), sampling, draws)})
    assert distinct >= 0.9 * independent


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(PhystdError, match="clip, frame, type, not 'person'"):
        FaceSampler(_rows([1]), "person", 0)
    with pytest.raises(PhystdError, match="no face"):
        FaceSampler([], "clip", 0)


def test_stratified_faces_show_all_types_and_as_many_people_as_possible():
    kinds = tuple(f"kind{i:02d}" for i in range(13))
    rows = _rows([10] * (13 * 6), kinds=kinds)
    for clip, row in enumerate(rows):
        row["subject"] = f"p{clip // 10 // 13}"  # six people, each with a clip of each type
    chosen = stratified(rows, 52, seed=0)
    assert set(collections.Counter(row["type"] for row in chosen).values()) == {4}
    for kind in kinds:
        assert len({row["subject"] for row in chosen if row["type"] == kind}) == 4
    assert len({row["type"] for row in chosen[:13]}) == 13
    assert len({row["subject"] for row in chosen[:13]}) > 2  # the types are not all of the same person


def test_stratified_faces_are_fixed_by_the_seed_and_never_more_than_there_are():
    rows = _rows([3] * 8, kinds=("a", "b"), people=4)
    assert stratified(rows, 10, seed=1) == stratified(rows, 10, seed=1) != stratified(rows, 10, seed=2)
    every = stratified(rows, 100, seed=1)
    assert sorted(map(str, every)) == sorted(map(str, rows))
    assert np.all([row["subject"] for row in stratified([dict(row, subject="") for row in rows], 2, 0)] == ["", ""])
