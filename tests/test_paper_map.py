"""The paper map of WORKSPACE-notes.md is correct, and complete in both directions."""

import ast
import importlib
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parent.parent
NOTES = (ROOT / "WORKSPACE-notes.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (?P<what>[^|]+?) \| `(?P<function>[\w.]+)` \| `(?P<test>[\w/]+\.py::\w+)` \|", re.MULTILINE)
ROWS = [match.groupdict() for match in ROW.finditer(NOTES)]


def _numbers(text):
    """The equations a text cites: "Eq. (5)", "Eq. (1), (5) and (9)", "Eq. (12) to (15)"."""
    found = set()
    for run in re.findall(r"Eq\. ((?:\(\d+\)(?:, | and | to )?)+)", text):
        numbers = [int(number) for number in re.findall(r"\d+", run)]
        found.update(range(numbers[0], numbers[-1] + 1) if " to " in run else numbers)
    return found


def _resolve(dotted):
    module, parts = dotted, []
    while True:
        try:
            found = importlib.import_module(module)
            break
        except ModuleNotFoundError:
            module, _, last = module.rpartition(".")
            parts.insert(0, last)
    for part in parts:
        found = getattr(found, part)
    return found


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['what']}-{row['function']}".replace(" ", "_"))
def test_each_row_leads_to_a_function_that_cites_it_and_to_a_test(row):
    docstring = _resolve(row["function"]).__doc__
    numbers = _numbers(row["what"])
    if numbers:
        assert numbers <= _numbers(docstring), f"{row['function']} does not cite {row['what']}"
    else:
        assert row["what"] in docstring, f"{row['function']} does not cite {row['what']}"
    path, _, name = row["test"].partition("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert name in names, f"{path} has no {name}"


def test_every_equation_of_the_paper_is_in_the_map():
    assert set().union(*(_numbers(row["what"]) for row in ROWS)) == set(range(1, 25))


def test_every_function_that_implements_an_equation_is_in_the_map():
    """A public function of physics, losses or scores whose first line cites an equation has a row."""
    mapped = {row["function"] for row in ROWS}
    files = [*(ROOT / "phystd_tf" / "physics").glob("*.py"), ROOT / "phystd_tf" / "losses.py"]
    files.append(ROOT / "phystd_tf" / "evaluation" / "scores.py")
    missing = []
    for path in files:
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            first_line = (ast.get_docstring(node) or "").splitlines()[0]
            if _numbers(first_line) and f"{module}.{node.name}" not in mapped:
                missing.append(f"{module}.{node.name}")
    assert not missing
