"""The installed package without the repository: a wheel in its own environment."""

import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile

import pytest

import phystd_tf
from tests.documents import WIDTHS
from tests.test_command_lines import PROGRAMS

ROOT = pathlib.Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy, because a build leaves folders behind."""
    work = tmp_path_factory.mktemp("wheel")
    for name in ("phystd_tf", "tools", "protocols"):
        shutil.copytree(ROOT / name, work / "source" / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.py", "pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, work / "source" / name)
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", work, "."],
        cwd=work / "source", check=True, capture_output=True,
    )  # fmt: skip
    (path,) = work.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def scripts(wheel, tmp_path_factory):
    """The folder of console scripts of an environment with the wheel; its requirements come from this environment."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    (site,) = home.glob("lib/python*/site-packages")
    (site / "requirements.pth").write_text(f"{sysconfig.get_path('purelib')}\n")  # its own .pth files are not followed
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel],
        check=True, capture_output=True,
    )  # fmt: skip
    return home / "bin"


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """A folder with packages of common names, as users may have."""
    folder = tmp_path_factory.mktemp("elsewhere")
    for name in ("tools", "protocols", "tests"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text("raise ImportError('not the one that was meant')")
    return folder


def _run(scripts, elsewhere, program, *arguments, code=0):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["TF_NUM_INTRAOP_THREADS"] = "1"
    done = subprocess.run(
        [scripts / program, *map(str, arguments)], cwd=elsewhere, capture_output=True, text=True, env=environment
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def test_one_name_is_installed(wheel):
    with zipfile.ZipFile(wheel) as file:
        names = {name.split("/")[0] for name in file.namelist()}
    assert {name for name in names if not name.endswith(".dist-info")} == {"phystd_tf"}
    assert wheel.name.startswith(f"phystd_tf-{phystd_tf.__version__}-")


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_console_script_answers(scripts, elsewhere, program):
    assert "Options:" in _run(scripts, elsewhere, f"phystd-{program.replace('_', '-')}", "--help")


def test_the_library_is_the_installed_one(scripts, elsewhere):
    code = "import phystd_tf; print(phystd_tf.__file__, phystd_tf.__version__)"
    file, version = _run(scripts, elsewhere, "python", "-c", code).split()
    assert file.startswith(str(scripts.parent)) and version == phystd_tf.__version__


def test_from_faces_to_scores(scripts, elsewhere):
    _run(scripts, elsewhere, "phystd-make-synthetic", "--out=faces", "--subjects=6", "--clips_per_subject=1",
         "--live_clips_per_subject=1", "--frames_per_clip=1", "--size=192", "--types=print,replay")  # fmt: skip
    _run(scripts, elsewhere, "phystd-prepare", "--root=faces", "--out=prepared", "--image_size=128", "--map_sizes=128",
         "--workers=1")  # fmt: skip
    listed = _run(scripts, elsewhere, "phystd-protocols", "--data=prepared")
    assert all(name in listed for name in ("folder", "embedded_instruments", "leave_out_TYPE"))
    _run(scripts, elsewhere, "phystd-train", "--data=prepared", "--run=run", "--iterations=1",
         *(f"--set={text}" for text in WIDTHS))  # fmt: skip
    _run(scripts, elsewhere, "phystd-score", "--run=run", "--data=prepared", "--out=test.csv")
    assert (elsewhere / "test.csv").read_text().count("\n") > 1


def test_all_programs_can_be_imported_by_one_process():
    code = f"import {', '.join(f'tools.{program}' for program in PROGRAMS)}"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
