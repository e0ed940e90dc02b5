"""Copies of the layouts of real datasets: every name, list and annotation as in the real ones."""

import dataclasses
import hashlib
import os
import re

import numpy as np
import pytest

from phystd_tf import spoof_types
from phystd_tf.files.video import iterate_frames
from phystd_tf.synthetic import dataset, truth
from phystd_tf.synthetic.clips import start_clip
from phystd_tf.synthetic.layouts import LAYOUTS, all_clips, annotations, oulu, siw, siwm
from phystd_tf.synthetic.layouts.layout import share_out
from phystd_tf.synthetic.media import MEDIA
from phystd_tf.synthetic.recipe import Clip, Recipe, SyntheticError

# Every path that may be in a copy, apart from ours (synthetic.json, clips.csv and truth).
PATTERNS = {
    "oulu": (
        r"(Train|Dev|Test)_files/[1-6]_[1-3]_\d\d_[1-5]\.(avi|txt)",
        r"Protocols/Protocol_[12]/(Train|Dev|Test)\.txt",
        r"Protocols/Protocol_[34]/(Train|Dev|Test)_[1-6]\.txt",
    ),
    "siw": (
        r"(Train|Test)/live/(\d{3})/\2-[12]-1-[12]-[12](\.m)?\.(mov|face)",
        r"(Train|Test)/spoof/(\d{3})/\2-[12]-2-[12]-[12]\.(mov|face)",
        r"(Train|Test)/spoof/(\d{3})/\2-[12]-3-[1-4]-[12]\.(mov|face)",
    ),
    "siwm": (
        r"Live/(Train|Test)/Live_[1-9]\d*\.(mov|face)",
        r"(Paper|Replay)/\1_[1-9]\d*\.(mov|face)",
        r"Mask/(HalfMask/Mask_Half|MannequinHead/Mask_Mann|PaperMask/Mask_Paper)_[1-9]\d*\.(mov|face)",
        r"Mask/(SiliconeMask/Mask_Silicone|TransparentMask/Mask_Trans)_[1-9]\d*\.(mov|face)",
        r"Makeup/(Cosmetic/Makeup_Co|Impersonation/Makeup_Im|Obfuscation/Makeup_Ob)_[1-9]\d*\.(mov|face)",
        r"Partial/(FunnyeyeGlasses/Partial_Funnyeye|PaperGlasses/Partial_Paperglass)_[1-9]\d*\.(mov|face)",
        r"Partial/PaperCut/Partial_(Eye|Mouth)_[1-9]\d*\.(mov|face)",
        r"(train|test)list\.txt",
    ),
    "siwmv2": (
        r"Live/Live_[1-9]\d*\.(mov|avi|mp4)",
        r"Spoof/(Paper/Paper|Replay/Replay|Silicone/Mask_Silicone|Mannequin/Mask_Mann)_[1-9]\d*\.(mov|avi|mp4)",
        r"Spoof/(Mask_HalfMask/Mask_Half|Mask_PaperMask/Mask_Paper)_[1-9]\d*\.(mov|avi|mp4)",
        r"Spoof/Mask_TransparentMask/Mask_Trans_[1-9]\d*\.(mov|avi|mp4)",
        r"Spoof/(Makeup_Cosmetic/Makeup_Co|Makeup_Impersonation/Makeup_Im)_[1-9]\d*\.(mov|avi|mp4)",
        r"Spoof/Makeup_Obfuscation/Makeup_Ob_[1-9]\d*\.(mov|avi|mp4)",
        r"Spoof/Partial_PaperGlasses/Partial_Paperglass_[1-9]\d*\.(mov|avi|mp4)",
        r"Spoof/Partial_FunnyeyeGlasses/Partial_Funnyeye_[1-9]\d*\.(mov|avi|mp4)",
        r"Spoof/(Partial_Eye|Partial_Mouth)/\1_[1-9]\d*\.(mov|avi|mp4)",
        r"pro_3_text/(train|test)list_(all|live)\.txt",
        r"pro_3_text/(train|test)_(A_pretrain|B_spoof|C_race|D_age|E_ill)\.txt",
    ),
}
COPIES = sorted(PATTERNS)


def _recipe(layout, **changes):
    kind = LAYOUTS[layout]
    recipe = Recipe(
        layout=layout,
        subjects=kind.subjects,
        clips_per_subject=kind.clips_per_subject,
        types=tuple(name for name in MEDIA if name in kind.types),
        frames_per_clip=2,
        size=96,
    )
    return dataclasses.replace(recipe, **changes)


def _files(root):
    return {
        os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/")
        for folder, _, names in os.walk(root)
        for name in names
    }


