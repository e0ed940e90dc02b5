import pytest

from phystd_tf.data import records
from tests import program


def _run(folder, *arguments):
    return program.run("tools.protocols", arguments, folder)


def _write_prepared(folder, clips):
    """A finished prepared folder without faces: ``clips`` are (clip, subject, type, split, instrument)."""
    folder.mkdir()
    (folder / "files").mkdir()
    records.save_settings(str(folder), {"format": records.FORMAT_VERSION, "dataset": "folder"})
    rows = []
    for clip, subject, kind, split, instrument in clips:
        source = folder / "files" / f"{clip}.jpg"
        source.write_text(clip)
        row = {"source": str(source), "clip": clip, "frame": 0, "subject": subject, "type": kind, "split": split}
        label = int(kind == "live")
        face = {"status": records.OK, "shard": records.shard_name(split, label, 0), "offset": 0}
        rows.append({**row, "label": label, "instrument": instrument, **face})
    records.write_manifest(str(folder / records.MANIFEST_FILE), rows)
    return folder


@pytest.fixture
def prepared(tmp_path):
    clips = []
    for subject, split in (("ann", "train"), ("bob", "dev"), ("cid", "test")):
        clips += [(f"{subject}_{kind}", subject, kind, split, "") for kind in ("live", "print", "half_mask")]
    return _write_prepared(tmp_path / "prepared", clips)


def test_all_protocols_that_fit_are_listed_with_their_counts(prepared):
    done = _run(prepared, "--data=.")
    assert done.code == 0, done.stderr
    lines = {line.split()[0]: " ".join(line.split()) for line in done.stdout.splitlines()}
    assert lines["folder"] == "folder 1 + 2 1 + 2 1 + 2 as prepared"
    assert lines["embedded_3_print"].startswith("embedded_3_print 2 + 2 - 1 + 2")
    assert "no clip is of the type replay" in lines["embedded_2_replay"]
    assert "oulu_1" not in lines and "leave_out_TYPE" in done.stdout


def test_a_protocol_is_shown_by_split_type_and_subject(prepared):
    done = _run(prepared, "--data=.", "--protocol=leave_out_print", "--hashes")
    assert done.code == 0, done.stderr
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    for line in ("train half_mask spoof 1 1", "test print spoof 1 1", "dev live live 1 1"):
        assert line in lines
    assert "test: 2 clips; 1 subjects (and their clips): cid (2)" in lines
    assert "not used: 3 clips: ann_print, bob_print, cid_half_mask" in lines
    assert "no known person is in several splits, and no identical file is" in lines
    assert "reading" in done.stderr  # the bar


def test_where_nobody_is_known_it_does_not_say_that_nobody_is_on_two_sides(tmp_path):
    clips = [(f"{kind}{split}", "", kind, split, "") for kind in ("live", "print") for split in ("train", "test")]
    folder = _write_prepared(tmp_path / "prepared", clips)
    done = _run(tmp_path, f"--data={folder}", "--protocol=folder")
    assert done.code == 0 and "who is in several splits is not known" in done.stdout
    assert "no known person" not in done.stdout


def test_leaks_are_named_and_end_with_1(prepared):
    (prepared / "files" / "cid_live.jpg").write_text("ann_print")
    assert _run(prepared, "--data=.", "--protocol=folder").code == 0
    done = _run(prepared, "--data=.", "--protocol=folder", "--hashes")
    assert done.code == 1
    assert "LEAK: the same file in train (ann_print) and test (cid_live)" in done.stdout


def test_a_person_on_two_sides_is_named(tmp_path):
    clips = [
        (f"{n}{split}", f"p{n}", kind, split, "")
        for n in range(7)
        for kind, split in (("live", "train"), ("print", "test"))
    ]
    folder = _write_prepared(tmp_path / "prepared", clips)
    done = _run(tmp_path, f"--data={folder}", "--protocol=folder")
    assert done.code == 1
    assert "LEAK: subject p0 is in train (0train) and test (0test)" in done.stdout
    assert "LEAK: 2 more, see --all" in done.stdout and "subject p6" not in done.stdout
    everything = _run(tmp_path, f"--data={folder}", "--protocol=folder", "--all")
    assert "subject p6" in everything.stdout


def test_a_dataset_need_not_be_prepared(tmp_path):
    for split, subject in (("Train", 1), ("Dev", 21), ("Test", 36)):
        folder = tmp_path / "oulu" / f"{split}_files"
        folder.mkdir(parents=True)
        for session in "123":
            for file in "12345":
                (folder / f"1_{session}_{subject:02d}_{file}.avi").write_text(f"{session}{subject}{file}")
    lists = tmp_path / "oulu" / "Protocols" / "Protocol_1"
    lists.mkdir(parents=True)
    for split, subject, sessions in (("Train", 1, "12"), ("Dev", 21, "12"), ("Test", 36, "3")):
        rows = [f"+1,1_{session}_{subject:02d}_{file}" for session in sessions for file in "12345"]
        (lists / f"{split}.txt").write_text("\n".join(rows[1:] if split == "Dev" else rows))
    done = _run(tmp_path, "--dataset=oulu", "--root=oulu", "--protocol=oulu_1", "--hashes")
    assert done.code == 0, done.stderr
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "train print spoof 4 1 print_1, print_2" in lines and "test live live 1 1" in lines
    assert any(
        "the official list of oulu_1 has 1 clips in no split that the rule puts into dev: 1_1_21_1" in x for x in lines
    )


@pytest.mark.parametrize(
    "flags, why",
    [
        ((), "give either --data=PREPARED, or --dataset=NAME and --root=DIR"),
        (("--data=nowhere",), "nowhere"),
        (("--data=.", "--root=x", "--dataset=oulu"), "give either"),
        (("--root=x",), "belong together"),
        (("--dataset=imagenet", "--root=x"), "unknown --dataset=imagenet; there are folder, oulu"),
        (("--data=.", "--protocol=oulu_9"), "no protocol 'oulu_9'"),
        (("--data=.", "--protocol=oulu_1"), "oulu_1 is one of the dataset oulu, these are folder"),
        (("--data=.", "--protocol=siwmv2_1"), "--lists"),
        (("--data=.", "--hashes"), "--hashes needs --protocol"),
        (("--data=.", "--protocol=leave_out_replay"), "no clip is of the type replay"),
    ],
)
def test_wrong_use_is_one_sentence_and_ends_with_2(prepared, flags, why):
    done = _run(prepared, *flags)
    assert done.code == 2 and "Traceback" not in done.stderr
    assert why in done.stderr and len(done.stderr.strip().splitlines()) == 1


def test_hashes_of_files_that_are_gone_are_refused(prepared):
    (prepared / "files" / "bob_live.jpg").unlink()
    done = _run(prepared, "--data=.", "--protocol=folder", "--hashes")
    assert done.code == 2 and "bob_live.jpg: cannot be read" in done.stderr and "Traceback" not in done.stderr
