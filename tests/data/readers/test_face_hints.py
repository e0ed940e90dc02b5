import pytest

from phystd_tf.data.readers.face_hints import read_boxes, read_eyes, read_hints


def _write(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    return str(path)


def test_a_box_holds_the_face_around_its_eyes(tmp_path):
    path = _write(tmp_path, "a.txt", b"0,100,200,160,200\n1,160,200,100,200\n2,100,100,100,160\n")
    found = read_eyes(path)
    assert set(found.boxes) == {0, 1, 2} and found.notes == []
    left, top, right, bottom = found.boxes[0]
    # Cheeks are about one eye distance from the middle, the chin about two below.
    assert (left + right) / 2 == 130 and 60 <= 130 - left <= 100
    assert 60 <= 200 - top <= 100 and 110 <= bottom - 200 <= 150
    assert found.boxes[1] == found.boxes[0]
    # The eye distance of a face that is rotated by 90 degrees is the same.
    assert found.boxes[2][2] - found.boxes[2][0] == right - left


def test_frames_without_eyes_are_missing(tmp_path):
    path = _write(tmp_path, "a.txt", b"0,0,0,0,0\n1,100,0,160,200\n2,50,60,50,60\n3,10,20,40,20\n")
    found = read_eyes(path)
    assert set(found.boxes) == {3} and found.notes == []


def test_the_frame_is_a_whole_number_and_not_the_beginning_of_one(tmp_path):
    path = _write(tmp_path, "a.txt", b"10,100,200,160,200\n100,300,200,360,200\n")
    boxes = read_eyes(path).boxes
    assert set(boxes) == {10, 100} and 1 not in boxes


@pytest.mark.parametrize("data", [b"\xef\xbb\xbf0,1,2,5,2\r\n1,2,2,6,2\r\n", "0,1,2,5,2\n1,2,2,6,2".encode("utf-16")])
def test_marks_and_line_ends_of_other_systems_do_not_matter(tmp_path, data):
    found = read_eyes(_write(tmp_path, "a.txt", data))
    assert set(found.boxes) == {0, 1} and found.notes == []
    boxes = data if data[:1] != b"\xef" else b"\xef\xbb\xbf1 2 3 4\r\n2 3 4 5\r\n"
    if boxes is not data:
        assert read_boxes(_write(tmp_path, "a.face", boxes)).boxes == {0: (1, 2, 3, 4), 1: (2, 3, 4, 5)}


def test_invalid_lines_are_noted_and_the_others_count(tmp_path):
    rows = (b"frame,x,y,x,y", b"0,1,2,5,2", b"1,2,3,4", b"x,1,2,3,4", b"2,1,nan,5,2", b"-1,1,2,5,2", b"2.0,1,2,5,2")
    found = read_eyes(
        _write(tmp_path, "a.txt", b"\n".join((*rows, b"", b"0,7,7,9,9", b"3,1e9,2,5,2", b"4, 1 , 2,5,2")))
    )
    assert set(found.boxes) == {0, 4} and found.boxes[0][0] < 1
    assert len(found.notes) == 2
    assert "7 lines are not 'frame,x,y,x,y', the first is line 1" in found.notes[0]
    assert "1 lines repeat a frame, the first is line 9" in found.notes[1]


def test_boxes_count_their_lines(tmp_path):
    data = b"10 20 110 140\n0 0 0 0\n\n0 0 50 60\n100 20 10 140\n1 2 3\n-5 -6 50.5 60\n"
    found = read_boxes(_write(tmp_path, "a.face", data))
    assert found.boxes == {0: (10, 20, 110, 140), 3: (0, 0, 50, 60), 6: (-5, -6, 50.5, 60)}
    assert len(found.notes) == 1 and "2 lines are not 'left top right bottom', the first is line 5" in found.notes[0]


def test_files_of_another_kind_give_nothing_and_say_so(tmp_path):
    # The format of another dataset.
    found = read_boxes(_write(tmp_path, "a.face", b"1, 10, 20, 110, 140, 30, 40, 60, 40\n" * 3))
    assert not found.boxes and "3 lines" in found.notes[0]
    found = read_eyes(_write(tmp_path, "a.txt", bytes(range(256)) * 9))
    assert not found.boxes and found.notes


def test_what_cannot_be_read_gives_nothing(tmp_path):
    found = read_eyes(str(tmp_path / "nowhere.txt"))
    assert not found.boxes and "nowhere.txt: cannot be read" in found.notes[0]
    assert read_boxes(str(tmp_path)).boxes == {} and read_hints(str(tmp_path)) == {}
    assert read_boxes(_write(tmp_path, "empty.face", b"")) == ({}, [])


def test_the_suffix_determines_the_kind(tmp_path):
    assert read_hints(_write(tmp_path, "a.FACE", b"1 2 3 4\n")) == {0: (1, 2, 3, 4)}
    assert set(read_hints(_write(tmp_path, "a.txt", b"7,1,2,5,2\n"))) == {7}
