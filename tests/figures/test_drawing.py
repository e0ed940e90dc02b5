"""Every figure from a tiny run: its files, that they are the same each time, and what is refused."""

import pathlib
import re
import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from phystd_tf.baselines.registry import new_network
from phystd_tf.data import records
from phystd_tf.data.selection import Selection
from phystd_tf.errors import PhystdError
from phystd_tf.figures import FIGURES, draw_figure, drawing, style
from phystd_tf.figures.pictures import face_picture
from phystd_tf.figures.source import FigureError, load_source
from phystd_tf.files.outputs import OutputError
from phystd_tf.hparams import ABLATIONS
from phystd_tf.runs.folder import checkpoint_folder, open_run
from tests.data.fake_prepared import write_prepared
from tests.figures.pages import check_page
from tests.training.tiny import tiny_hparams

KINDS = ("print", "replay", "paper_mask", "partial_eye", "partial_mouth")


def _write_run(folder, ablation="full", **changes):
    hparams = tiny_hparams(ablation, init_stddev=0.2, **changes)
    open_run(str(folder), hparams, {})
    generator = new_network(hparams)
    generator.build_variables()
    tf.train.Checkpoint(generator=generator).save(f"{checkpoint_folder(str(folder), 'last')}/ckpt")
    return str(folder)


def _write_faces(folder, counts, kinds=KINDS, **settings):
    write_prepared(folder, counts, **settings)
    path = str(folder / records.MANIFEST_FILE)
    rows = records.read_manifest(path)
    for number, row in enumerate(row for row in rows if row["label"] == "0"):
        row["type"] = kinds[number % len(kinds)]
    records.write_manifest(path, rows)
    return Selection(str(folder))


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("figures")


@pytest.fixture(scope="module")
def run(root):
    tf.keras.utils.set_random_seed(1)
    return _write_run(root / "run")


@pytest.fixture(scope="module")
def faces(root):
    return _write_faces(root / "prepared", {("test", 1): 5, ("test", 0): 7, ("dev", 1): 2}, embedded=True)


@pytest.fixture(autouse=True)
def coarse(monkeypatch):
    monkeypatch.setattr(style, "PNG_DPI", 80)


def _pixels(path):
    return np.asarray(Image.open(path).convert("RGB"))


@pytest.mark.parametrize("number", FIGURES)
def test_each_figure_is_written_with_its_caption(run, faces, tmp_path, monkeypatch, number):
    figures = []
    write = drawing._write
    monkeypatch.setattr(drawing, "_write", lambda figure, path: (figures.append(figure), write(figure, path)))
    paths = draw_figure(number, run, faces, "test", str(tmp_path / "out"), seed=3)
    assert paths == [str(tmp_path / "out" / f"figure_{number}.{ending}") for ending in ("pdf", "png", "txt")]
    check_page(figures[0])
    assert pathlib.Path(paths[0]).read_bytes().startswith(b"%PDF-") and len(np.unique(_pixels(paths[1]))) > 100
    text = " ".join(pathlib.Path(paths[2]).read_text("utf-8").split())
    for part in ("seed 3", "split test", faces.prepared, f"protocol {faces.choice.name}", "no result on real data"):
        assert part in text
    if number in (8, 9):
        assert "amplified 4 times" in text
    if number == 5:
        assert "I_T is amplified 25 times and I_C 15 times" in text


@pytest.fixture(scope="module")
def others(root):
    tf.keras.utils.set_random_seed(2)
    return [_write_run(root / "stdn", system="stdn"), _write_run(root / "single", "step1_step2_single_trace")]


def test_other_systems_stand_beside_in_figure_8(run, others, faces, tmp_path, monkeypatch):
    figures = []
    write = drawing._write
    monkeypatch.setattr(drawing, "_write", lambda figure, path: (figures.append(figure), write(figure, path)))
    draw_figure(8, run, faces, "test", str(tmp_path), formats=["png"])
    paths = draw_figure(8, run, faces, "test", str(tmp_path), formats=["png"], beside=others)
    alone, together = ([image.get_array() for image in figure.axes[0].images] for figure in figures)
    check_page(figures[1])
    lines = len(alone) // 9
    assert len(together) == 13 * lines
    sources = [load_source(other, faces, "test", 0) for other in others]
    for line in range(lines):
        own, beside = together[13 * line : 13 * line + 9], together[13 * line + 9 : 13 * line + 13]
        np.testing.assert_array_equal(np.stack(own[:7]), np.stack(alone[9 * line : 9 * line + 7]))
        image = np.asarray(own[0], np.float32)[np.newaxis] / 255.0
        for source, picture in zip(sources, beside[::2]):
            wanted = face_picture(source.outputs(image)["reconstruction"][0])
            np.testing.assert_array_equal(picture, wanted)
    text = " ".join(pathlib.Path(paths[-1]).read_text("utf-8").split())
    assert all(f"Beside it: {other}, system" in text for other in others)
    titles = [text.get_text().replace("\n", " ") for text in figures[1].axes[0].texts]
    assert "STDN" in titles and "Step1+ Step2 w/ single trace" in titles


def test_what_cannot_stand_beside_is_refused(run, others, faces, tmp_path):
    large, cdcn = str(tmp_path / "large"), str(tmp_path / "cdcn")
    open_run(large, tiny_hparams(system="stdn", image_size=64), {})
    open_run(cdcn, tiny_hparams(system="cdcn"), {})
    for number, beside, problem in (
        (9, others, "figure 9 shows one run"),
        (8, [large], f"{large} sees faces of 64 px, {run} of 32 px"),
        (8, [cdcn], "of the system cdcn"),
    ):
        with pytest.raises(FigureError, match=re.escape(problem)):
            draw_figure(number, run, faces, "test", str(tmp_path / "out"), beside=beside)
    assert not (tmp_path / "out").exists()


