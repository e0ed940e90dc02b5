"""The plan for each table and figure at the size of the real datasets, and what is written about the results."""

import csv

import pytest

from phystd_tf.errors import PhystdError
from phystd_tf.experiments.plan import PlanError
from phystd_tf.files.outputs import OutputError
from phystd_tf.hparams import ABLATIONS, get_hparams
from phystd_tf.protocols.registry import protocol_names
from phystd_tf.tables.needed_protocols import protocols_of
from tests.tools.conftest import DATASETS
from tools.command import UsageError

SMALL = get_hparams("small")


@pytest.mark.parametrize("number", range(1, 6))
def test_a_table_trains_each_of_its_methods_under_each_protocol(call, start, number, capsys):
    out = call(DATASETS[number], f"--table={number}")
    trained = start.of("train")
    protocols = protocols_of(number)
    assert set(protocols) <= set(protocol_names(DATASETS[number]))
    assert {given["protocol"] for given in trained} == set(protocols)
    rows = {(given.get("system", "phystd"), given.get("ablation", "full")) for given in trained}
    assert len(trained) == len(rows) * len(protocols) and ("phystd", "full") in rows
    if number == 3:
        assert {("phystd", name) for name in ABLATIONS} | {("stdn", "full")} == rows
    if number == 4:
        assert {("cdcn", "full"), ("cdcn++", "full"), ("lbp_svm", "full"), ("phystd", "auxiliary")} <= rows
    for ending in ("txt", "csv", "tex", "html"):
        assert (out / f"table_{number}.{ending}").stat().st_size > 100
    text = (out / f"table_{number}.txt").read_text(encoding="utf-8")
    assert text.strip() in capsys.readouterr().out and "rendered" in text
    assert f"preset small; iterations: {SMALL.max_iterations} of" in text.replace("\n", " ")
    start.made.clear()
    call(DATASETS[number], f"--table={number}")
    assert not start.made  # all is done


@pytest.mark.parametrize("number", [6, 7])
def test_media_are_told_apart_by_traces_and_by_images_of_each_seed(call, start, number, capsys):
    out = call(DATASETS[number], f"--table={number}", "--seeds=0,1", "--medium_iterations=7")
    assert {given["protocol"] for given in start.of("train")} == {f"{DATASETS[number]}_1"}
    classified = start.of("classify_media")
    systems = [given.get("system", "phystd") for given in start.of("train")]
    assert systems == (["phystd"] * 2 + ["despoof"] * 2 if number == 6 else ["phystd"] * 2)
    assert [(given["run"].split("/")[-2], given["seed"], given["media_input"]) for given in classified] == [
        *((f"phystd-{seed}", seed, seen) for seed in "01" for seen in ("traces", "image")),
        *((f"despoof-{seed}", seed, "traces") for seed in "01" if number == 6),
    ]
    assert {given["classes"] for given in classified} == {DATASETS[number]}
    assert len({given["out"] for given in classified}) == len(classified)
    text = (out / f"table_{number}.txt").read_text(encoding="utf-8")
    assert text.strip() in capsys.readouterr().out and "rendered" in text
    assert "7 iterations of the classifier" in text and "100.0 [0.0]" in text
    start.made.clear()
    call(DATASETS[number], f"--table={number}", "--seeds=0,1", "--medium_iterations=7")
    assert not start.made


def test_thresholds_are_chosen_on_dev_where_there_is_one(call, start):
    call("oulu", "--table=1", "--systems=phystd", "--table_columns=oulu_4_2")
    call("siw", "--table=2", "--systems=phystd", "--table_columns=siw_1")
    assert {given["split"] for given in start.of("score")} == {"dev", "train", "test"}
    assert [given["split"] for given in start.of("score")] == ["dev", "test", "train", "test"]


def test_some_columns_systems_and_seeds(call, start):
    out = call("siwm", "--table=4", "--table_columns=print,half_mask", "--systems=phystd,auxiliary", "--seeds=0,3")
    trained = start.of("train")
    assert len(trained) == 8 and {given["seed"] for given in trained} == {"0", "3"}
    assert {given["protocol"] for given in trained} == {"siwm_2_print", "siwm_2_half_mask"}
    with open(out / "table_4.csv", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["method"] == "PhySTD" and row["ours"]]
    assert {row["column"] for row in rows} >= {"Print", "Half"} and "Replay" not in {row["column"] for row in rows}


