"""Writes one HTML page about a run: error rates, curves, and an explorer of its traces.

--scores adds ROC, DET and histograms. --data also adds the trace explorer: the faces
that are judged worst, with sliders for the terms of Eq. (5), a wipe, and their traces
on another face. The page loads nothing from elsewhere.

python -m tools.report --run=RUN --metrics=metrics.json --scores=test.csv --data=PREPARED --out=report.html
"""

import dataclasses

from phystd_tf.protocols.clip_facts import SPLITS

from .command import Flags, UsageError, run_program

flags = Flags()

_RUN = flags.DEFINE_string("run", None, "Run folder, made by tools.train.", required=True)
_METRICS = flags.DEFINE_string("metrics", None, "Error rates, made by tools.evaluate.", required=True)
_SCORES = flags.DEFINE_string("scores", None, "Score file of tools.score, for curves and a table of traces by type.")
_DATA = flags.DEFINE_string("data", None, "Prepared folder of the scored faces, for the trace explorer.")
_SPLIT = flags.DEFINE_enum("split", "test", SPLITS, "Split of --data that was scored.")
_SAMPLES = flags.DEFINE_integer(
    "samples", 60, "Maximum number of faces in the trace explorer; errors come first.", lower_bound=1
)
_PICTURES = flags.DEFINE_string("pictures", None, "Folder of pictures, made by tools.disentangle.")
_NOTE = flags.DEFINE_string("note", "", "A sentence to show first, such as what the data is not.")
_OUT = flags.DEFINE_string("out", None, "HTML file to write.", required=True)


def main() -> None:
    from phystd_tf.files.atomic import write_text
    from phystd_tf.files.json_file import expected_form, read_json
    from phystd_tf.files.outputs import Output, check_outputs, has_mark
    from phystd_tf.report.html_report import MARK, list_pictures, render_report, run_facts, score_tables
    from phystd_tf.runs.folder import commands_path, load_commands, load_hparams, own_files

    if _DATA.value and not _SCORES.value:
        raise UsageError("--data needs --scores: the faces are chosen by their scores")
    read = [_METRICS.value, *filter(None, [_SCORES.value]), *own_files(_RUN.value)]
    check_outputs([Output(_OUT.value, has_mark(MARK))], read)
    summary = read_json(_METRICS.value, UsageError)
    with expected_form(_METRICS.value, "what tools.evaluate wrote", UsageError, "evaluate again"):
        tables = score_tables(summary)
        threshold, level, by = float(summary["threshold"]), summary.get("level", "clip"), summary.get("by", "type")
    hparams, commands = dataclasses.asdict(load_hparams(_RUN.value)), load_commands(_RUN.value)
    with expected_form(commands_path(_RUN.value), "the commands of a training", UsageError):
        facts = run_facts(hparams, commands)
    pictures = list_pictures(_PICTURES.value) if _PICTURES.value else []
    note = {"note": _NOTE.value} if _NOTE.value else {}
    curves = explorer = None
    if _SCORES.value:
        from phystd_tf.evaluation.scores import at_level, by_instrument, read_scores
        from phystd_tf.evaluation.summary import terms_by_type
        from phystd_tf.report.curves import score_curves

        scores = read_scores(_SCORES.value)
        rows = terms_by_type(scores)
        tables["Mean terms of the score, by type of face"] = [
            {name: f"{value:.4f}" if isinstance(value, float) else value for name, value in row.items()} for row in rows
        ]
        judged = by_instrument(scores, _SCORES.value) if by == "instrument" else scores
        curves = score_curves(at_level(judged, level), threshold)
        if _DATA.value:
            explorer = _explorer(scores, threshold)
    write_text(render_report({**note, **facts}, tables, pictures, curves, explorer), _OUT.value)
    print(f"report in {_OUT.value}")


def _explorer(scores, threshold):
    """The data of the trace explorer."""
    from phystd_tf.data.selection import Selection
    from phystd_tf.explorer.choice import RULE, choose_faces
    from phystd_tf.explorer.samples import TARGET_RULE, explain
    from phystd_tf.report.stored import RULE as STORED_RULE
    from phystd_tf.runs.folder import load_protocol_choice
    from phystd_tf.transfer.making import load_source

    source = load_source(_RUN.value, Selection(_DATA.value, load_protocol_choice(_RUN.value)), _SPLIT.value)
    chosen = choose_faces(scores, threshold, _SAMPLES.value)
    rules = [RULE, TARGET_RULE, STORED_RULE]
    return {**explain(source, chosen), "threshold": threshold, "rules": rules}


def run() -> None:
    """Entry point of phystd-report."""
    run_program(main, flags)


if __name__ == "__main__":
    run()
