"""Imports run one way, flags exist only in tools/, and files stay small (design rules)."""

import ast
import importlib.util
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent
PACKAGE = sorted((ROOT / "phystd_tf").rglob("*.py"))
TOOLS = sorted((ROOT / "tools").glob("*.py"))

# Part -> the parts it may import. Anything else is not allowed.
MAY_IMPORT = {
    "errors": set(),
    "traces": set(),
    "spoof_types": set(),
    "liveness": set(),
    "device": set(),
    "files": {"errors"},
    "hparam_fields": {"errors"},
    "hparams": {"files", "hparam_fields"},
    "physics": {"device", "errors", "files", "hparams", "traces"},
    "networks": {"device", "hparams", "liveness", "physics", "traces"},
    "losses": {"hparams", "traces"},
    "optimization": {"hparams", "networks", "traces"},
    "baselines": {"errors", "hparams", "liveness", "losses", "networks", "optimization", "physics", "traces"},
    "face": {"errors", "files", "hparams", "physics", "spoof_types"},
    "protocols": {"errors", "files"},
    "evaluation": {"errors", "files", "liveness", "spoof_types"},
    "synthetic": {"errors", "face", "files", "protocols", "spoof_types"},
    "data": {"errors", "face", "files", "hparams", "physics", "protocols", "spoof_types", "traces"},
    "report": {"errors", "files", "spoof_types"},
    "tables": {"errors", "evaluation", "files", "protocols", "report", "spoof_types"},
    "runs": {"errors", "files", "hparams", "protocols"},
    "experiments": {"errors", "files", "hparams", "protocols"},
    "training": {
        "baselines", "data", "errors", "files", "hparams", "losses", "networks", "optimization", "physics",
        "protocols", "report", "runs", "traces",
    },
    "inference": {
        "baselines", "data", "errors", "evaluation", "face", "files", "hparams", "liveness", "networks", "physics",
        "report", "runs", "spoof_types", "synthetic", "traces",
    },
    "figures": {
        "data", "errors", "files", "hparams", "inference", "networks", "physics", "runs", "spoof_types", "tables",
        "traces",
    },
    "transfer": {
        "data", "errors", "files", "inference", "networks", "physics", "spoof_types", "traces",
    },
    "explorer": {
        "data", "errors", "liveness", "networks", "physics", "report", "runs", "traces", "transfer",
    },
    "benchmarks": {
        "baselines", "data", "errors", "face", "files", "hparams", "inference", "networks", "physics", "runs",
        "synthetic", "traces", "training",
    },
    "media_classifier": {"data", "errors", "evaluation", "hparams", "networks"},
}  # fmt: skip


def _part(path):
    relative = path.relative_to(ROOT / "phystd_tf")
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def _imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            for alias in node.names:
                yield f"{node.module}.{alias.name}"


def _name(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PACKAGE, ids=_name)
def test_imports_run_one_way(path):
    part = _part(path)
    for name in _imports(path):
        top, _, rest = name.partition(".")
        assert top != "tools", f"{path} imports a program"
        if top == "phystd_tf":
            other = rest.split(".")[0]
            allowed = other == part or other in MAY_IMPORT.get(part, ()) or other == "__version__" or part == "__init__"
            assert allowed, f"{part} may not import {other}"


@pytest.mark.parametrize("path", sorted((ROOT / "phystd_tf" / "evaluation").rglob("*.py")), ids=_name)
def test_evaluation_knows_no_tensorflow_and_no_images(path):
    tops = {name.split(".")[0] for name in _imports(path)}
    assert not tops & {"tensorflow", "keras", "cv2", "mediapipe", "sklearn"}


def test_what_needs_no_tensorflow_does_not_load_it():
    """Not even indirectly: programs start quickly, and evaluation runs without TensorFlow installed."""
    free = (
        "errors", "hparam_fields", "hparams", "traces", "spoof_types", "liveness", "evaluation", "face", "synthetic",
        "report", "runs", "files", "protocols", "tables", "experiments",
    )  # fmt: skip
    modules = [path for path in PACKAGE if _part(path) in free]
    modules += [ROOT / "phystd_tf" / "physics" / "triangulation.py"]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts).replace(".__init__", "") for path in modules]
    code = f"import sys, {', '.join(names)}; print([x for x in ('tensorflow', 'mediapipe') if x in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert len(names) > 30 and result.stdout.strip() == "[]"


@pytest.mark.parametrize("path", PACKAGE, ids=_name)
def test_flags_and_addons_are_where_they_belong(path):
    names = set(_imports(path))
    assert not any(name.startswith("absl") for name in names), "flags exist only in tools/"
    if path.name != "addons.py":
        assert not any(name.startswith("tensorflow_addons") for name in names)


def test_types_of_other_packages_are_not_read():
    """A release of one of them for newer Pythons than ours would fail the type check."""
    with open(ROOT / "pyproject.toml", encoding="utf-8") as file:
        skipped = set(re.findall(r'"([a-zA-Z_0-9]+)(?:\.\*)?"', file.read()))
    tops = {name.split(".")[0] for path in PACKAGE for name in _imports(path)}
    others = {top for top in tops if "site-packages" in str(importlib.util.find_spec(top).origin)}
    assert len(others) > 15 and others - skipped == {"numpy"}  # the last release for TensorFlow 2.15 is readable


@pytest.mark.parametrize("path", PACKAGE + TOOLS, ids=_name)
def test_files_are_small_and_have_names_that_say_something(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350
    assert path.name not in ("utils.py", "util.py", "helpers.py", "common.py", "misc.py")
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), f"{path} does not say what it is"


def test_every_part_has_its_rule():
    parts = {_part(path) for path in PACKAGE} - {"__init__"}
    assert parts == set(MAY_IMPORT)


def test_there_is_no_circle():
    def reaches(start, seen=()):
        for other in MAY_IMPORT[start]:
            assert other != seen[0] if seen else True, f"circle through {start}"
            if other not in seen:
                reaches(other, (*(seen or (start,)), other))

    for part in MAY_IMPORT:
        reaches(part, (part,))