def test_rows_and_columns_of_earlier_calls_stay_in_the_table(call, start):
    call("siwm", "--table=4", "--systems=phystd", "--table_columns=print,half_mask", "--iterations=7")
    call("siwm", "--table=4", "--systems=auxiliary", "--table_columns=replay", "--iterations=7")
    out = call("siwm", "--table=4", "--systems=cdcn", "--table_columns=replay", "--iterations=8")  # another budget
    with open(out / "table_4.csv", encoding="utf-8", newline="") as file:
        found = {(row["method"], row["column"]) for row in csv.DictReader(file) if row["ours"]}
    assert found == {("CDCN", "Replay"), ("CDCN", "Average")}
    out = call("siwm", "--table=4", "--systems=auxiliary", "--table_columns=replay", "--iterations=7")
    with open(out / "table_4.csv", encoding="utf-8", newline="") as file:
        found = {(row["method"], row["column"]) for row in csv.DictReader(file) if row["ours"]}
    assert found == {
        *(("PhySTD", column) for column in ("Print", "Half", "Average")),
        *(("Auxiliary", column) for column in ("Replay", "Average")),
    }
    text = (out / "table_4.txt").read_text(encoding="utf-8").replace("\n", " ")
    assert "iterations: 7 of auxiliary, 7 of phystd; seeds 0." in text
    assert len(start.of("train")) == 4


def test_rows_at_equal_time_stay_in_the_table_and_others_are_not_measured(call, start):
    call("siwm", "--table=3", "--systems=phystd", "--equal=time", "--iterations=100")
    call("siwm", "--table=3", "--systems=step1", "--iterations=100")
    call("siwm", "--table=3", "--systems=auxiliary", "--equal=time", "--iterations=100")
    out = call("siwm", "--table=3", "--systems=phystd", "--equal=time", "--iterations=100")
    text = (out / "table_3.txt").read_text(encoding="utf-8").replace("\n", " ")
    assert "preset small, equal time; iterations: 100 of phystd, 500 of auxiliary; seeds 0." in text
    assert "Time of an iteration, relative to PhySTD: 0.20 for auxiliary; measured on one machine." in text
    assert [given["run"].split("/")[-2] for given in start.of("train")] == [
        "phystd-0", "step1-0", "auxiliary-0-equal_time"
    ]  # fmt: skip
    assert [given["systems"] for given in start.of("benchmark")] == ["phystd,auxiliary"]


def test_equal_time_is_measured_once(call, start, capsys):
    options = ("--table=3", "--systems=auxiliary", "--equal=time", "--iterations=100")
    call("siwm", *options, "--plan")
    told = capsys.readouterr()
    assert "speeds" in told.out and "0 of 1" in told.out and "siwm_1" not in told.out
    assert "the trainings depend on these speeds" in told.err
    call("siwm", *options, "--plan=commands")
    assert capsys.readouterr().out.strip().endswith("--experiment=speeds") and not start.made
    call("siwm", *options, "--experiment=speeds")
    assert start.of("benchmark") and not start.of("train")
    capsys.readouterr()
    call("siwm", *options, "--plan")
    assert "siwm_1/auxiliary-0-equal_time" in capsys.readouterr().out
    for _ in range(2):
        call("siwm", *options)
    assert len(start.of("benchmark")) == 1 and start.of("benchmark")[0]["systems"] == "phystd,auxiliary"
    assert [given["iterations"] for given in start.of("train")] == ["500"]


def test_equal_time_and_equal_iterations_have_their_own_tables_in_one_folder(call, start):
    options = ("--table=3", "--systems=phystd,auxiliary", "--iterations=100")
    numbers = []
    for more in ((), ("--equal=time",), ()):
        text = (call("siwm", *options, *more) / "table_3.txt").read_text(encoding="utf-8").replace("\n", " ")
        numbers.append(text.partition(" of auxiliary")[0].rpartition(" ")[2])
        assert ("equal time" in text) == bool(more)
    assert numbers == ["100", "500", "100"]
    assert len(start.of("train")) == 3  # that of PhySTD is the same for both


def test_speeds_are_those_of_the_hyper_parameters_of_the_trainings(call, start):
    call("siwm", "--table=3", "--systems=auxiliary", "--equal=time", "--iterations=100", "--set=batch_size=4")
    assert [given["set"] for given in start.of("benchmark")] == ["batch_size=4"]


def test_equal_time_of_several_tables_with_other_systems(call, start):
    call("siwm", "--table=3", "--systems=auxiliary", "--equal=time", "--iterations=100", "--figure=12")
    call("siwm", "--table=4", "--table_columns=print", "--systems=step1,auxiliary", "--equal=time", "--iterations=100")
    assert [given["systems"] for given in start.of("benchmark")] == ["phystd,auxiliary", "phystd,step1"]
    assert [given["iterations"] for given in start.of("train")] == ["500", "100", "200", "500"]