def _lists(layout, **changes):
    clips = all_clips(_recipe(layout, **changes))
    return clips, LAYOUTS[layout].lists(clips)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """One small copy of each layout; OULU-NPU with a single phone, for the sake of time."""
    roots = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(oulu, "PHONES", (4,))
        for layout in COPIES:
            roots[layout] = str(tmp_path_factory.mktemp(layout) / "set")
            few = {"subjects": 2} if layout.startswith("siw") else {}
            dataset.make_dataset(roots[layout], _recipe(layout, truth="camera", **few))
    return roots


def _allowed(layout, path):
    ours = path in ("synthetic.json", "clips.csv") or path.startswith("truth/")
    return ours or any(re.fullmatch(pattern, path) for pattern in PATTERNS[layout])


@pytest.mark.parametrize("layout", COPIES)
def test_every_file_has_a_name_of_the_real_dataset(made, layout):
    files = _files(made[layout])
    strange = [path for path in files if not _allowed(layout, path)]
    assert files and not strange
    # Each pattern is there for a file, if the types are simulated.
    if set(LAYOUTS[layout].types) <= set(MEDIA):
        for pattern in PATTERNS[layout]:
            assert any(re.fullmatch(pattern, path) for path in files), pattern


@pytest.mark.parametrize("layout", COPIES)
def test_whole_sets_have_such_names_too(layout):
    """As many people as the layout takes; nothing is rendered."""
    most = {"oulu": 55, "siw": 165, "siwm": 13, "siwmv2": 10}[layout]
    clips, lists = _lists(layout, subjects=most)
    paths = [clip.path for clip in clips]
    assert len(set(paths)) == len(paths) and all(_allowed(layout, path) for path in [*paths, *lists])
    assert len({(clip.subject, clip.spoof_type, clip.number) for clip in clips}) == len(clips)
    people = {}
    for clip in clips:
        assert people.setdefault(clip.subject, clip.split) == clip.split


@pytest.mark.parametrize("layout", COPIES)
def test_videos_can_be_read_and_have_their_side_files_and_truth(made, layout):
    suffix = LAYOUTS[layout].side_suffix
    files = _files(made[layout])
    videos = [path for path in files if path.endswith((".avi", ".mov", ".mp4"))]
    assert len(videos) == len({os.path.splitext(path)[0] for path in videos}) >= 10
    for path in videos[::7]:
        frames = [frame for _, frame in iterate_frames(os.path.join(made[layout], path))]
        assert [frame.shape for frame in frames] == [(96, 96, 3)] * 2
    for path in videos:
        stem = os.path.splitext(path)[0]
        assert not suffix or stem + suffix in files
        assert {f"truth/{stem}/000.npz", f"truth/{stem}/001.npz"} <= files
    assert not any(path.endswith(".face") for path in files) or suffix == ".face"


@pytest.mark.parametrize("path", ["oulu/Train_files/4_2_01_3.avi", "siw/Train/live/003/003-2-1-1-2.mov"])
def test_frames_of_a_video_are_those_of_its_truth(made, path):
    """A live video shows the face where the truth says, a spoof its live counterpart: not a neighbour's."""
    layout, _, rest = path.partition("/")
    root = made[layout]
    stored = [truth.read(f"{root}/truth/{os.path.splitext(rest)[0]}/{n:03d}.npz") for n in (0, 1)]
    frames = [frame.astype(float) for _, frame in iterate_frames(os.path.join(root, rest))]
    for one, frame in enumerate(frames):
        if stored[one].live_camera is not None:
            gaps = [np.abs(frame - other.live_camera).mean() for other in stored]
            assert gaps[one] < gaps[1 - one]
        else:
            box = [stored[one].vertices.min(0), stored[one].vertices.max(0)]
            inside = frame[int(box[0][1]) : int(box[1][1]), int(box[0][0]) : int(box[1][0])]
            assert np.abs(inside.mean((0, 1)) - frame[:8].mean((0, 1))).max() > 10


def test_same_recipe_same_videos(made, tmp_path):
    again = str(tmp_path / "again")
    dataset.make_dataset(again, _recipe("siwmv2", truth="camera", subjects=2))
    assert _files(again) == _files(made["siwmv2"])
    for path in _files(again):
        hashes = []
        for root in (again, made["siwmv2"]):
            with open(os.path.join(root, path), "rb") as file:
                hashes.append(hashlib.sha256(file.read()).hexdigest())
        assert hashes[0] == hashes[1], path


