import cv2
import matplotlib.cbook
import numpy as np
import pytest
import skimage.data

from phystd_tf.data import clip_preparation
from phystd_tf.data.clip_preparation import ClipPreparer, Settings
from phystd_tf.data.clips import Clip
from phystd_tf.face.alignment import FaceAligner
from phystd_tf.face.crop import from_crop
from phystd_tf.face.following import FaceFollower
from phystd_tf.face.morphable_model import default_model
from phystd_tf.face.refusals import FaceTooSmallError, LowQualityError, NoFaceError
from phystd_tf.files.images import read_image
from tests.data.fake_prepared import fake_face
from tests.files.motion_jpeg import avi, jpeg

SETTINGS = Settings(image_size=64, map_sizes=(64, 32), depth_size=16)


@pytest.fixture(scope="module")
def aligner():
    with FaceAligner() as shared:
        yield shared


@pytest.fixture(scope="module")
def hopper() -> np.ndarray:
    with matplotlib.cbook.get_sample_data("grace_hopper.jpg") as file:
        return read_image(file.name)


def _save(folder, images, suffix=".png") -> Clip:
    """A clip of frames."""
    paths = []
    for index, image in enumerate(images):
        paths.append(str(folder / f"{index:02d}{suffix}"))
        cv2.imwrite(paths[-1], image[..., ::-1])
    return Clip("live/s/c", tuple(paths), "s", "live", 1, "train")


def _video(path, images) -> Clip:
    height, width = images[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 25, (width, height))
    for image in images:
        writer.write(np.ascontiguousarray(image[..., ::-1]))
    writer.release()
    return Clip("live/s/v.mp4", (str(path),), "s", "live", 1, "train")


def _frames(clip, aligner=None, **changes) -> list:
    return list(ClipPreparer(SETTINGS._replace(**changes), aligner, default_model()).frames(clip))


def _statuses(frames) -> list:
    return [(frame.row["frame"], frame.row["status"]) for frame in frames]


def _middle(frame) -> np.ndarray:
    box = frame.face.box
    return np.array([box.left + box.side / 2, box.top + box.side / 2])


def _replace_geometry(monkeypatch, find_face):
    """Replaces the face finder with a fake, and adds no targets."""
    monkeypatch.setattr(clip_preparation, "find_face", find_face)
    monkeypatch.setattr(clip_preparation, "with_targets", lambda face, *_: face)


def test_a_photograph_becomes_a_face_and_a_row(tmp_path, aligner, hopper):
    clip = _save(tmp_path, [hopper])
    (frame,) = _frames(clip, aligner)
    assert frame.face.image.shape == (64, 64, 3) and sorted(frame.face.triangle_maps) == [32, 64]
    assert 0.9 < frame.face.depth.max() <= 1 and frame.face.preliminary_mask.min() == 1
    np.testing.assert_array_equal(frame.image, hopper)
    row = frame.row
    assert row == {
        **{"source": clip.paths[0], "clip": "live/s/c", "frame": 0, "subject": "s", "type": "live", "label": 1},
        **{"session": "", "device": "", "instrument": ""},
        **{"split": "train", "status": "ok", "num_faces": 1, "width": 512, "height": 600},
        **{name: row[name] for name in ("left", "top", "side", "fit_error")},
    }
    assert abs(float(row["left"]) - frame.face.box.left) < 0.01 and float(row["fit_error"]) < 0.02


@pytest.mark.parametrize("kind, open_pixels", [("print", False), ("half_mask", True), ("a_new_kind", True)])
def test_spoofs_have_no_depth_and_the_mask_of_their_type(tmp_path, aligner, hopper, kind, open_pixels):
    (frame,) = _frames(_save(tmp_path, [hopper])._replace(type=kind, label=0), aligner)
    assert (frame.face.depth == 0).all()
    assert (frame.face.preliminary_mask == 0).any() == open_pixels


def test_black_frames_of_a_video_are_rows_without_face_and_the_others_are_used(tmp_path, aligner, hopper):
    small = cv2.resize(hopper, (256, 300), interpolation=cv2.INTER_AREA)
    black = np.zeros_like(small)
    frames = _frames(_video(tmp_path / "v.mp4", [small, black, small, black, black, small]), aligner)
    assert _statuses(frames) == [(i, "no_face" if i in (1, 3, 4) else "ok") for i in range(6)]
    assert all((frame.face is None) == (frame.row["status"] != "ok") for frame in frames)
    assert frames[1].row["reason"] == "no face found" and frames[1].row["width"] == 256