def test_drawing_again_gives_the_same_bytes_and_another_seed_another_choice(run, faces, tmp_path):
    first = [pathlib.Path(path).read_bytes() for path in draw_figure(12, run, faces, "test", str(tmp_path))]
    again = [pathlib.Path(path).read_bytes() for path in draw_figure(12, run, faces, "test", str(tmp_path))]
    assert first == again
    draw_figure(12, run, faces, "test", str(tmp_path / "other"), seed=1, formats=("png",))
    assert (_pixels(tmp_path / "figure_12.png") != _pixels(tmp_path / "other" / "figure_12.png")).any()
    assert not (tmp_path / "other" / "figure_12.pdf").exists()


def test_pictures_in_a_pdf_have_the_pixels_of_the_faces(run, faces, tmp_path):
    draw_figure(5, run, faces, "test", str(tmp_path), formats=["pdf"])
    written = (tmp_path / "figure_5.pdf").read_bytes()
    assert b"/Height 32" in written and b"/Width 32" in written and b"/FontFile2" in written


@pytest.mark.parametrize(
    "changes, problem, numbers",
    [
        (ABLATIONS["auxiliary"], "sees the plain image", [5]),
        (ABLATIONS["auxiliary"], "has no trace decoder", [8, 9, 10, 11, 12]),
        (ABLATIONS["step1_step2_single_trace"], "has a single trace", [8, 11, 12]),
        ({"system": "stdn"}, "of the system stdn", [5, 8, 10, 11, 12]),
        ({"system": "cdcn"}, "of the system cdcn", [5, 8, 9, 10, 11, 12]),
    ],
)
def test_what_a_run_lacks_is_said_and_nothing_is_written(faces, tmp_path, changes, problem, numbers):
    run = str(tmp_path / "run")
    open_run(run, tiny_hparams(**changes), {})
    for number in numbers:
        with pytest.raises(FigureError, match=f"^{re.escape(run)}.*{problem}"):
            draw_figure(number, run, faces, "test", str(tmp_path / "out"))
    for number in set(FIGURES) - set(numbers):  # gets as far as the weights, which are not there
        with pytest.raises(PhystdError, match="no checkpoint|plain image|trace decoder|cannot be trained yet"):
            draw_figure(number, run, faces, "test", str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("package, number", [("matplotlib", 5), ("sklearn", 11)])
def test_a_package_that_is_not_installed_is_named(run, faces, tmp_path, monkeypatch, package, number):
    for name in [
        name for name in sys.modules if name.split(".")[0] == package or name.startswith("phystd_tf.figures.")
    ]:
        if name != "phystd_tf.figures.drawing":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(PhystdError, match=rf"{package}.* is not installed.*\[figures\]"):
        draw_figure(number, run, faces, "test", str(tmp_path))


def test_what_cannot_be_drawn_is_refused(run, faces, root, tmp_path):
    def draw(number=5, run=run, faces=faces, split="test", **options):
        draw_figure(number, run, faces, split, str(tmp_path / "out"), **options)

    for problem, options in (
        ("no figure 7 to draw; known are 5, 8, 9, 10, 11, 12", {"number": 7}),
        ("as pdf or png, not as gif", {"formats": ["gif"]}),
        ("not as nothing", {"formats": []}),
        ("no face in the split 'train'", {"split": "train"}),
        ("has 2 faces; t-SNE needs 8", {"number": 11, "split": "dev"}),
        ("no spoof face in the split 'dev'", {"number": 12, "split": "dev"}),
        ("2 live and 0 spoof faces; both are needed", {"number": 10, "split": "dev"}),
        ("is not a run folder", {"run": str(tmp_path)}),
    ):
        with pytest.raises(PhystdError, match=problem):
            draw(**options)
    assert not (tmp_path / "out").exists()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "figure_5.png").write_text("mine")
    with pytest.raises(OutputError, match="figure_5.png exists and was not written"):
        draw()
    assert (tmp_path / "out" / "figure_5.png").read_text() == "mine"


def test_damaged_faces_are_named(run, tmp_path):
    faces = _write_faces(tmp_path / "prepared", {("test", 1): 1, ("test", 0): 1})
    shard = tmp_path / "prepared" / records.shard_name("test", 0, 0)
    whole = shard.read_bytes()
    changed = bytearray(whole)
    changed[len(whole) // 2] ^= 1
    for damaged in (bytes(changed), whole[:-5]):
        shard.write_bytes(damaged)
        with pytest.raises(PhystdError, match=shard.name):
            draw_figure(5, run, faces, "test", str(tmp_path / "out"))
    shard.unlink()
    with pytest.raises(PhystdError, match=shard.name):
        draw_figure(5, run, faces, "test", str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("embedded, sentence", [(False, "a dataset of photographs"), (None, "does not say whether")])
def test_the_caption_says_of_what_kind_the_faces_are(run, tmp_path, embedded, sentence):
    settings = {} if embedded is None else {"embedded": embedded}
    faces = _write_faces(tmp_path / "prepared", {("test", 1): 1, ("test", 0): 1}, **settings)
    draw_figure(5, run, faces, "test", str(tmp_path), formats=["png"])
    assert sentence in " ".join((tmp_path / "figure_5.txt").read_text().split())
