import collections
import itertools

from phystd_tf.transfer.pairs import draw_pairs, person_of


def _rows(kind, people, frames=2, clips=1):
    return [
        {"subject": person, "clip": f"{kind}/{person}/{clip}", "frame": str(frame), "type": kind}
        for person in people
        for clip in range(clips)
        for frame in range(frames)
    ]


def _taken(pairs, count):
    return list(itertools.islice(pairs, count))


def test_no_one_gets_traces_of_an_own_spoof_and_clips_take_turns():
    sources, targets = _rows("print", "abc", clips=2), _rows("live", "abcd", frames=3)
    pairs = _taken(draw_pairs(sources, targets, "0/print"), 60)
    assert [pair.number for pair in pairs] == list(range(60))
    assert all(person_of(pair.source) != person_of(pair.target) for pair in pairs)
    for start in range(0, 60, 6):  # each of the six clips gives once before any gives again
        assert len({pair.source["clip"] for pair in pairs[start : start + 6]}) == 6
    takers = collections.Counter(pair.target["clip"] for pair in pairs)
    assert set(takers) == {row["clip"] for row in targets} and max(takers.values()) < 2 * min(takers.values())
    assert {pair.source["frame"] for pair in pairs} == {"0", "1"}


def test_pairs_depend_on_the_seed_alone():
    sources, targets = _rows("print", "abc"), _rows("live", "abcd")
    pairs = _taken(draw_pairs(sources, targets, "0/print"), 20)
    assert _taken(draw_pairs(sources[::-1], targets[::-1], "0/print"), 20) == pairs
    assert _taken(draw_pairs(sources, targets, "1/print"), 20) != pairs


def test_who_has_no_other_person_gives_nothing():
    assert not list(draw_pairs(_rows("print", "a"), _rows("live", "a"), ""))
    assert not list(draw_pairs(_rows("print", "A"), _rows("live", "a"), ""))  # as on a file system that ignores case
    pairs = _taken(draw_pairs(_rows("print", "ab"), _rows("live", "a"), ""), 4)
    assert {pair.source["subject"] for pair in pairs} == {"b"}
    unknown = [{**row, "subject": ""} for row in _rows("print", "a")]
    assert _taken(draw_pairs(unknown, _rows("live", "a"), ""), 1)
