"""What the program that builds the morphable model may replace; tests/face tests the model itself."""

import pytest
from absl.testing import flagsaver

from phystd_tf.face import model_building
from phystd_tf.files.outputs import OutputError
from tools import build_morphable_model as program


def test_it_replaces_models_and_no_file_of_others(tmp_path, monkeypatch):
    monkeypatch.setattr(model_building, "build", lambda photographs: {"triangles": [1, 2], "basis": [3]})
    monkeypatch.setattr(program, "_photographs", list)
    out = tmp_path / "model.npz"
    flags = program.flags.values
    before = flagsaver.save_flag_values(flags)
    flags(["build_morphable_model", f"--out={out}"])
    try:
        for _ in range(2):
            program.main()
        whole = out.read_bytes()
        for mine in (b"dear to somebody", whole.replace(b"basis", b"basil")):
            out.write_bytes(mine)
            with pytest.raises(OutputError, match="model.npz exists and was not written by this program"):
                program.main()
            assert out.read_bytes() == mine
    finally:
        flagsaver.restore_flag_values(before, flags)
