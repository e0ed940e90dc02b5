import collections
import itertools
import json
import pathlib
import random

import pytest

from phystd_tf.protocols.lists import read_stems
from phystd_tf.protocols.protocol import ClipFacts
from phystd_tf.protocols.registry import load_protocol, protocol_names, takes_lists
from phystd_tf.protocols.report import report_on
from phystd_tf.protocols.rules import ProtocolError, RandomSplit
from phystd_tf.spoof_types import SPOOF_TYPES
from tests.protocols.protocol_clips import CLIPS, SIWM, siwm

DATA = pathlib.Path(__file__).parents[2] / "protocols"
NAMES = [(dataset, name) for dataset in CLIPS for name in protocol_names(dataset) if name != "folder"]


def _counts(splits, clips):
    """split -> (live, spoof)"""
    label = {fact.clip: fact.label for fact in clips}
    found = collections.defaultdict(lambda: [0, 0])
    for clip, split in splits.items():
        found[split][1 - label[clip]] += 1
    return {split: tuple(pair) for split, pair in found.items()}


def _of(splits, split, clips):
    """Type -> number of clips of a split."""
    return collections.Counter(fact.type for fact in clips if splits.get(fact.clip) == split)


# --- counts ---

OULU_COUNTS = {
    "1": {"train": (240, 960), "dev": (180, 720), "test": (120, 480)},
    "2": {"train": (360, 720), "dev": (270, 540), "test": (360, 720)},
    "3": {"train": (300, 1200), "dev": (225, 900), "test": (60, 240)},
    "4": {"train": (200, 400), "dev": (150, 300), "test": (20, 40)},
}


def test_oulu_has_the_published_counts_in_all_42_parts():
    names = protocol_names("oulu")[1:]
    assert names == ("oulu_1", "oulu_2", *(f"oulu_{p}_{k}" for p in (3, 4) for k in range(1, 7)))
    for name in names:
        protocol = load_protocol(name)
        expected = OULU_COUNTS[name.split("_")[1]]
        assert _counts(protocol.assign(CLIPS["oulu"]), CLIPS["oulu"]) == expected == protocol.published, name


@pytest.mark.parametrize(
    "name, split, there, absent",
    [
        ("oulu_1", "test", ["6_3_55_5"], ["1_1_36_1", "1_3_20_1"]),
        ("oulu_2", "train", ["1_3_01_4"], ["1_1_01_3", "1_1_01_5"]),
        ("oulu_2", "test", ["1_1_36_3", "1_1_36_5"], ["1_1_36_2", "1_1_36_4"]),
        ("oulu_3_5", "dev", ["6_3_35_5"], ["5_1_21_1"]),
        ("oulu_4_2", "test", ["2_3_55_5"], ["2_2_55_5", "1_3_55_5", "2_3_55_4"]),
    ],
)
def test_oulu_divides_as_its_rules_say(name, split, there, absent):
    splits = load_protocol(name).assign(CLIPS["oulu"])
    own = {clip.rsplit("/")[-1] for clip, its in splits.items() if its == split}
    assert own.issuperset(there) and not own.intersection(absent)


def test_oulu_does_not_need_the_folders_to_tell_the_splits():
    moved = [fact._replace(clip=fact.clip.split("/")[1], split="") for fact in CLIPS["oulu"]]
    splits = load_protocol("oulu_4_1").assign(moved)
    assert _counts(splits, moved) == OULU_COUNTS["4"]


SIW_COUNTS = {
    "siw_1": ((714, 1702), (599, 1454)),
    "siw_2_1": ((714, 1003), (599, 300)),
    "siw_2_2": ((714, 1003), (599, 296)),
    "siw_2_3": ((714, 1005), (599, 294)),
    "siw_2_4": ((714, 1078), (599, 250)),
    "siw_3_1": ((714, 339), (599, 1140)),
    "siw_3_2": ((714, 1363), (599, 314)),
}


