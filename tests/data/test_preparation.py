import os
import pathlib
import subprocess
import sys
import time

import pytest
import tensorflow as tf

from phystd_tf.data import preparation, processes
from phystd_tf.data.pipeline import evaluation_dataset, training_dataset
from phystd_tf.data.preparation import Settings, prepare
from phystd_tf.data.prepared_folder import open_folder
from phystd_tf.data.readers.folder import list_clips
from phystd_tf.errors import PhystdError
from phystd_tf.files.images import write_image
from tests.data.photographs import save
from tests.training.tiny import tiny_hparams

SETTINGS = Settings(image_size=64, map_sizes=(64, 32), depth_size=8)
REPOSITORY = pathlib.Path(__file__).parents[2]


def _prepare(root, out, settings=SETTINGS, workers=1, draw=0):
    seen = []
    rows = prepare(list_clips(str(root)).clips, str(out), settings, workers, draw, lambda *done: seen.append(done))
    return rows, seen


def _content(out) -> dict:
    return {path.name: path.read_bytes() for path in pathlib.Path(out).iterdir() if path.is_file()}


def test_photographs_become_batches_and_failures_become_rows(root, tmp_path):
    out = tmp_path / "prepared"
    rows, seen = _prepare(root, out, draw=3)
    assert [sum(column) for column in zip(*seen)] == [14, 2]
    assert {row["clip"]: row["status"] for row in rows if row["status"] != "ok"} == {
        "live/p0/empty.png": "no_face",
        "spoof/print/p1/text.jpg": "unreadable",
    }
    assert sum(row["status"] == "ok" for row in rows) == 12
    assert all(float(row["fit_error"]) < 0.08 for row in rows if row["status"] == "ok")
    splits = {}
    for row in rows:
        splits.setdefault(row["subject"], set()).add(row["split"])
    assert all(len(own) == 1 for own in splits.values())
    assert set.union(*splits.values()) == {"train", "dev", "test"}
    hparams = tiny_hparams()
    batch = next(iter(training_dataset(str(out), hparams, "train", 0)))
    assert float(tf.reduce_max(batch.live.depth)) > 0.5
    faces = sum(
        len(images) for s in ("train", "dev", "test") for images, _ in evaluation_dataset(str(out), hparams, s, 4)
    )
    assert faces == 12
    for row in rows:
        if row["status"] == "ok":  # each face is at the offset given in its row
            with open(out / row["shard"], "rb") as shard:
                shard.seek(int(row["offset"]))
                length = int.from_bytes(shard.read(12)[:8], "little")
                features = tf.train.Example.FromString(shard.read(length)).features.feature
            found = features["clip"].bytes_list.value[0].decode(), features["frame"].int64_list.value[0]
            assert found == (row["clip"], int(row["frame"]))
    assert len(list((out / "drawn").iterdir())) == 3
    assert not [name for name in os.listdir(out) if name.endswith(".tmp") or name == "unfinished"]


def test_the_same_call_on_a_finished_folder_changes_nothing(root, tmp_path, monkeypatch):
    out = tmp_path / "prepared"
    first, _ = _prepare(root, out)
    before = _content(out)
    monkeypatch.setattr(processes, "FaceAligner", lambda: pytest.fail("nothing is left to do"))
    second, seen = _prepare(root, out)
    assert second == first and _content(out) == before
    assert [sum(column) for column in zip(*seen)] == [14, 2]


def test_an_interruption_at_any_clip_gives_the_same_folder_in_the_end(root, tmp_path):
    _prepare(root, tmp_path / "whole")

    class Stop(Exception):
        pass

    def stop(*_):
        raise Stop

    out, clips = tmp_path / "parts", list_clips(str(root)).clips
    finished = {}
    for _ in range(3):
        with pytest.raises(Stop):
            calls = iter([None] * (len(finished) + 1))
            prepare(clips, str(out), SETTINGS, 1, 0, lambda *_, calls=calls: next(calls, "stop") and stop())
        now = _finished(out)
        assert finished.items() <= now.items() and len(now) > len(finished)
        finished = now
    _prepare(root, out)
    assert _content(out) == _content(tmp_path / "whole")


def test_a_kill_costs_only_what_was_being_worked_on(root, tmp_path):
    out, settings = tmp_path / "prepared", SETTINGS._replace(depth_size=32)
    (root / "live" / "p0" / os.fsdecode(b"caf\xe9.mp4")).write_bytes(b"no video")  # one more row, in any process
    command = [sys.executable, "-m", "tools.prepare", f"--root={root}", f"--out={out}", "--workers=2", "--shard=1/1"]
    command += ["--image_size=64", "--map_sizes=64,32"]
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while len(_finished(out)) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()  # it may have ended; a share is not merged
    process.wait()
    finished, kept = _finished(out), {}
    assert len(finished) >= 3
    prepare(list_clips(str(root)).clips, str(out), settings, 1, 0, lambda *_: kept.update(_finished(out)))
    assert finished.items() <= kept.items()
    _prepare(root, tmp_path / "alone", settings, workers=1)
    assert _content(out) == _content(tmp_path / "alone")


