import pytest

from phystd_tf import spoof_types


def test_thirteen_types_of_table_3_and_their_labels():
    assert len(set(spoof_types.SPOOF_TYPES)) == 13
    assert [spoof_types.label_of(name) for name in spoof_types.SPOOF_TYPES] == [0] * 13
    assert spoof_types.label_of(spoof_types.LIVE) == 1
    assert spoof_types.label_of("something_else") == 0


@pytest.mark.parametrize(
    "name, expected",
    [
        ("Print", "print"),
        ("paper-glasses", "paper_glasses"),
        ("Paper Glasses", "paper_glasses"),
        ("Mask_Half", "half_mask"),
        ("HalfMask", "half_mask"),
        ("Makeup_Co", "cosmetic_makeup"),
        ("Partial_FunnyEye", "funny_eyeglasses"),
        ("FunnyEyeglasses", "funny_eyeglasses"),
        ("partial_eye", "partial_eye"),
        ("LIVE", "live"),
        ("Deep Fake 2", "deep_fake_2"),
        ("...", "unknown"),
        ("", "unknown"),
    ],
)
def test_normalize(name, expected):
    assert spoof_types.normalize(name) == expected


def test_normalize_keeps_its_own_results():
    names = spoof_types.SPOOF_TYPES + spoof_types.PARTIAL_KINDS + (spoof_types.LIVE, "deep_fake_2", "unknown")
    assert [spoof_types.normalize(name) for name in names] == list(names)


def test_open_region_of_figure_7():
    assert spoof_types.open_region("print") == spoof_types.open_region("replay") == spoof_types.OPEN_NOTHING
    assert {spoof_types.open_region(name) for name in spoof_types.MASKS + spoof_types.MAKEUPS} == {"face"}
    assert spoof_types.open_region("paper_glasses") == spoof_types.open_region("funny_eyeglasses") == "eyes"
    assert spoof_types.open_region("partial_mouth") == "mouth"
    assert spoof_types.open_region("never_heard_of") == spoof_types.OPEN_FACE


def test_both_kinds_of_partial_paper_are_one_column_of_table_3():
    assert {spoof_types.table_type(kind) for kind in spoof_types.PARTIAL_KINDS} == {spoof_types.PARTIAL_PAPER}
    others = (*spoof_types.SPOOF_TYPES, spoof_types.LIVE, "a_new_kind")
    assert [spoof_types.table_type(kind) for kind in others] == list(others)
