"""Writes one HTML page about a run: what was trained on what, error rates, pictures.

python -m tools.report --run=RUN --metrics=metrics.json --pictures=DIR --out=report.html
"""

import dataclasses

from .command import Flags, UsageError, run_program

flags = Flags()

_RUN = flags.DEFINE_string("run", None, "Run folder, made by tools.train.", required=True)
_METRICS = flags.DEFINE_string("metrics", None, "Error rates, made by tools.evaluate.", required=True)
_SCORES = flags.DEFINE_string("scores", None, "Score file of tools.score, for a table of traces by type.")
_PICTURES = flags.DEFINE_string("pictures", None, "Folder of pictures, made by tools.disentangle.")
_NOTE = flags.DEFINE_string("note", "", "A sentence to show first, such as what the data is not.")
_OUT = flags.DEFINE_string("out", None, "HTML file to write.", required=True)


def main() -> None:
    from phystd_tf.files.atomic import write_text
    from phystd_tf.files.json_file import expected_form, read_json
    from phystd_tf.files.outputs import Output, check_outputs, has_mark
    from phystd_tf.report.html_report import MARK, list_pictures, render_report, run_facts, score_tables
    from phystd_tf.runs.folder import commands_path, load_commands, load_hparams, own_files

    read = [_METRICS.value, *filter(None, [_SCORES.value]), *own_files(_RUN.value)]
    check_outputs([Output(_OUT.value, has_mark(MARK))], read)
    summary = read_json(_METRICS.value, UsageError)
    with expected_form(_METRICS.value, "what tools.evaluate wrote", UsageError, "evaluate again"):
        tables = score_tables(summary)
    hparams, commands = dataclasses.asdict(load_hparams(_RUN.value)), load_commands(_RUN.value)
    with expected_form(commands_path(_RUN.value), "the commands of a training", UsageError):
        facts = run_facts(hparams, commands)
    pictures = list_pictures(_PICTURES.value) if _PICTURES.value else []
    note = {"note": _NOTE.value} if _NOTE.value else {}
    if _SCORES.value:
        from phystd_tf.evaluation.scores import read_scores
        from phystd_tf.evaluation.summary import terms_by_type

        rows = terms_by_type(read_scores(_SCORES.value))
        tables["Mean terms of the score, by type of face"] = [
            {name: round(value, 4) if isinstance(value, float) else value for name, value in row.items()}
            for row in rows
        ]
    write_text(render_report({**note, **facts}, tables, pictures), _OUT.value)
    print(f"report in {_OUT.value}")


def run() -> None:
    """Entry point of phystd-report."""
    run_program(main, flags)


if __name__ == "__main__":
    run()
