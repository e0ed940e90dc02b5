"""The data of the explorer: computing with stored components gives the results of the network and the library."""

import base64
import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from phystd_tf.data.pipeline import chosen_faces
from phystd_tf.data.records import load_settings
from phystd_tf.data.selection import Selection
from phystd_tf.errors import PhystdError
from phystd_tf.explorer import samples
from phystd_tf.explorer.choice import choose_faces
from phystd_tf.figures.transfer import transferred
from phystd_tf.networks.generator import Generator
from phystd_tf.transfer.making import Source
from phystd_tf.transfer.pairs import person_of
from tests.data.fake_prepared import write_prepared
from tests.training.tiny import tiny_hparams


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    prepared = str(tmp_path_factory.mktemp("explorer") / "prepared")
    write_prepared(prepared, {("train", 1): 4, ("train", 0): 4})
    generator = Generator(tiny_hparams(init_stddev=0.3, inpainting_bias=0.0))  # traces that can be seen
    return Source("no run", generator, Selection(prepared), "train", load_settings(prepared))


@pytest.fixture(scope="module")
def chosen(source):
    rows = source.faces.rows("train")
    faces = chosen_faces(source.faces, source.generator.hparams, rows)
    output = source.generator(faces.image, training=False)
    scores = pd.DataFrame(rows)[["clip", "type"]].assign(label=[int(row["label"]) for row in rows])
    scores["frame"] = [int(row["frame"]) for row in rows]
    scores["score"] = source.generator.score_terms(output)["depth"].numpy()  # alpha0 is 0 without an operating point
    return choose_faces(scores, float(scores["score"].median()), 6)


def _values(stored, channels=3):
    pixels = Image.open(io.BytesIO(base64.b64decode(stored["src"].split(",")[1]))).convert("RGB")
    return stored["offset"] + stored["scale"] * np.asarray(pixels)[..., :channels].astype(np.float64)


def _composed(image, stored, sign):
    B, C, T, cover = (_values(stored[name]) for name in ("B", "C", "T", "cover"))
    P = _values(stored["P"], 1)
    return (1 - P) * (image + sign * (B + C + T)) + cover


def _bound(stored, most):
    """The largest error of the result: half a step of each component."""
    halves = {name: stored[name]["scale"] / 2 for name in ("B", "C", "T", "P", "cover")}
    return halves["B"] + halves["C"] + halves["T"] + most * halves["P"] + halves["cover"]


def test_components_and_transfers_give_what_the_network_and_the_library_give(source, chosen, monkeypatch):
    monkeypatch.setattr(samples, "MAX_FOLDED", 1.0)
    monkeypatch.setattr(samples, "MAX_OFFSET", 10.0)
    found = samples.explain(source, chosen)
    by_clip = {row["clip"]: row for row in source.faces.rows("train")}
    hparams = source.generator.hparams
    assert found["size"] == hparams.image_size and len(found["samples"]) == len(chosen)
    assert [each["clip"] for each in found["samples"]] == chosen["clip"].tolist()
    for each in found["samples"]:
        face = chosen_faces(source.faces, hparams, [by_clip[each["clip"]]])
        output = source.generator(face.image, training=False)
        image = _values(each["components"]["image"])
        exact = source.generator.reconstruct(face.image, output).numpy()[0]
        bound = _bound(each["components"], 1.7) + each["components"]["image"]["scale"] / 2
        assert np.abs(_composed(image, each["components"], -1) - exact).max() <= bound
        assert (each["transfer"] is None) == each["live"]
        if each["transfer"]:
            target = found["targets"][each["transfer"]["target"]]
            assert person_of(by_clip[target["clip"]]) != person_of(by_clip[each["clip"]])
            live = chosen_faces(source.faces, hparams, [by_clip[target["clip"]]])
            exact = transferred(output.traces, face, live, hparams).numpy()[0]
            made = _composed(_values(target["image"]), each["transfer"], 1)
            assert np.abs(made - exact).max() <= _bound(each["transfer"], 1.7) + target["image"]["scale"] / 2
    assert any(each["transfer"] for each in found["samples"])


def test_traces_are_put_on_no_face_that_the_warp_would_bend(source, chosen, monkeypatch):
    monkeypatch.setattr(samples, "MAX_OFFSET", 0.0)
    assert not any(each["transfer"] for each in samples.explain(source, chosen)["samples"])


def test_scores_of_another_model_and_faces_of_another_split_are_refused(source, chosen):
    with pytest.raises(PhystdError, match="score again with this run"):
        samples.explain(source, chosen.assign(score=chosen["score"] + 0.01))
    for frame in (7, "a"):
        with pytest.raises(PhystdError, match=f"has no frame {frame} of train/.* in train"):
            samples.explain(source, chosen.assign(frame=frame))


def test_targets_are_the_first_faces_of_people_evenly_spaced():
    rows = [
        {"subject": f"s{person:02}", "clip": f"c{clip}", "frame": str(frame)}
        for person in (3, 1, 0, 2, 4, 6, 5) for clip in (2, 1) for frame in (10, 9)
    ]  # fmt: skip
    found = samples.target_rows(rows, 4)
    assert [row["subject"] for row in found] == ["s00", "s02", "s04", "s06"]
    assert {(row["clip"], row["frame"]) for row in found} == {("c1", "9")}
    assert len(samples.target_rows(rows[:4], 4)) == 1


def test_nobody_gets_traces_of_their_own(source, chosen, monkeypatch):
    monkeypatch.setattr(samples, "MAX_FOLDED", 1.0)
    monkeypatch.setattr(samples, "MAX_OFFSET", 10.0)
    monkeypatch.setattr(samples, "person_of", lambda row: "the only one")
    found = samples.explain(source, chosen)
    assert len(found["targets"]) == 1 and not any(each["transfer"] for each in found["samples"])
