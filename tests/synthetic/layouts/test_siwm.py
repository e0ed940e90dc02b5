"""The layouts of SiW-M and SiW-Mv2: numbers and lists as in the real datasets."""

import os

import pytest

from phystd_tf import spoof_types
from phystd_tf.synthetic.clips import start_clip
from phystd_tf.synthetic.layouts import LAYOUTS, all_clips, siwm
from phystd_tf.synthetic.media import MEDIA
from tests.synthetic.layouts.copies import clips_and_lists, copy_recipe, is_allowed


def test_siwm_numbers_are_divided_as_in_the_public_lists():
    for layout in ("siwm", "siwmv2"):
        for train, test in LAYOUTS[layout].numbers.values():
            assert not set(train.split()) & set(test.split())
    v1, v2 = siwm.SiwMV1.numbers, siwm.SiwMV2.numbers
    assert v1["Makeup_Ob"][1] == "" and v1["Makeup_Co"] == ("2 5 6 7 9 10 14 41", "1 3 4 12 13 40")
    assert all(v1[stem] == v2[stem] for stem in ("Partial_Eye", "Partial_Funnyeye", "Partial_Mouth", "Replay"))
    assert v1["Makeup_Im"] != v2["Makeup_Im"]


def test_siwm_lists_are_those_of_the_first_edition():
    clips, lists = clips_and_lists("siwm", subjects=5, clips_per_subject=2)
    for split in ("train", "test"):
        text = lists[f"{split}list.txt"]
        assert not text.endswith("\n") and text.count("\n") == text.count("\r\n")
        stems = {clip.path.rsplit("/", 1)[1][:-4] for clip in clips if clip.split == split}
        assert set(text.split("\r\n")) == {stem for stem in stems if not stem.startswith("Live")}
    for clip in clips:
        if clip.spoof_type == spoof_types.LIVE:
            assert clip.path.split("/")[1].lower() == clip.split


@pytest.mark.parametrize("layout", ["siwm", "siwmv2"])
def test_a_large_copy_goes_on_with_numbers_that_the_dataset_does_not_have(layout):
    recipe = copy_recipe(layout, subjects=30, live_clips_per_subject=2)
    names = [siwm.parse_name(clip) for clip in all_clips(recipe)]
    assert len(set(names)) == len(names)
    for stem, numbers in LAYOUTS[layout].numbers.items():
        for split, people, listed, first in zip(("train", "test"), (18, 12), numbers, (1001, 2001)):
            found = sorted(name.number for name in names if (name.stem, name.split) == (stem, split))
            wanted = people * (2 if stem == "Live" else 1) if listed else 0
            known = [int(number) for number in listed.split()]
            assert len(found) == wanted and set(found) == {*known, *range(first, first + wanted - len(known))}


def test_siwmv2_lists():
    clips, lists = clips_and_lists("siwmv2", subjects=6)
    stems = {split: set() for split in ("train", "test")}
    for clip in clips:
        stems[clip.split].add(clip.path.rsplit("/", 1)[1].split(".")[0])
    for split, names in stems.items():
        listed = {kind: lists[f"pro_3_text/{split}list_{kind}.txt"].splitlines() for kind in ("all", "live")}
        assert set(listed["all"]) | set(listed["live"]) == names
        assert all(name.startswith("Live_") for name in listed["live"])
        for part in ("A_pretrain", "B_spoof", "C_race", "D_age", "E_ill"):
            rows = lists[f"pro_3_text/{split}_{part}.txt"].splitlines()
            assert rows and set(rows) <= names and any(row.startswith("Live_") for row in rows)
    rows = [row.rpartition("_")[0] for row in lists["pro_3_text/trainlist_all.txt"].splitlines()]
    assert len({rows.count(stem) for stem in rows}) == 1
    assert {os.path.splitext(clip.path)[1] for clip in clips} == {".mov", ".avi", ".mp4"}


@pytest.mark.parametrize("layout", ["siwm", "siwmv2"])
def test_stems_belong_to_types(layout):
    for clip in all_clips(copy_recipe(layout)):
        place = siwm.parse_name(clip)
        assert siwm.STEMS[place.stem] == clip.spoof_type
    # This includes types that are not simulated.
    for stem in siwm.STEMS:
        for split in ("train", "test"):
            assert is_allowed(layout, LAYOUTS[layout].path_of(siwm.VideoName(stem, 12, split)))
    if spoof_types.PARTIAL_PAPER in MEDIA:
        recipe = copy_recipe(layout, clips_per_subject=3)
        for clip in all_clips(recipe):
            if clip.spoof_type == spoof_types.PARTIAL_PAPER:
                word = "eye" if siwm.parse_name(clip).stem == "Partial_Eye" else "mouth"
                assert word in start_clip(recipe, clip).parameters.instrument
