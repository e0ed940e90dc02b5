import pytest

from phystd_tf.files.text import TextFileError, read_lines


@pytest.mark.parametrize(
    "data, rows, oddities",
    [
        (b"", [], []),
        (b"a", ["a"], []),
        (b"a\n\nb\n", ["a", "", "b"], []),
        (b"a\r\nb\r\n", ["a", "b"], ["CRLF line ends"]),
        (b"a\rb", ["a", "b"], ["CRLF line ends"]),
        (b"\xef\xbb\xbf\xc3\xa4\n", ["\u00e4"], ["a byte order mark"]),
        ("a\r\nb".encode("utf-16"), ["a", "b"], ["a byte order mark", "CRLF line ends"]),
        (b"\xfe\xff\0a\0\n\0b", ["a", "b"], ["a byte order mark"]),
        (b"\xe4\n", ["\ufffd"], []),
    ],
)
def test_lines_of_all_systems(tmp_path, data, rows, oddities):
    path = tmp_path / "a.txt"
    path.write_bytes(data)
    assert read_lines(str(path)) == (rows, oddities)


def test_what_cannot_be_read_is_named(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere.txt"):
        with pytest.raises(TextFileError, match=f"{path}: cannot be read"):
            read_lines(str(path))
