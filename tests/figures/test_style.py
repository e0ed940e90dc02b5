from phystd_tf import spoof_types
from phystd_tf.figures.style import label_of, looks


def test_every_type_looks_different_and_groups_share_a_color():
    types = [spoof_types.LIVE, *spoof_types.SPOOF_TYPES, "alien", "weird"]
    found = looks(types)
    assert list(found) == types and len(set(found.values())) == len(types)
    for group in (spoof_types.MASKS, spoof_types.MAKEUPS, spoof_types.PARTIALS, ("alien", "weird")):
        assert len({found[name].color for name in group}) == 1
    assert len({look.color for look in found.values()}) == 7
    assert looks(["print"])["print"] == found["print"]  # regardless of the other types


def test_labels_are_for_people():
    assert label_of("paper_glasses") == "Paper glasses"