def test_siw_has_the_published_counts_and_no_dev():
    assert len(CLIPS["siw"]) == 4469 and protocol_names("siw")[1:] == tuple(SIW_COUNTS)
    for name, (train, test) in SIW_COUNTS.items():
        protocol = load_protocol(name)
        counts = _counts(protocol.assign(CLIPS["siw"]), CLIPS["siw"])
        assert counts == {"train": train, "test": test} == protocol.published
        assert protocol.max_train_frames == (60 if name == "siw_1" else None)


def test_siw_2_has_print_on_neither_side_and_the_media_disjoint():
    for medium in "1234":
        splits = load_protocol(f"siw_2_{medium}").assign(CLIPS["siw"])
        used = [fact for fact in CLIPS["siw"] if fact.clip in splits]
        assert {fact.type for fact in used} == {"live", "replay"}
        replays = [fact for fact in used if fact.type == "replay"]
        assert all((fact.instrument[-1] == medium) == (splits[fact.clip] == "test") for fact in replays)


# The nearest integer to 60 %; equal to the public lists of STDN for types where these are complete.
SIWM_TRAIN = {
    "replay": 59, "print": 71, "half_mask": 43, "silicone_mask": 16, "transparent_mask": 53, "paper_mask": 10,
    "mannequin": 24, "obfuscation_makeup": 14, "impersonation_makeup": 37, "cosmetic_makeup": 30,
    "funny_eyeglasses": 96, "paper_glasses": 76, "partial_eye": 34, "partial_mouth": 17, "live": 396,
}  # fmt: skip


def test_siwm_1_is_60_to_40_in_each_type():
    clips = CLIPS["siwm"]
    assert sum(SIWM.values()) == 660 + 968
    splits = load_protocol("siwm_1", seed=3).assign(clips)
    assert len(splits) == len(clips)
    assert _of(splits, "train", clips) == SIWM_TRAIN
    assert _of(splits, "test", clips) == {kind: SIWM[kind] - SIWM_TRAIN[kind] for kind in SIWM}


def test_siwm_2_leaves_out_each_of_13_types_once_and_covers_all():
    clips = CLIPS["siwm"]
    tested = collections.Counter()
    for kind in SPOOF_TYPES:
        splits = load_protocol(f"siwm_2_{kind}").assign(clips)
        members = ("partial_eye", "partial_mouth") if kind == "partial_paper" else (kind,)
        assert _of(splits, "test", clips) == {**{m: SIWM[m] for m in members}, "live": 132}
        known = {k: n for k, n in SIWM.items() if k not in members}
        assert _of(splits, "train", clips) == {**known, "live": 528}
        tested.update(f.clip for f in clips if not f.label and splits[f.clip] == "test")
    assert len(tested) == 968 and set(tested.values()) == {1}


def test_siwm_2_may_divide_live_as_the_folders_do():
    clips = CLIPS["siwm"]
    splits = load_protocol("siwm_2_print_folders").assign(clips)
    assert _counts(splits, clips) == {"train": (500, 968 - 118), "test": (160, 118)}
    assert splits["somewhere/Live_500"] == "train" and splits["somewhere/Live_501"] == "test"
    nowhere = [fact._replace(session="") for fact in clips]
    notes = report_on(load_protocol("siwm_2_print_folders"), nowhere).notes
    assert notes == ["train has no live clips", "test has no live clips"]


def test_siwm_3_is_siwm_1_with_a_type_moved_whole_to_the_test():
    clips = CLIPS["siwm"]
    for kind in SPOOF_TYPES:
        base = load_protocol("siwm_1", seed=5).assign(clips)
        splits = load_protocol(f"siwm_3_{kind}", seed=5).assign(clips)
        moved = {f.clip for f in clips if f.type == kind or (kind == "partial_paper" and f.type.startswith("partial_"))}
        assert moved and splits == {clip: "test" if clip in moved else split for clip, split in base.items()}


# --- lists of the user ---


def _write_lists(folder, **lists):
    folder.mkdir()
    for name, stems in lists.items():
        (folder / f"{name}.txt").write_text("\n".join(stems) + "\n")
    return str(folder)