def test_a_plan_runs_nothing(call, start, capsys):
    call("siwm", "--table=3", "--systems=phystd,auxiliary", "--plan")
    text = capsys.readouterr().out
    assert not start.made and "siwm_1/auxiliary-0" in text and "to go (roughly" in text
    call("siwm", "--table=3", "--systems=phystd,auxiliary", "--plan=commands")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 and all("--plan" not in line and "-m tools.reproduce --data=" in line for line in lines)
    assert lines[1].endswith("--experiment=siwm_1/auxiliary-0")
    call("siwm", "--table=3", "--systems=phystd", "--figure=12", "--plan=commands")
    (line,) = capsys.readouterr().out.splitlines()  # the figure would be drawn while its model is trained
    assert line.endswith("--experiment=siwm_1/phystd-0")


def test_one_experiment_is_run_for_itself_and_the_whole_command_collects(call, start):
    options = ("--table=3", "--systems=phystd,auxiliary")
    out = call("siwm", *options, "--experiment=siwm_1/auxiliary-0")
    assert [given.get("ablation") for given in start.of("train")] == ["auxiliary"] and not (
        out / "table_3.txt"
    ).exists()
    call("siwm", *options)
    assert len(start.of("train")) == 2 and (out / "table_3.txt").exists()
    with pytest.raises(PlanError, match="no experiment 'x'"):
        call("siwm", *options, "--experiment=x")


def test_speeds_are_no_experiment_where_none_are_needed(call, start):
    with pytest.raises(PlanError, match="no experiment 'speeds'"):
        call("siwm", "--table=3", "--systems=auxiliary", "--experiment=speeds")
    assert not start.made


def test_what_fails_leaves_its_cell_empty(call, start, capsys):
    start.codes["siwm_1/auxiliary-0/train"] = 2
    with pytest.raises(UsageError, match=r"1 step\(s\) failed"):
        call("siwm", "--table=3", "--systems=phystd,auxiliary")
    assert "ours: no result" in capsys.readouterr().out


@pytest.mark.parametrize("figure", ["5", "8", "9", "10", "11", "12"])
def test_a_figure_is_drawn_from_one_trained_model(call, start, figure):
    call("siwm", f"--figure={figure}")
    (train, *others), (draw,) = start.of("train"), start.of("draw")
    assert train["protocol"] == "siwm_1" and draw["run"] == train["run"] and draw["figure"] == figure
    assert len(others) == (2 if figure == "8" else 0)


def test_other_systems_are_trained_to_stand_beside_in_figure_8(call, start):
    call("siwm", "--figure=8")
    _, stdn, single = start.of("train")
    assert stdn["system"] == "stdn" and single["ablation"] == "step1_step2_single_trace"
    (draw,) = start.of("draw")
    assert draw["beside"] == f"{stdn['run']},{single['run']}"
    assert len(start.of("score")) == 2  # those of PhySTD; the others are only drawn


def test_tables_and_figures_share_their_model(call, start):
    call("siwm", "--table=3", "--systems=phystd", "--figure=5,12")
    assert len(start.of("train")) == 1 and len(start.of("draw")) == 2


@pytest.mark.parametrize(
    "options, message",
    [
        ((), "give --table=N or --figure=N"),
        (("--table=8",), "--table=8: there are 1, 2"),
        (("--figure=7",), "--figure=7: there are 5, 8"),
        (("--table=3", "--seeds=a"), "want whole numbers"),
        (("--table=3", "--seeds=-1"), "want numbers from 0"),
        (("--table=4", "--table_columns=prnit"), "--table_columns=prnit: there are siwm_2_replay, replay"),
        (("--table=3", "--systems=full"), "no system 'full'"),
        (("--table=1",), "no protocol of the dataset 'siwm'"),
        (("--table=6",), "Table 6 has no classes of the dataset 'siwm'; it is made of oulu, folder"),
        (("--table=7", "--systems=cdcn"), "--systems=cdcn: Table 7 classifies traces, which only phystd, step1"),
    ],
)
def test_wrong_use_is_said_before_any_work(call, start, options, message):
    with pytest.raises(PhystdError, match=message):
        call("siwm", *options)
    assert not start.made


def test_a_table_replaces_no_file_of_others(call, start, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "table_3.csv").write_text("dear to somebody")
    with pytest.raises(OutputError, match=r"table_3\.csv exists and was not written by this program"):
        call("siwm", "--table=3", "--systems=phystd")
    assert not start.made