def test_a_larger_face_that_enters_later_is_not_followed(tmp_path, aligner, hopper):
    astronaut = skimage.data.astronaut()
    alone = np.full((600, 1400, 3), 90, np.uint8)
    alone[:512, :512] = astronaut
    both = alone.copy()
    both[:, 800:1312] = hopper
    first, *others = _frames(_save(tmp_path, [alone, both, both]), aligner)
    assert all(np.linalg.norm(_middle(frame) - _middle(first)) < 5 for frame in others)
    (frame,) = _frames(_save(tmp_path, [both]), aligner)
    assert _middle(frame)[0] > 800  # without a hint, the larger one is taken


def test_a_face_that_jumps_is_found_again(tmp_path, aligner, hopper):
    left = np.full((600, 1800, 3), 90, np.uint8)
    right = left.copy()
    left[:, :512], right[:, -512:] = hopper, hopper
    frames = _frames(_save(tmp_path, [left, right]), aligner)
    assert _statuses(frames) == [(0, "ok"), (1, "ok")]
    assert _middle(frames[1])[0] - _middle(frames[0])[0] == pytest.approx(1800 - 512, abs=5)


def test_the_face_before_is_the_hint_for_the_next_frame(tmp_path, monkeypatch):
    hints = []

    def find_face(*_, hint_box=None, known_upright=False):
        hints.append(hint_box)
        assert known_upright == (hint_box is not None)  # after the first frame, the face is known to be upright
        return fake_face(1)

    _replace_geometry(monkeypatch, find_face)
    _frames(_save(tmp_path, [np.zeros((40, 40, 3), np.uint8)] * 2))
    face = fake_face(1)
    points = from_crop(face.shape[:, :2], face.box, 32)
    assert hints[0] is None
    np.testing.assert_allclose(hints[1], [*points.min(0), *points.max(0)])


def test_each_clip_starts_without_a_hint(tmp_path, monkeypatch):
    hints = []
    _replace_geometry(monkeypatch, lambda *_, **known: hints.append(known) or fake_face(1))
    clip = _save(tmp_path, [np.zeros((40, 40, 3), np.uint8)])
    preparer = ClipPreparer(SETTINGS, None, default_model())
    assert len(list(preparer.frames(clip)) + list(preparer.frames(clip))) == 2
    assert hints == [{}, {}]


@pytest.mark.parametrize(
    "error, status, reason",
    [
        (NoFaceError("none"), "no_face", "none"),
        (FaceTooSmallError("few"), "too_small", "few"),
        (LowQualityError("odd"), "low_quality", "odd"),
        (ValueError("surprise"), "failed", "ValueError: surprise"),
        (cv2.error("inside"), "failed", "error: inside"),
    ],
)
def test_a_frame_that_fails_says_why_and_the_next_is_prepared(tmp_path, monkeypatch, error, status, reason):
    calls = iter([error, None])

    def find_face(*_, **__):
        problem = next(calls)
        if problem is not None:
            raise problem
        return fake_face(1)

    _replace_geometry(monkeypatch, find_face)
    first, second = _frames(_save(tmp_path, [np.zeros((40, 40, 3), np.uint8)] * 2))
    assert (first.row["status"], first.row["reason"], first.face) == (status, reason, None)
    assert second.row["status"] == "ok"


def test_a_trained_model_sees_the_crops_that_preparation_makes(tmp_path, aligner, hopper):
    """Also where the face moves, is lost, and comes back elsewhere."""
    images = [np.roll(hopper, (0, shift), (0, 1)) for shift in (0, 6, 12)]
    images += [np.zeros_like(hopper), np.roll(hopper, -60, 1), np.roll(hopper, -50, 1)]
    prepared = _frames(_save(tmp_path, images), aligner)
    follower = FaceFollower(aligner, default_model(), SETTINGS.image_size)
    for frame, image in zip(prepared, images):
        (seen,) = follower.faces(image)
        if frame.face is None:
            assert seen.face.status == frame.row["status"] == "no_face"
        else:
            assert seen.number == 0
            np.testing.assert_array_equal(seen.face.image, frame.face.image)


def test_unreadable_files_are_rows(tmp_path, monkeypatch):
    _replace_geometry(monkeypatch, lambda *_, **__: fake_face(1))
    clip = _save(tmp_path, [np.zeros((40, 40, 3), np.uint8)] * 3)
    (tmp_path / "01.png").write_bytes(b"GIF89a")
    frames = _frames(clip)
    assert _statuses(frames) == [(0, "ok"), (1, "unreadable"), (2, "ok")]
    assert frames[1].row["source"] == clip.paths[1]
    assert frames[1].row["reason"] == "a GIF, which is not supported; convert it to PNG or JPEG"
    (tmp_path / "bad.mp4").write_bytes(b"text")
    (frame,) = _frames(Clip("live/bad.mp4", (str(tmp_path / "bad.mp4"),), None, "live", 1, "train"))
    assert (frame.row["frame"], frame.row["status"], frame.row["subject"]) == (-1, "unreadable", "live/bad.mp4")