def test_oulu_grid_and_counts():
    clips, lists = _lists("oulu", subjects=55)
    counts = {split: sum(clip.split == split for clip in clips) for split in ("train", "dev", "test")}
    assert counts == {"train": 1800, "dev": 1350, "test": 1800}
    assert sum(clip.spoof_type == "live" for clip in clips) == 990
    assert len(lists) == 42
    # Total and live videos of each list, as published.
    expected = {
        1: ((1200, 240), (900, 180), (600, 120)),
        2: ((1080, 360), (810, 270), (1080, 360)),
        3: ((1500, 300), (1125, 225), (300, 60)),
        4: ((600, 200), (450, 150), (60, 20)),
    }
    for path, text in lists.items():
        protocol = int(path[len("Protocols/Protocol_")])
        rows = text.splitlines()
        column = ("Train", "Dev", "Test").index(re.split(r"[_.]", os.path.basename(path))[0])
        assert (len(rows), sum(row.startswith("+1,") for row in rows)) == expected[protocol][column], path


def test_oulu_lists_hold_out_what_the_protocol_says():
    _, lists = _lists("oulu")

    def numbers(path):
        rows = [row.split(",")[1].split("_") for row in lists[f"Protocols/{path}.txt"].splitlines()]
        return [set(map(int, column)) for column in zip(*rows)]

    everything = [set(range(1, 7)), {1, 2, 3}, None, {1, 2, 3, 4, 5}]
    for path, phones, sessions, files in (
        ("Protocol_1/Train", everything[0], {1, 2}, everything[3]),
        ("Protocol_1/Dev", everything[0], {1, 2}, everything[3]),
        ("Protocol_1/Test", everything[0], {3}, everything[3]),
        ("Protocol_2/Dev", everything[0], everything[1], {1, 2, 4}),
        ("Protocol_2/Test", everything[0], everything[1], {1, 3, 5}),
        ("Protocol_3/Train_2", {1, 3, 4, 5, 6}, everything[1], everything[3]),
        ("Protocol_3/Test_2", {2}, everything[1], everything[3]),
        ("Protocol_4/Dev_6", {1, 2, 3, 4, 5}, {1, 2}, {1, 2, 4}),
        ("Protocol_4/Test_6", {6}, {3}, {1, 3, 5}),
    ):
        found = numbers(path)
        assert (found[0], found[1], found[3]) == (phones, sessions, files), path
    users = [numbers(f"Protocol_2/{name}")[2] for name in ("Train", "Dev", "Test")]
    assert users == [{1}, {21}, {36}]


def test_oulu_labels():
    """Only the lists for testing tell print from replay."""
    _, lists = _lists("oulu")
    for path, text in lists.items():
        for row in text.splitlines():
            label, name = row.split(",")
            kind = (int(name[-1])) // 2  # 0 live, 1 print, 2 replay
            replay = "-2" if os.path.basename(path).startswith("Test") else "-1"
            assert label == ("+1", "-1", replay)[kind]
            assert re.fullmatch(r"[1-6]_[1-3]_\d\d_[1-5]", name)


def test_oulu_phones_are_cameras_and_sessions_are_places():
    recipe = _recipe("oulu")
    cameras, places, instruments = {}, {}, {}
    for clip in all_clips(recipe):
        phone, session, _, file = map(int, clip.path.rsplit("/", 1)[1][:-4].split("_"))
        start = start_clip(recipe, clip)
        assert cameras.setdefault(phone, start.camera) == start.camera
        moment = start.moment
        place = (moment.lights, moment.sky, moment.background_seed)
        assert places.setdefault(session, place) == place
        name = start.parameters.instrument if start.parameters else ""
        assert instruments.setdefault(file, name) == name
    assert len(set(cameras.values())) == 6 and len(set(places.values())) == 3 and len(set(instruments.values())) == 5


def test_eye_positions_are_those_of_the_mesh(made):
    root, seen, failed = made["oulu"], 0, 0
    for path in sorted(_files(root)):
        if not path.endswith(".txt") or "_files/" not in path:
            continue
        with open(os.path.join(root, path), encoding="utf-8") as file:
            rows = [list(map(int, line.split(","))) for line in file.read().splitlines()]
        assert [row[0] for row in rows] == [0, 1]
        for index, row in enumerate(rows):
            vertices = truth.read(f"{root}/truth/{path[:-4]}/{index:03d}.npz").vertices
            if not any(row[1:]):
                failed += 1
                continue
            seen += 1
            assert row[1] < row[3]
            expected = np.concatenate([vertices[[33, 133]].mean(0), vertices[[362, 263]].mean(0)])
            assert np.abs(np.array(row[1:]) - expected).max() <= 0.501
    assert seen > 80 and 0 < failed < 0.15 * seen


def test_face_boxes_hold_the_mesh_and_may_end_early(made):
    root, short, failed = made["siw"], 0, 0
    faces = [path for path in sorted(_files(root)) if path.endswith(".face")]
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


def test_a_failure_is_a_row_of_zeros_in_both_formats(monkeypatch):
    monkeypatch.setattr(annotations, "_FAILURES", 1.1)
    vertices = [np.full((468, 2), 30.0)] * 2
    clip = Clip("train", "live", 0, 0)
    assert annotations.eye_lines(clip, vertices) == "0,0,0,0,0\n1,0,0,0,0\n"
    assert annotations.box_lines(clip, vertices) == "0 0 0 0\n0 0 0 0\n"