@pytest.fixture
def v2_lists(tmp_path):
    return _write_lists(
        tmp_path / "lists",
        trainlist_all=["Paper_1", "Mask_Paper_1", "Partial_Paperglass_1", "Paper_1", "Partial_Eye_1", "Replay_1"],
        testlist_all=["Paper_2", "Mask_Paper_2", "Partial_Mouth_1", "Replay_77"],
        trainlist_live=["Live_1", "Live_2"],
        testlist_live=["Live_3", "Live_902"],
        train_A_pretrain=["Live_1", "Live_3", "Paper_1"],
        test_A_pretrain=["Live_3", "Paper_2"],
        test_B_spoof=["Live_2", "Partial_Eye_1"],
    )


def _v2_clips():
    counts = {"live": 3, "print": 3, "paper_mask": 2, "paper_glasses": 1, "partial_eye": 1, "partial_mouth": 1}
    return siwm({**counts, "replay": 1})


def _short(splits):
    return {side: sorted(c.split("/")[1] for c, s in splits.items() if s == side) for side in ("train", "test")}


def test_v2_known_types_are_as_listed_and_absent_names_are_reported(v2_lists):
    protocol = load_protocol("siwmv2_1", lists=v2_lists)
    assert _short(protocol.assign(_v2_clips())) == {
        "train": ["Live_1", "Live_2", "Mask_Paper_1", "Paper_1", "Partial_Eye_1", "Partial_Paperglass_1", "Replay_1"],
        "test": ["Live_3", "Mask_Paper_2", "Paper_2", "Partial_Mouth_1"],
    }
    found = report_on(protocol, _v2_clips())
    assert sorted(found.missing) == ["Live_902", "Replay_77"] and found.expected == 13
    assert found.unused == ["somewhere/Paper_3"]
    assert any("1 clips are in none of the lists" in note for note in found.notes)
    assert "train: 2 live and 5 spoof clips; the published counts are 531 and 533" in found.notes


def test_v2_unknown_print_leaves_paper_masks_and_paper_glasses_in_training(v2_lists):
    protocol = load_protocol("siwmv2_2_print", lists=v2_lists)
    assert _short(protocol.assign(_v2_clips())) == {
        "train": ["Live_1", "Live_2", "Mask_Paper_1", "Partial_Eye_1", "Partial_Paperglass_1", "Replay_1"],
        "test": ["Live_3", "Paper_1", "Paper_2", "Paper_3"],  # all of them, listed or not
    }
    assert report_on(protocol, _v2_clips()).missing == ["Live_902"]


def test_v2_unknown_partial_kinds_are_tested_alone_or_together(v2_lists):
    def tested(kind):
        return _short(load_protocol(f"siwmv2_2_{kind}", lists=v2_lists).assign(_v2_clips()))["test"]

    assert tested("partial_eye") == ["Live_3", "Partial_Eye_1"]
    assert tested("partial_mouth") == ["Live_3", "Partial_Mouth_1"]
    assert tested("partial_paper") == ["Live_3", "Partial_Eye_1", "Partial_Mouth_1"]


def test_v2_domains_are_trained_on_the_first_and_a_clip_of_both_lists_is_tested_only(v2_lists):
    protocol = load_protocol("siwmv2_3_a", lists=v2_lists)
    assert _short(protocol.assign(_v2_clips())) == {"train": ["Live_1", "Paper_1"], "test": ["Live_3", "Paper_2"]}
    assert any("used for testing only: Live_3" in note for note in report_on(protocol, _v2_clips()).notes)
    other = load_protocol("siwmv2_3_b", lists=v2_lists).assign(_v2_clips())
    assert _short(other) == {"train": ["Live_1", "Live_3", "Paper_1"], "test": ["Live_2", "Partial_Eye_1"]}


