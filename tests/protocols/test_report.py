"""Reports on protocols: counts, missing clips, and leaks between splits."""

from phystd_tf.protocols import report as protocol_report
from phystd_tf.protocols.protocol import ClipFacts
from phystd_tf.protocols.registry import load_protocol
from phystd_tf.protocols.report import report_on
from tests.protocols.protocol_clips import CLIPS


def test_planted_leaks_are_named():
    clips = [
        ClipFacts("a", "ann", "live", 1, "train"),
        ClipFacts("b", "ann", "print", 0, "test"),
        ClipFacts("c", "bob", "live", 1, "test"),
        ClipFacts("d", "d", "print", 0, "train"),
        ClipFacts("e", "", "print", 0, "test"),
    ]
    hashes = {"a": ["1"], "b": ["2"], "c": ["3"], "d": ["4", "5", "6"], "e": ["5", "6", "7"]}
    assert report_on(load_protocol("folder"), clips, hashes).leaks == [
        "subject ann is in train (a) and test (b)",
        "2 identical files in train (d) and test (e)",
    ]
    twice = {**hashes, "d": ["4"], "a": ["8"], "b": ["2"], "c": ["2"]}  # the same file twice in test is not a leak
    assert len(report_on(load_protocol("folder"), clips, twice).leaks) == 1


def test_a_person_is_shared_however_the_name_is_written():
    clips = [
        ClipFacts("a", "Dave", "live", 1, "train"),
        ClipFacts("b", "dave", "print", 0, "dev"),
        ClipFacts("c", "Jose\u0301", "live", 1, "train"),  # an accent in two characters, and in one
        ClipFacts("d", "jos\u00e9", "live", 1, "test"),
        ClipFacts("e", "Ann", "live", 1, "test"),
        ClipFacts("f", "ann", "live", 1, "test"),
    ]
    found = report_on(load_protocol("folder"), clips)
    assert found.leaks == [
        "subject Dave = dave is in train (a) and dev (b)",
        "subject Jose\u0301 = jos\u00e9 is in train (c) and test (d)",
    ]
    assert [(row.split, row.type, row.subjects) for row in found.counts][-1] == ("test", "live", 2)


def test_missing_oulu_videos_are_named():
    gone = ("1_1_01_1", "6_3_55_5", "1_3_01_1")  # the last is not one of protocol 1
    clips = [fact for fact in CLIPS["oulu"] if fact.clip.split("/")[1] not in gone]
    found = report_on(load_protocol("oulu_1"), clips)
    assert sorted(found.missing) == ["1_1_01_1", "6_3_55_5"] and found.expected == 2700
    assert "train: 239 live and 960 spoof clips; the published counts are 240 and 960" in found.notes


def test_official_lists_are_compared_with_the_rule():
    protocol = load_protocol("oulu_1")
    splits = protocol.assign(CLIPS["oulu"])
    official = {side: [c.split("/")[1] for c, s in splits.items() if s == side] for side in ("train", "dev", "test")}
    same = report_on(protocol, CLIPS["oulu"], official={"oulu_1": official})
    assert same.notes == [] and same.missing == []
    official["train"].remove("1_1_01_1")
    official["test"].append("1_1_36_1")
    notes = report_on(protocol, CLIPS["oulu"], official={"oulu_1": official}).notes
    assert notes == [
        "the official list of oulu_1 has 1 clips in no split that the rule puts into train: 1_1_01_1",
        "the official list of oulu_1 has 1 clips in test that the rule puts into no split: 1_1_36_1",
    ]


def test_official_lists_of_a_small_copy_are_not_expected_to_be_whole():
    few = CLIPS["oulu"][:90]
    names = [fact.clip.split("/")[1] for fact in few if fact.session != "3"]
    found = report_on(load_protocol("oulu_1"), few, official={"oulu_1": {"train": names}})
    assert found.missing == [] and found.expected == 60
    assert not any("official" in note for note in found.notes)


def test_counts_are_by_split_class_and_type():
    row = report_on(load_protocol("oulu_2"), CLIPS["oulu"]).counts[-1]
    assert row == protocol_report.Count("test", "replay", 0, 360, 20, ["replay_2"])
    unknown = report_on(load_protocol("siwm_1"), CLIPS["siwm"]).counts[0]
    assert unknown == protocol_report.Count("train", "live", 1, 396, 0, [])


def test_a_manifest_of_an_older_version_has_no_sessions():
    row = {"clip": "c", "subject": "s", "type": "print", "label": "0", "split": "dev", "frame": "3"}
    assert ClipFacts.of_row(row) == ClipFacts("c", "s", "print", 0, "dev", "", "", "")
    assert ClipFacts.of_row({**row, "device": "2"}).device == "2"
