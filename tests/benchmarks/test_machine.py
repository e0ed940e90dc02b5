"""What is said about the machine."""

import json
import os
import platform

import pytest

from phystd_tf.benchmarks import machine


def test_the_machine_is_told_with_its_load_and_limits(monkeypatch):
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "3")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(os, "getloadavg", lambda: (1.256, 9, 9))
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {4, 5, 9})
    found = machine.machine()
    assert found["load"] == 1.26 and found["cores"] == 3
    assert found["threads"]["TF_NUM_INTRAOP_THREADS"] == "3" and "OMP_NUM_THREADS" not in found["threads"]
    assert found["versions"]["python"] == platform.python_version() and json.dumps(found)


@pytest.mark.parametrize(
    "text, name",
    [("flags: x\nmodel name\t: Fast CPU @ 3 GHz\nmodel name\t: Other", "Fast CPU @ 3 GHz"), ("Hardware: y", "z")],
)
def test_the_processor_is_named(tmp_path, monkeypatch, text, name):
    (tmp_path / "cpuinfo").write_text(text)
    monkeypatch.setattr(machine, "_CPUINFO", str(tmp_path / "cpuinfo"))
    monkeypatch.setattr(platform, "processor", lambda: "")
    monkeypatch.setattr(platform, "machine", lambda: "z")
    assert machine.machine()["processor"] == name
