import numpy as np
import pytest

from phystd_tf.data.readers.dat_records import RECORD_BYTES, DatFileError, is_dat, iterate_dat, label_of_dat

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 256, 256, 3), np.uint8)


def _write(path, images=IMAGES, label=1):
    data = b"".join(
        b"".join(image[..., channel].tobytes() for channel in range(3)) + b"\x09" * 4096 + bytes([label])
        for image in images
    )
    path.write_bytes(data)
    return str(path)


def test_frames_are_read_with_their_index(tmp_path):
    path = _write(tmp_path / "Paper_1.dat")
    frames = list(iterate_dat(path))
    assert [index for index, _ in frames] == [0, 1, 2, 3, 4]
    for index, frame in frames:
        assert frame.dtype == np.uint8 and frame.flags.c_contiguous and frame.flags.writeable
        np.testing.assert_array_equal(frame, IMAGES[index])


@pytest.mark.parametrize(
    "frame_step, max_frames, indices",
    [(2, None, [0, 2, 4]), (1, 2, [0, 1]), (2, 2, [0, 2]), (9, None, [0]), (1, 0, [])],
)
def test_frame_step_and_max_frames(tmp_path, frame_step, max_frames, indices):
    frames = list(iterate_dat(_write(tmp_path / "a.dat"), frame_step, max_frames))
    assert [index for index, _ in frames] == indices
    assert all((frame == IMAGES[index]).all() for index, frame in frames)


def test_labels_are_inverted(tmp_path):
    labels = [label_of_dat(_write(tmp_path / "a.dat", IMAGES[:1], label)) for label in (0, 1, 2)]
    assert labels == [1, 0, None]


@pytest.mark.parametrize(
    "data, said",
    [
        (b"", "empty"),
        (b"x" * (RECORD_BYTES - 1), "200704 bytes.*not a multiple of the 200705"),
        (b"x" * (2 * RECORD_BYTES + 7), "not a multiple"),
    ],
)
def test_other_files_are_refused_by_name(tmp_path, data, said):
    (tmp_path / "a.dat").write_bytes(data)
    for read in (label_of_dat, lambda path: list(iterate_dat(path))):
        with pytest.raises(DatFileError, match=rf"a\.dat: .*{said}"):
            read(str(tmp_path / "a.dat"))


def test_what_is_not_there_or_a_folder_is_refused_by_name(tmp_path):
    (tmp_path / "b.dat").mkdir()
    for name in ("a.dat", "b.dat"):
        with pytest.raises(DatFileError, match=rf"{name}: cannot be read"):
            next(iterate_dat(str(tmp_path / name)))


def test_names():
    assert is_dat("x/Live_1.dat") and is_dat("A.DAT")
    assert not is_dat("x/._Live_1.dat") and not is_dat("a.dat.mov")