def test_every_v2_protocol_needs_lists_and_names_the_missing_ones(v2_lists, tmp_path):
    for name in protocol_names("siwmv2")[1:]:
        assert takes_lists(name)
        with pytest.raises(ProtocolError, match=f"{name}: .*--lists .*\\.txt"):
            load_protocol(name)
    with pytest.raises(ProtocolError, match=r"lacks test_C_race.txt; give"):
        load_protocol("siwmv2_3_c", lists=v2_lists)
    with pytest.raises(ProtocolError, match="nowhere.*no such folder"):
        load_protocol("siwmv2_1", lists=str(tmp_path / "nowhere"))


def test_siwm_lists_divide_the_spoofs_and_leave_live_to_a_random_draw(tmp_path):
    lists = {"trainlist": ["Paper_1", "Mask_Half_1"], "testlist": ["Paper_2", "Mask_Half_2"]}
    folder = _write_lists(tmp_path / "lists", **lists)
    clips = siwm({"live": 10, "print": 3, "half_mask": 2})
    splits = load_protocol("siwm_1", lists=folder).assign(clips)
    assert _of(splits, "train", clips) == {"live": 6, "print": 1, "half_mask": 1}
    assert _of(splits, "test", clips) == {"live": 4, "print": 1, "half_mask": 1}
    moved = load_protocol("siwm_3_print", lists=folder).assign(clips)
    assert _of(moved, "test", clips) == {"live": 4, "print": 3, "half_mask": 1}
    (tmp_path / "lists" / "trainlist_live.txt").write_text("Live_1")
    (tmp_path / "lists" / "testlist_live.txt").write_text("Live_2\nLive_3")
    splits = load_protocol("siwm_1", lists=folder).assign(clips)
    assert _counts(splits, clips) == {"train": (1, 2), "test": (2, 2)}


def test_a_list_may_have_a_mark_windows_lines_paths_and_no_last_line(tmp_path):
    path = tmp_path / "list.txt"
    path.write_bytes(b"\xef\xbb\xbfMakeup_Co_2\r\nPaper/Paper_3.mov\r\n\r\nPaper_3\r\nReplay_98")
    assert read_stems(str(path)) == ["Makeup_Co_2", "Paper_3", "Replay_98"]
    for text, why in (("Paper_1\nPaper\n", "line 2: 'Paper'"), ("\n", "empty")):
        path.write_text(text)
        with pytest.raises(ProtocolError, match=why):
            read_stems(str(path))


# --- the embedded set, and types left out ---


def test_instruments_are_disjoint_and_people_stay_in_their_splits():
    clips = CLIPS["folder"]
    protocol = load_protocol("embedded_instruments", seed=1)
    splits = protocol.assign(clips)
    seen = collections.defaultdict(set)
    for fact in clips:
        if fact.clip in splits:
            assert splits[fact.clip] == fact.split
            if not fact.label:
                seen[fact.type, splits[fact.clip] == "test"].add(fact.instrument)
    for kind in SPOOF_TYPES:
        assert len(seen[kind, False]) == 2 and len(seen[kind, True]) == 1
        assert not seen[kind, False] & seen[kind, True]
    assert any(note.startswith("print: tested on print_") for note in report_on(protocol, clips).notes)
    without = [fact._replace(instrument="") for fact in clips]
    with pytest.raises(ProtocolError, match="embedded_instruments: .*instruments"):
        protocol.assign(without)


def test_embedded_types_are_unknown_on_people_who_are_unknown_too():
    clips = CLIPS["folder"]
    for kind in SPOOF_TYPES:
        splits = load_protocol(f"embedded_2_{kind}").assign(clips)
        assert _of(splits, "test", clips) == {"live": 8, kind: 8}
        assert _of(splits, "train", clips) == {k: 32 for k in ("live", *SPOOF_TYPES) if k != kind}
        splits = load_protocol(f"embedded_3_{kind}").assign(clips)
        assert _of(splits, "test", clips) == dict.fromkeys(("live", *SPOOF_TYPES), 16)
        assert _of(splits, "train", clips) == {k: 24 for k in ("live", *SPOOF_TYPES) if k != kind}


