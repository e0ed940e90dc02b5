"""Files of strangers are data: nothing in them runs, leads out of its folder, or becomes part of a page."""

import ast
import pathlib
import pickle

import numpy as np
import pytest

from phystd_tf.data.readers.landmarks import LandmarkFileError, read_landmarks
from phystd_tf.data.records import PreparedFolderError, manifest_path, read_manifest
from phystd_tf.errors import PhystdError
from phystd_tf.face.morphable_model import MorphableModel, MorphableModelError
from phystd_tf.files.images import write_image
from phystd_tf.report.html_report import render_report
from phystd_tf.runs.folder import CheckpointError, require_inside
from phystd_tf.synthetic import truth
from tests.data.fake_prepared import write_prepared

ROOT = pathlib.Path(__file__).parent.parent
SOURCES = [path for folder in ("phystd_tf", "tools") for path in sorted((ROOT / folder).rglob("*.py"))]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_unpickled_evaluated_or_given_to_a_shell(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [alias.name for alias in node.names] + [getattr(node, "module", "") or ""]
            assert not {"pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"} & set(names), node.lineno
        if isinstance(node, ast.Call):
            assert getattr(node.func, "id", "") not in ("eval", "exec", "compile"), node.lineno
            assert getattr(node.func, "attr", "") not in ("read_pickle", "load_model", "system", "popen"), node.lineno
            given = {keyword.arg: keyword.value for keyword in node.keywords}
            for name in ("shell", "allow_pickle"):
                assert name not in given or given[name].value is False, node.lineno
            if ast.unparse(node.func) == "np.load":
                assert "allow_pickle" in given, node.lineno


class _Trap:
    """Runs a function when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.parametrize(
    "name, read, error",
    [
        ("truth.npz", truth.read, truth.TruthError),
        ("model.npz", MorphableModel.load, MorphableModelError),
        ("points.npy", lambda path: read_landmarks(path, 100, 100), LandmarkFileError),
    ],
)
def test_arrays_of_objects_are_refused_and_not_made(tmp_path, name, read, error):
    sprung, path = tmp_path / "sprung", str(tmp_path / name)
    objects = np.array([_Trap(sprung)], dtype=object)
    if name.endswith("npz"):
        np.savez(path, vertices=objects, mean=objects)
    else:
        np.save(path, objects, allow_pickle=True)
    with pytest.raises(error, match=name):
        read(path)
    pathlib.Path(path).write_bytes(pickle.dumps(_Trap(sprung)))
    with pytest.raises(error, match=name):
        read(path)
    assert not sprung.exists()


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04cut", b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'shape': (9**9**9"])
def test_damaged_arrays_are_refused_by_name(tmp_path, data):
    path = tmp_path / "x.npz"
    path.write_bytes(data)
    for read, error in ((truth.read, truth.TruthError), (MorphableModel.load, MorphableModelError)):
        with pytest.raises(error, match="x.npz"):
            read(str(path))


def test_opencv_decodes_no_other_format_in_a_truth_file(tmp_path):
    jpeg_2000 = np.frombuffer(b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(100), np.uint8)
    for name in ("live_camera_jpeg", "P_png"):
        np.savez(tmp_path / "x.npz", vertices=np.zeros((468, 2)), **{name: jpeg_2000})
        with pytest.raises(truth.TruthError, match="another format"):
            truth.read(str(tmp_path / "x.npz"))


@pytest.mark.parametrize("shard", ["../other/shard-train-live-00000.tfrecord", "/etc/passwd", ".."])
def test_no_shard_lies_outside_of_its_folder(tmp_path, shard):
    write_prepared(tmp_path, {("train", 1): 1})
    path = tmp_path / "manifest.csv"
    path.write_text(path.read_text().replace("shard-train-live-00000.tfrecord", shard))
    with pytest.raises(PreparedFolderError, match="is not a file of this folder"):
        read_manifest(manifest_path(str(tmp_path)))


def test_no_checkpoint_lies_outside_of_its_folder(tmp_path):
    (tmp_path / "last").mkdir()
    require_inside(str(tmp_path / "last" / "ckpt-1"), str(tmp_path / "x" / ".." / "last"))
    for path in (tmp_path / "ckpt-1", "/tmp/ckpt-1", tmp_path / "last" / ".." / "best" / "ckpt-1"):
        with pytest.raises(CheckpointError, match="leads out of its folder"):
            require_inside(str(path), str(tmp_path / "last"))


def test_names_become_no_part_of_a_page(tmp_path):
    name = "<script>alert(1)</script>\"'&"
    write_image(np.zeros((8, 8, 3), np.uint8), str(tmp_path / "'><script>1<'.png"))
    tables = {name: [{name: name, "rate": 1.5}]}
    page = render_report({"note": name, name: name}, tables, [str(tmp_path / "'><script>1<'.png")])
    assert "<script" not in page and page.count("&lt;script&gt;") == 9
    with pytest.raises(PhystdError):
        render_report({}, {}, [str(tmp_path / "none.png")])
