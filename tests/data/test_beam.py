import os
import pathlib
import threading

import pytest

from phystd_tf.data import beam
from phystd_tf.data.beam import BeamEngine
from phystd_tf.data.clip_preparation import Settings
from phystd_tf.data.preparation import prepare
from phystd_tf.data.prepared_folder import PreparationError
from phystd_tf.data.readers.folder import list_clips
from tests import program

SETTINGS = Settings(image_size=64, map_sizes=(64, 32), depth_size=8)
# What DirectRunner falls back to; it may first try to fetch Prism, a runner in another language.
IN_PYTHON = ["--runner=FnApiRunner"]


def _prepare(root, out, engine=None, draw=2, share=None):
    seen = []
    done = lambda *one: seen.append(one)  # noqa: E731
    rows = prepare(list_clips(str(root)).clips, str(out), SETTINGS, 1, draw, done, share, engine=engine)
    return rows, [sum(column) for column in zip(*seen)]


def _not_fetched(*_):
    raise RuntimeError("there is no network in tests")


def _content(out) -> dict:
    """All files of the folder."""
    files = (path for path in pathlib.Path(out).rglob("*") if path.is_file())
    return {str(path.relative_to(out)): path.read_bytes() for path in files}


@pytest.mark.parametrize(
    "options",
    [
        IN_PYTHON,
        [*IN_PYTHON, "--direct_num_workers=2", "--direct_running_mode=multi_threading"],
        ["--runner=DirectRunner"],
    ],
)
def test_a_pipeline_gives_the_folder_of_this_machine_byte_for_byte(root, tmp_path, monkeypatch, options):
    monkeypatch.setattr("apache_beam.runners.portability.prism_runner.PrismRunner.run_pipeline", _not_fetched)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    os.mkdir(tmp_path / "temporary")
    rows, seen = _prepare(root, tmp_path / "local")
    monkeypatch.chdir(tmp_path)  # paths are made absolute for workers that run elsewhere
    own_rows, own_seen = _prepare(root.relative_to(tmp_path), "pipeline", BeamEngine(options))
    assert own_rows == rows and own_seen == seen == [14, 2]
    local = _content(tmp_path / "local")
    assert _content(tmp_path / "pipeline") == local and len([name for name in local if name.startswith("drawn/")]) == 2
    assert os.listdir(tmp_path / "temporary") == []


def test_workers_are_told_absolute_paths(root, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = []
    monkeypatch.setattr(beam, "prepare_clip", lambda preparer, *told_now: told.append(told_now) or 0)
    with pytest.raises(PreparationError, match="14 clips are not in"):  # nothing is written
        _prepare(root.relative_to(tmp_path), "pipeline", BeamEngine(IN_PYTHON))
    assert len(told) == 14
    for work, _, clip in told:
        assert all(map(os.path.isabs, (work.out, work.source_base, *clip.paths)))


def test_a_pipeline_that_fails_keeps_what_is_finished(root, tmp_path, monkeypatch):
    true, prepared = beam.prepare_clip, []

    def broken(preparer, work, number, clip):
        prepared.append(number)
        if len(prepared) == 5:
            raise OSError("disk is full")
        return true(preparer, work, number, clip)

    monkeypatch.setattr(beam, "prepare_clip", broken)
    out = tmp_path / "pipeline"
    with pytest.raises(PreparationError, match=r"disk is full.*finished clips are kept, and the same command resumes"):
        _prepare(root, out, BeamEngine(IN_PYTHON))
    finished = len(list((out / "unfinished").glob("*.json")))
    assert finished >= 4 and not (out / "manifest.csv").exists()
    before = len(prepared)
    _prepare(root, out, BeamEngine(IN_PYTHON))
    assert len(prepared) == before + 14 - finished
    _prepare(root, tmp_path / "local")
    assert _content(out) == _content(tmp_path / "local")


def test_a_worker_leaves_clips_alone_that_another_has_finished(root, tmp_path, monkeypatch):
    """As when a cluster gives a failed bundle to another worker."""
    monkeypatch.setattr(beam.finished_clips, "read_clip", lambda out, number: object())
    monkeypatch.setattr(beam, "prepare_clip", lambda *_: pytest.fail("prepared again"))
    assert list(beam._Prepare(beam.Work("out", SETTINGS, frozenset(), None)).process((3, None))) == []


def test_a_pipeline_that_nobody_waits_for_is_cancelled(root, tmp_path, monkeypatch):
    called, cancelled = threading.Event(), threading.Event()

    class Running:
        """The result of a runner that returns at once."""

        state = "RUNNING"

        def wait_until_finish(self):
            called.set()
            cancelled.wait(60)

        def cancel(self):
            cancelled.set()

    monkeypatch.setattr(beam.apache_beam.Pipeline, "run", lambda self: Running())
    running = beam._Running(beam.apache_beam.Pipeline())
    assert called.wait(60) and not running.has_ended(0.0)
    running.cancel()
    assert cancelled.is_set() and running.has_ended(60.0)


@pytest.mark.parametrize(
    "option, said",
    [
        ("--direct_num_workers=many", "argument --direct_num_workers: invalid int value: 'many'"),
        ("--runner=NoRunner", "Unexpected pipeline runner: NoRunner"),
    ],
)
def test_options_that_beam_refuses_are_named_before_any_work(option, said, capfd):
    with pytest.raises(PreparationError, match=said):
        BeamEngine([option])
    assert "usage" not in capfd.readouterr().err


def test_the_program_prepares_by_a_pipeline(root, tmp_path):
    sizes = ("--image_size=64", "--map_sizes=64,32")
    own = (f"--root={root}", f"--out={tmp_path / 'pipeline'}", *sizes, "--beam=--runner=FnApiRunner")

    refused = program.run("tools.prepare", (*own, "--workers=2"))
    assert refused.code == 2 and "--workers" in refused.stderr and not (tmp_path / "pipeline").exists()
    for arguments in (own, (f"--root={root}", f"--out={tmp_path / 'local'}", *sizes, "--workers=1")):
        done = program.run("tools.prepare", arguments)
        assert done.code == 1 and "Traceback" not in done.stderr, done.stderr  # two photographs have no face
    assert _content(tmp_path / "pipeline") == _content(tmp_path / "local")