def test_leaving_types_out_keeps_the_own_splits_and_tests_live_and_them():
    clips = CLIPS["folder"]
    splits = load_protocol("leave_out_print+half_mask").assign(clips)
    assert all(fact.split == splits[fact.clip] for fact in clips if fact.clip in splits)
    assert _of(splits, "test", clips) == {"live": 8, "print": 8, "half_mask": 8}
    known = [kind for kind in ("live", *SPOOF_TYPES) if kind not in ("print", "half_mask")]
    assert set(_of(splits, "train", clips)) == set(_of(splits, "dev", clips)) == set(known)
    with pytest.raises(ProtocolError, match="no clip is of the type wax_figure; there are cosmetic_makeup, "):
        load_protocol("leave_out_print+wax_figure").assign(clips)


def test_leaving_out_partial_paper_leaves_out_both_kinds():
    clips = [fact._replace(split="test") for fact in CLIPS["siwm"]]
    splits = load_protocol("leave_out_partial_paper").assign(clips)
    assert set(_of(splits, "test", clips)) == {"live", "partial_eye", "partial_mouth"}


def test_few_people_of_a_type_are_kept_and_all_else_stays():
    clips = CLIPS["folder"]
    before = load_protocol("folder").assign(clips)
    kept = {}
    for count in (1, 3):
        splits = load_protocol(f"few_{count}_print", seed=5).assign(clips)
        own = [fact for fact in clips if fact.type == "print"]
        kept[count] = {fact.person for fact in own if splits.get(fact.clip) == "train"}
        assert len(kept[count]) == count and not [fact for fact in own if splits.get(fact.clip) == "dev"]
        assert all(splits[fact.clip] == before[fact.clip] for fact in clips if fact.type != "print")
        assert _of(splits, "test", clips) == _of(before, "test", clips)
    assert kept[1] < kept[3]
    draws = [load_protocol("few_1_print", seed=seed).assign(clips) for seed in range(6)]
    assert len({tuple(sorted(splits)) for splits in draws}) > 1
    with pytest.raises(ProtocolError, match="few_999_print: only .* people of the type print are in train"):
        load_protocol("few_999_print").assign(clips)
    tested = [fact._replace(split="test") for fact in clips]  # another folder, with test faces only
    assert len(load_protocol("few_999_print").assign(tested)) == len(clips)


def test_few_people_of_partial_paper_are_those_of_both_kinds():
    clips = [fact._replace(split="train") for fact in CLIPS["siwm"]]
    splits = load_protocol("few_4_partial_paper").assign(clips)
    assert sum(fact.type.startswith("partial_") and fact.clip in splits for fact in clips) == 4


# --- properties of all ---


@pytest.mark.parametrize("dataset, name", NAMES)
def test_every_protocol_has_both_classes_on_both_sides_and_no_person_twice(dataset, name):
    protocol = load_protocol(name, seed=2)
    assert protocol.dataset == dataset and protocol.title and protocol.how and protocol.source
    found = report_on(protocol, CLIPS[dataset])
    assert found.leaks == [] and found.missing == []
    assert not any("no live" in note or "no spoof" in note or "published" in note for note in found.notes)
    splits = {row.split for row in found.counts}
    assert splits == ({"train", "test"} if dataset in ("siw", "siwm") or "_2_" in name[:11] else splits)
    assert {"train", "test"} <= splits <= {"train", "dev", "test"}
    assert sum(row.clips for row in found.counts) + len(found.unused) == len(CLIPS[dataset])


@pytest.mark.parametrize("name", ["siwm_1", "siwm_2_print", "siwm_3_print", "embedded_siwm_1", "embedded_instruments"])
def test_the_draw_depends_on_the_seed_but_not_on_the_order_of_rows(name):
    clips = list(CLIPS["siwm" if name.startswith("siwm") else "folder"])
    first = load_protocol(name, seed=7).assign(clips)
    random.Random(0).shuffle(clips)
    assert load_protocol(name, seed=7).assign(clips) == first
    assert load_protocol(name, seed=8).assign(clips) != first


