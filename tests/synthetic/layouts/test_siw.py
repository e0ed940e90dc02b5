"""The layout of SiW: subjects, names, media and face boxes as in the real dataset."""

import os

import numpy as np

from phystd_tf.synthetic import truth
from phystd_tf.synthetic.clips import start_clip
from phystd_tf.synthetic.layouts import all_clips, siw
from tests.synthetic.layouts.copies import copy_recipe, files_below


def test_face_boxes_contain_the_mesh_and_files_may_be_truncated(made):
    root, short, failed = made["siw"], 0, 0
    faces = [path for path in sorted(files_below(root)) if path.endswith(".face")]
    for path in faces:
        with open(os.path.join(root, path), encoding="utf-8") as file:
            rows = [list(map(int, line.split(" "))) for line in file.read().splitlines()]
        short += len(rows) < 2
        for index, row in enumerate(rows):
            vertices = truth.read(f"{root}/truth/{path[:-5]}/{index:03d}.npz").vertices
            if any(row):
                low, high = vertices.min(0), vertices.max(0)
                assert (np.array(row[:2]) <= np.maximum(low, 1) + 0.5).all() and (np.array(row[2:]) >= high).all()
                assert np.ptp(row[::2]) < 1.3 * (high - low)[0]
            else:
                failed += 1
    assert 0 < short < len(faces) / 2 and 0 < failed < len(faces) / 2


def test_siw_subjects_and_names_ending_in_m():
    assert len(siw.TRAIN_SUBJECTS) == 90 and len(set(siw.TEST_SUBJECTS)) == 75
    assert siw.TRAIN_SUBJECTS[:3] == (3, 6, 7) and siw.TRAIN_SUBJECTS[-1] == 165
    clips = all_clips(copy_recipe("siw", subjects=165))
    assert sum(clip.spoof_type == "live" for clip in clips) == 1320
    dot_m = {clip.path.rsplit("/", 1)[1] for clip in clips if ".m." in clip.path}
    who = ("153", "154", "158", "161")
    assert dot_m == {f"{s}-2-1-{m}-{n}.m.mov" for s in who for m in (1, 2) for n in (1, 2)}
    # Even the smallest copy has them.
    assert any(".m." in clip.path for clip in all_clips(copy_recipe("siw", subjects=2)))
    for clip in clips:
        folder, kind, subject, name = clip.path.split("/")
        assert clip.subject_name == subject == name[:3] and folder.lower() == clip.split
        type_number = int(name.split("-")[2])
        assert clip.spoof_type == ("live", "print", "replay")[type_number - 1]
        assert kind == ("live" if type_number == 1 else "spoof")


def test_siw_media_are_instruments_and_sensors_are_cameras():
    recipe = copy_recipe("siw")
    cameras, instruments = {}, {}
    for clip in all_clips(recipe):
        _, sensor, kind, medium, _ = clip.path.rsplit("/", 1)[1].split(".")[0].split("-")
        start = start_clip(recipe, clip)
        assert cameras.setdefault(sensor, start.camera) == start.camera
        if start.parameters:
            name = start.parameters.instrument
            assert instruments.setdefault((kind, medium), name) == name
        assert clip.conditions.changing_light == ((kind, medium) == ("1", "2"))
    assert len(cameras) == 2 and len(set(instruments.values())) == len(instruments) == 6