def _finished(out) -> dict:
    """When each finished clip was written; the name of an unfinished file starts with a dot."""
    return {path.name: path.stat().st_mtime_ns for path in (out / "unfinished").glob("[!.]*.json")}


@pytest.mark.parametrize(
    "change, said",
    [({"image_size": 32}, "image_size was 64, now 32"), ({"seed": 1}, "seed"), ({"frame_step": 2}, "frame_step")],
)
def test_other_settings_are_refused_by_name(root, tmp_path, change, said):
    out = tmp_path / "prepared"
    open_folder(str(out), SETTINGS, list_clips(str(root)).clips, preparation.MorphableModel.load())
    with pytest.raises(PhystdError, match=said):
        _prepare(root, out, SETTINGS._replace(**change))


def test_other_photographs_are_refused(root, tmp_path):
    out = tmp_path / "prepared"
    open_folder(str(out), SETTINGS, list_clips(str(root)).clips, preparation.MorphableModel.load())
    (root / "live" / "p0" / "empty.png").unlink()
    with pytest.raises(PhystdError, match="14 clips, now 13"):
        _prepare(root, out)


def test_a_folder_with_something_else_in_it_is_left_alone(root, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(PhystdError, match="not empty"):
        _prepare(root, tmp_path)


def test_splits_of_the_layout_that_share_a_subject_are_refused(tmp_path):
    for path in ("train/live/ann/1.jpg", "test/live/ann/2.jpg", "train/spoof/print/bob/1.jpg"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_bytes(b"x")
    with pytest.raises(PhystdError, match="'ann' is in more than one"):
        preparation.with_splits(list_clips(str(tmp_path)).clips, 0)


def test_shares_together_are_the_whole_in_any_order(root, tmp_path):
    _prepare(root, tmp_path / "whole")
    clips, out = list_clips(str(root)).clips, tmp_path / "shared"
    counts = []
    for share in ((3, 3), (1, 3)):
        done = []
        assert (
            prepare(clips, str(out), SETTINGS, 1, progress=lambda *one, done=done: done.append(one), share=share)
            is None
        )
        counts.append(len(done))
    assert counts == [4, 5] and len(_finished(out)) == 9 and not (out / "manifest.csv").exists()
    seen = []
    rows = prepare(
        clips, str(out), SETTINGS, 1, progress=lambda *one: seen.append(one)
    )  # the second share was never prepared
    assert len(seen) == 14 and len(rows) == 14
    assert _content(out) == _content(tmp_path / "whole")


def _change(root, photographs):
    """Puts another face under a known name, and a good photograph in place of a broken one."""
    save(root / "live" / "p2" / "1.png", photographs["hopper"])
    (root / "spoof" / "print" / "p1" / "text.jpg").write_bytes((root / "live" / "p1" / "1.png").read_bytes())


def test_changed_photographs_are_prepared_again_and_named(root, tmp_path, photographs):
    out, notes = tmp_path / "prepared", []
    _prepare(root, out)
    _change(root, photographs)
    for path in root.rglob("1.png"):
        os.utime(path, (1, 1))  # other file times alone are no change
    prepared = []
    rows = prepare(
        *(list_clips(str(root)).clips, str(out), SETTINGS, 1),
        progress=lambda *_: prepared.append(_finished(out)),
        note=notes.append,
    )
    assert notes == ["2 of 14 clips have changed since and are prepared again: live/p2/1.png, spoof/print/p1/text.jpg"]
    assert len(prepared[0]) == 12 and sum(row["status"] == "ok" for row in rows) == 13
    _prepare(root, tmp_path / "anew")
    now, anew = _content(out), _content(tmp_path / "anew")
    assert now.pop("sources.json") != anew.pop("sources.json")  # it has the file times of the photographs
    assert now == anew
    assert prepare(list_clips(str(root)).clips, str(out), SETTINGS, 1, note=notes.append) == rows and len(notes) == 1


def test_photographs_that_change_between_two_calls_are_prepared_again(root, tmp_path, photographs):
    out, clips, notes = tmp_path / "prepared", list_clips(str(root)).clips, []
    for share in (1, 2, 3, 4):
        prepare(clips, str(out), SETTINGS, 1, share=(share, 4))
    _change(root, photographs)
    prepare(clips, str(out), SETTINGS, 1, share=(2, 4), note=notes.append)
    prepare(clips, str(out), SETTINGS, 1, note=notes.append)
    assert [note[:9] for note in notes] == ["1 of 4 cl", "1 of 14 c"]
    _prepare(root, tmp_path / "anew")
    assert _content(out) == _content(tmp_path / "anew")
    (root / "live" / "p0" / "1.png").write_text("no photograph")
    with pytest.raises(PhystdError, match="1 clips have changed since the shares were joined: live/p0/1.png"):
        prepare(clips, str(out), SETTINGS, 1, share=(1, 2))


def test_a_folder_without_any_face_gets_those_of_repaired_photographs(tmp_path, photographs):
    root, out = tmp_path / "photographs", tmp_path / "prepared"
    for path in (root / "live" / "p0" / "1.png", root / "spoof" / "print" / "p0" / "1.png"):
        path.parent.mkdir(parents=True)
        path.write_text("no photograph")
    rows, _ = _prepare(root, out)
    assert {row["status"] for row in rows} == {"unreadable"}
    save(root / "live" / "p0" / "1.png", photographs["hopper"])
    rows, _ = _prepare(root, out)
    assert [row["status"] for row in rows] == ["ok", "unreadable"] and rows[0]["shard"]


def test_a_folder_of_an_earlier_version_is_kept_and_the_unknown_is_said(root, tmp_path, photographs):
    out, notes = tmp_path / "prepared", []
    first, _ = _prepare(root, out)
    (out / "sources.json").unlink()
    _change(root, photographs)
    assert prepare(list_clips(str(root)).clips, str(out), SETTINGS, 1, note=notes.append) == first
    assert "14 clips were prepared before the state of their files was recorded" in notes[0]


def test_what_a_list_says_anew_of_a_clip_reaches_the_manifest(root, tmp_path):
    out, clips = str(tmp_path / "prepared"), list_clips(str(root)).clips
    prepare(clips, out, SETTINGS, 1)
    rows = prepare([clip._replace(session="2") for clip in clips], out, SETTINGS, 1)
    assert {row["session"] for row in rows} == {"2"}


def test_names_that_are_not_utf8_are_rows_like_others(tmp_path, photographs):
    root, out = tmp_path / "photographs", tmp_path / os.fsdecode(b"prepared\xff")
    odd = os.fsdecode(b"caf\xe9")
    write_image(photographs["hopper"], str(root / "live" / odd / f"{odd}.png"))
    save(root / "spoof" / "print" / "p0" / "1.png", photographs["hopper"] // 2)
    (root / "spoof" / "print" / "p0" / f"{odd}.mp4").write_bytes(b"no video")
    rows, _ = _prepare(root, out, draw=2)
    assert [(row["clip"], row["status"]) for row in rows] == [
        ("live/caf\\xe9/caf\\xe9.png", "ok"),
        ("spoof/print/p0/1.png", "ok"),
        ("spoof/print/p0/caf\\xe9.mp4", "unreadable"),
    ]
    assert rows[2]["reason"].startswith("not a video") and rows[2]["source"].endswith("p0/caf\\xe9.mp4")
    assert len(os.listdir(out / "drawn")) == 1
    split = rows[0]["split"]
    assert len(list(evaluation_dataset(str(out), tiny_hparams(), split, 4))) >= 1


def test_every_clip_is_in_one_share():
    for count in (0, 1, 7, 100):
        for shares in (1, 2, 3, 8):
            taken = [
                number for share in range(1, shares + 1) for number in preparation.of_share(count, (share, shares))
            ]
            assert sorted(taken) == list(range(count))
    assert list(preparation.of_share(3, None)) == [0, 1, 2]


def test_another_process_may_be_making_the_folder(root, tmp_path):
    out = tmp_path / "prepared"
    out.mkdir()
    (out / ".unfinished-77-prepared.json").write_text("{")
    assert _prepare(root, out)[0]
    # Files left by a killed process are removed.
    assert [name for name in os.listdir(out) if name.startswith(".")] == [".lock"]
    (out / "drawn").mkdir()
    (out / "drawn" / ".unfinished-78.png").write_text("")
    assert _prepare(root, out)[0] and not os.listdir(out / "drawn")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("")
    with pytest.raises(PhystdError, match="not empty"):
        _prepare(root, tmp_path / "other")


def test_what_a_reader_knows_of_a_clip_reaches_the_manifest(root, tmp_path):
    clips = [
        clip._replace(session="2", device="5", instrument="" if clip.label else "print_1")
        for clip in list_clips(str(root)).clips
    ]
    rows = prepare(clips, str(tmp_path / "prepared"), SETTINGS._replace(dataset="oulu"), 1)
    assert {(row["session"], row["device"]) for row in rows} == {("2", "5")}
    assert {row["instrument"] for row in rows if row["label"] == "0"} == {"print_1"}