def test_people_of_many_kinds_are_divided_60_to_40_together():
    kinds = [kinds for count in (2, 3) for kinds in itertools.combinations(("live", *SPOOF_TYPES[:4]), count)]
    clips = [
        ClipFacts(f"{n}/{kind}", f"p{n}", kind, int(kind == "live"), "")
        for n in range(81)
        for kind in kinds[n % len(kinds)]
    ]
    found = report_on(load_protocol("embedded_siwm_1"), clips)
    assert not found.leaks
    assert {split: len(people) for split, people in found.subjects.items()} == {"train": 49, "dev": 0, "test": 32}


def test_what_is_drawn_of_a_type_does_not_depend_on_other_types():
    clips = CLIPS["siwm"]
    fewer = [fact for fact in clips if fact.type != "replay"]
    whole, part = (load_protocol("siwm_1").assign(own) for own in (clips, fewer))
    assert part == {fact.clip: whole[fact.clip] for fact in fewer}


def test_live_people_who_are_known_are_on_one_side():
    clips = [f._replace(subject=f"p{i // 4}") if f.label else f for i, f in enumerate(CLIPS["siwm"])]
    found = report_on(load_protocol("siwm_2_replay"), clips)
    assert not found.leaks
    assert {side: len(own) for side, own in found.subjects.items() if own} == {"train": 132, "test": 33}


# --- what is refused ---


@pytest.mark.parametrize(
    "name, options, why",
    [
        ("oulu_5", {}, "no protocol 'oulu_5'; there are folder, oulu_1, .*siwm_2_<type>.* leave_out_<type>"),
        ("siwm_2_Print", {}, "no protocol"),
        ("leave_out_", {}, "expected leave_out_<type>"),
        ("leave_out_live", {}, "expected leave_out_<type>"),
        ("leave_out_print+", {}, "expected leave_out_<type>"),
        ("few_print", {}, "expected few_<number>_<type>"),
        ("few_0_print", {}, "expected few_<number>_<type>"),
        ("few_3_live", {}, "expected few_<number>_<type>"),
        ("few_3_print", {"lists": "x"}, "does not use lists"),
        ("oulu_1", {"lists": "x"}, "does not use lists"),
        ("siwm_2_print", {"lists": "x"}, "does not use lists"),
        ("folder", {"lists": "x"}, "does not use lists"),
        ("siwm_1", {"seed": -1}, "seed"),
    ],
)
def test_a_wrong_name_is_refused_with_the_right_ones(name, options, why):
    with pytest.raises(ProtocolError, match=why):
        load_protocol(name, **options)


def test_a_protocol_of_another_dataset_uses_nothing_and_says_so():
    with pytest.raises(ProtocolError, match="oulu_1 uses none of the 1628 clips: they do not match those of oulu"):
        load_protocol("oulu_1").assign(CLIPS["siwm"])
    with pytest.raises(ProtocolError, match="they have no splits of their own"):
        load_protocol("folder").assign(CLIPS["siwm"])


def test_the_files_say_where_they_are_from_and_have_each_name_once():
    names = protocol_names()
    assert len(set(names)) == len(names)
    assert all(set(protocol_names(dataset)) <= set(names) for dataset in (*CLIPS, "siwmv2"))
    for path in DATA.glob("*.json"):
        assert json.loads(path.read_text(encoding="utf-8"))["source"], path


def test_a_drawn_person_is_on_one_side_however_the_name_is_written():
    def splits(spoofed):
        facts = [(f"Dave{i}", "live", 1) for i in range(40)] + [(f"{spoofed}{i}", "print", 0) for i in range(40)]
        clips = [ClipFacts(f"{kind}/{name}", name, kind, label, "") for name, kind, label in facts]
        return list(RandomSplit(60, 0).assign(clips).values())

    assert splits("dave") == splits("Dave") and splits("dave")[:40] == splits("dave")[40:]
    assert set(splits("dave")) == {"train", "test"}
