import collections

import pytest

from phystd_tf.protocols.assignment import Member, assign_splits, shared_subjects
from phystd_tf.protocols.clip_facts import SPLITS


def _members(both=0, live_only=0, spoof_only=0):
    members = [Member(f"b{i}", label) for i in range(both) for label in (1, 0, 0)]
    members += [Member(f"l{i}", 1) for i in range(live_only)]
    return members + [Member(f"s{i}", 0) for i in range(spoof_only)]


@pytest.mark.parametrize("people", [(3, 0, 0), (50, 0, 0), (0, 3, 3), (3, 1, 1), (10, 7, 4)])
def test_nobody_is_in_two_splits_and_each_split_has_both_classes(people):
    members = _members(*people)
    for seed in range(5):
        splits = assign_splits(members, seed)
        assert shared_subjects(members, splits) is None
        assert {(split, member.label) for split, member in zip(splits, members)} == {
            (split, label) for split in SPLITS for label in (0, 1)
        }


@pytest.mark.parametrize("number", [5, 10, 50, 100])
def test_shares_are_60_20_20(number):
    members = _members(both=number)
    people = collections.Counter(dict(zip((m.subject for m in members), assign_splits(members, 1))).values())
    assert people == {"train": 0.6 * number, "dev": 0.2 * number, "test": 0.2 * number}


def test_too_few_subjects_are_for_training_then_for_testing():
    assert set(assign_splits(_members(both=2), 0)) == {"train", "test"}
    assert set(assign_splits(_members(both=1), 0)) == {"train"}


def test_the_draw_depends_on_the_seed_but_not_on_the_order_of_rows():
    members = _members(both=20, live_only=5)
    backwards = assign_splits(members[::-1], 4)[::-1]
    assert assign_splits(members, 4) == backwards
    assert assign_splits(members, 4) != assign_splits(members, 5)


def test_a_subject_in_two_splits_is_named():
    assert shared_subjects([Member("ann", 1), Member("bob", 1), Member("bob", 0)], ["train", "dev", "test"]) == "bob"


def test_names_that_differ_in_case_only_are_one_person():
    def splits(spoofed):
        members = [Member(f"Dave {i}", 1) for i in range(30)] + [Member(f"{spoofed} {i}", 0) for i in range(30)]
        return assign_splits(members + [Member(f"ann {i}", 1) for i in range(7)], 0)

    assert splits("dave") == splits("Dave") and splits("dave")[:30] == splits("dave")[30:60]
    assert set(splits("dave")) == set(SPLITS)
    assert shared_subjects([Member("Dave", 1), Member("DAVE", 0)], ["train", "dev"]) == "DAVE"