def test_damaged_frames_of_a_video_are_rows(tmp_path, monkeypatch):
    _replace_geometry(monkeypatch, lambda *_, **__: fake_face(1))
    noise = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    whole = jpeg(noise, 2)
    damaged = whole[:700] + bytes(400) + whole[1100:]
    (tmp_path / "v.avi").write_bytes(avi([whole, damaged, whole, damaged], 64, 48))
    frames = _frames(Clip("live/v.avi", (str(tmp_path / "v.avi"),), None, "live", 1, "train"))
    assert _statuses(frames) == [(0, "ok"), (1, "unreadable"), (2, "ok"), (3, "unreadable")]
    assert "frame 3 is damaged" == frames[3].row["reason"]


@pytest.mark.parametrize("as_video", [False, True])
def test_frames_are_sampled_by_their_index(tmp_path, monkeypatch, as_video):
    _replace_geometry(monkeypatch, lambda *_, **__: fake_face(1))
    images = [np.zeros((48, 64, 3), np.uint8)] * 11
    clip = _video(tmp_path / "v.avi", images) if as_video else _save(tmp_path, images)
    for step, most, expected in ((1, None, list(range(11))), (4, None, [0, 4, 8]), (3, 2, [0, 3]), (50, 5, [0])):
        assert [frame.row["frame"] for frame in _frames(clip, frame_step=step, max_frames=most)] == expected


def test_landmark_files_replace_the_mesh_if_asked_for(tmp_path, aligner, hopper):
    clip = _save(tmp_path, [hopper])
    (meshed,) = _frames(clip, aligner)
    points = from_crop(meshed.face.shape[default_model().landmarks68, :2], meshed.face.box, 64)
    np.save(tmp_path / "00.npy", points)
    (frame,) = _frames(clip, aligner=None, landmarks68=True)
    assert frame.row["status"] == "ok"
    assert np.linalg.norm(_middle(frame) - _middle(meshed)) < 0.05 * meshed.face.box.side
    np.save(tmp_path / "00.npy", points[:, ::-1])
    (frame,) = _frames(clip, aligner=None, landmarks68=True)
    assert frame.row["status"] == "bad_landmarks" and "y before x" in frame.row["reason"]
    np.save(tmp_path / "00.npy", points[:5])
    (frame,) = _frames(clip, aligner=None, landmarks68=True)
    assert frame.row["status"] == "bad_landmarks" and "00.npy" in frame.row["reason"]
    (frame,) = _frames(clip, aligner)
    assert frame.row["status"] == "ok"


def test_a_side_file_says_which_face_is_meant(tmp_path, aligner, hopper):
    astronaut = skimage.data.astronaut()[:300, 60:360]
    small = cv2.resize(hopper[:400, :400], (180, 180))
    image = np.zeros((300, 700, 3), np.uint8)
    image[:, :300], image[60:240, 480:660] = astronaut, small
    clip = _save(tmp_path, [image, image])
    side = tmp_path / "clip.face"
    side.write_text("0 0 0 0\n480 60 660 240\n")
    for hints, x in ((None, 150), (str(side), 150)):  # the first frame has no hint, and the second follows it
        assert abs(_middle(_frames(clip._replace(side=hints), aligner)[1])[0] - x) < 60
    side.write_text("480 60 660 240\n")
    first, second = _frames(clip._replace(side=str(side)), aligner)
    assert abs(_middle(first)[0] - 570) < 60 and abs(_middle(second)[0] - 570) < 60
    side.write_text("310 0 340 30\n")  # there is no face, so the whole frame is searched
    assert abs(_middle(_frames(clip._replace(side=str(side)), aligner)[0])[0] - 150) < 60
    for broken in ("no numbers\n", ""):
        side.write_text(broken)
        assert _statuses(_frames(clip._replace(side=str(side)), aligner)) == [(0, "ok"), (1, "ok")]
    assert _statuses(_frames(clip._replace(side=str(tmp_path / "gone.face")), aligner)) == [(0, "ok"), (1, "ok")]


def test_records_of_siwm_are_clips(tmp_path, aligner, hopper):
    face = cv2.resize(hopper[:400, 100:500], (256, 256))
    record = face.transpose(2, 0, 1).tobytes() + bytes(64 * 64) + b"\1"
    path = tmp_path / "Paper_1.dat"
    path.write_bytes(3 * record)
    clip = Clip("Paper_1", (str(path),), None, "print", 0, "train")
    frames = _frames(clip, aligner, frame_step=2)
    assert _statuses(frames) == [(0, "ok"), (2, "ok")]
    np.testing.assert_array_equal(frames[0].image, face)
    path.write_bytes(record[:-1])
    (row,) = [frame.row for frame in _frames(clip, aligner)]
    assert row["status"] == "unreadable" and "is not a multiple" in row["reason"] and row["frame"] == -1
