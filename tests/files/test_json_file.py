"""JSON files and what can be wrong with them."""

import pytest

from phystd_tf.errors import PhystdError
from phystd_tf.files.json_file import read_json


class _WrongError(PhystdError):
    pass


def test_objects_and_lists_are_read(tmp_path):
    (tmp_path / "a.json").write_text('{"name": "Grüße", "values": [1, 2.5, null]}', encoding="utf-8")
    assert read_json(str(tmp_path / "a.json"), _WrongError) == {"name": "Grüße", "values": [1, 2.5, None]}
    (tmp_path / "b.json").write_text("[1]")
    assert read_json(str(tmp_path / "b.json"), _WrongError, kind=list) == [1]


@pytest.mark.parametrize(
    "content, kind, why",
    [
        (None, dict, "cannot be read"),
        (b"", dict, "not a JSON file"),
        (b"{", dict, "not a JSON file"),
        (b'"\xff"', dict, "not a JSON file"),
        (b"[1]", dict, "not a JSON object"),
        (b"{}", list, "not a JSON list"),
    ],
)
def test_what_is_wrong_is_said_with_the_file_and_the_advice(tmp_path, content, kind, why):
    path = tmp_path / "settings.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(_WrongError, match=rf"settings\.json: {why}.*; make it again$"):
        read_json(str(path), _WrongError, "make it again", kind)
    with pytest.raises(_WrongError, match=why):
        read_json(str(path), _WrongError, kind=kind)


@pytest.mark.parametrize("text", ['{"a": NaN}', '{"a": [-Infinity]}', '{"a": ' + "[" * 100000])
def test_what_python_reads_and_json_does_not_know_is_refused(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(PhystdError, match=r"a\.json: not a JSON file"):
        read_json(str(path), PhystdError)
