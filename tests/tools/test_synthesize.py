"""Synthesized faces: a killed program costs nothing, and leaves nothing behind once it has run again."""

from tests.killing import Program, check_kills, tree
from tests.tools.no_model import make_run


def test_a_kill_at_any_point_costs_nothing(tmp_path, kill_points):
    template = tmp_path / "template"
    template.mkdir()
    make_run(str(template))
    # Two batches of pairs, some of them refused, and then the faces of dev.
    arguments = ["synthesize", "--run=run", "--data=prepared", "--out=more", "--count=7", "--originals=dev"]
    program = Program("tests.tools.no_model")
    check_kills(program, arguments, template, tmp_path / "work", lambda work: tree(work / "more"), kill_points)