def test_siw_people_and_odd_names():
    assert len(siw.TRAIN_SUBJECTS) == 90 and len(set(siw.TEST_SUBJECTS)) == 75
    assert siw.TRAIN_SUBJECTS[:3] == (3, 6, 7) and siw.TRAIN_SUBJECTS[-1] == 165
    clips = all_clips(_recipe("siw", subjects=165))
    assert sum(clip.spoof_type == "live" for clip in clips) == 1320
    odd = {clip.path.rsplit("/", 1)[1] for clip in clips if ".m." in clip.path}
    who = ("153", "154", "158", "161")
    assert odd == {f"{s}-2-1-{m}-{n}.m.mov" for s in who for m in (1, 2) for n in (1, 2)}
    # A tiny copy has them too.
    assert any(".m." in clip.path for clip in all_clips(_recipe("siw", subjects=2)))
    for clip in clips:
        folder, kind, subject, name = clip.path.split("/")
        assert clip.subject_name == subject == name[:3] and folder.lower() == clip.split
        type_number = int(name.split("-")[2])
        assert clip.spoof_type == ("live", "print", "replay")[type_number - 1]
        assert kind == ("live" if type_number == 1 else "spoof")


def test_siw_media_are_instruments_and_sensors_are_cameras():
    recipe = _recipe("siw")
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


def test_siwm_numbers_are_divided_as_in_the_public_lists():
    for layout in ("siwm", "siwmv2"):
        for train, test in LAYOUTS[layout].numbers.values():
            assert not set(train.split()) & set(test.split())
    v1, v2 = siwm.SiwMV1.numbers, siwm.SiwMV2.numbers
    assert v1["Makeup_Ob"][1] == "" and v1["Makeup_Co"] == ("2 5 6 7 9 10 14 41", "1 3 4 12 13 40")
    assert all(v1[stem] == v2[stem] for stem in ("Partial_Eye", "Partial_Funnyeye", "Partial_Mouth", "Replay"))
    assert v1["Makeup_Im"] != v2["Makeup_Im"]


def test_siwm_lists_are_those_of_the_first_edition():
    clips, lists = _lists("siwm", subjects=5, clips_per_subject=2)
    for split in ("train", "test"):
        text = lists[f"{split}list.txt"]
        assert not text.endswith("\n") and text.count("\n") == text.count("\r\n")
        stems = {clip.path.rsplit("/", 1)[1][:-4] for clip in clips if clip.split == split}
        assert set(text.split("\r\n")) == {stem for stem in stems if not stem.startswith("Live")}
    for clip in clips:
        if clip.spoof_type == spoof_types.LIVE:
            assert clip.path.split("/")[1].lower() == clip.split


def test_siwmv2_lists():
    clips, lists = _lists("siwmv2", subjects=6)
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
    for clip in all_clips(_recipe(layout)):
        place = siwm.place_of(clip)
        assert siwm.STEMS[place.stem] == clip.spoof_type
    # Also the types that are not simulated.
    for stem in siwm.STEMS:
        for split in ("train", "test"):
            assert _allowed(layout, LAYOUTS[layout].path_of(siwm.Place(stem, 12, split)))
    if spoof_types.PARTIAL_PAPER in MEDIA:
        recipe = _recipe(layout, clips_per_subject=3)
        for clip in all_clips(recipe):
            if clip.spoof_type == spoof_types.PARTIAL_PAPER:
                word = "eye" if siwm.place_of(clip).stem == "Partial_Eye" else "mouth"
                assert word in start_clip(recipe, clip).parameters.instrument


def test_what_has_no_place_is_refused():
    for changes, words in (
        ({"layout": "oulu", "subjects": 56}, "3 to 55"),
        ({"layout": "oulu", "types": ("paper_glasses",)}, "no place for paper_glasses"),
        ({"layout": "siw", "subjects": 1}, "2 to 165"),
        ({"layout": "siwm", "subjects": 30}, "fewer subjects"),
        ({"layout": "replay-attack"}, "layout"),
    ):
        with pytest.raises(SyntheticError, match=words):
            all_clips(Recipe(**{"types": ("print", "replay"), "subjects": 3, **changes}))


def test_few_people_are_shared_out():
    assert share_out(3, (20, 15, 20)) == [1, 1, 1]
    for count in range(3, 56):
        shares = share_out(count, (20, 15, 20))
        assert sum(shares) == count and all(1 <= n <= most for n, most in zip(shares, (20, 15, 20)))
    for count in range(2, 166):
        shares = share_out(count, (90, 75))
        assert sum(shares) == count and all(1 <= n <= most for n, most in zip(shares, (90, 75)))
