"""One table in its four formats."""

import csv
import pathlib
import re

import pytest

from phystd_tf.files.outputs import OutputError
from phystd_tf.tables.csv_table import COLUMNS, as_csv
from phystd_tf.tables.latex_table import as_latex
from phystd_tf.tables.table import Cell, Column, Over, Row, Table, Value, lines_of, spans, written
from phystd_tf.tables.text_table import as_text
from phystd_tf.tables.writing import table_outputs, write_table

OVER = Over("40", "30", "12", "EER on train.csv")
TABLE = Table(
    "table_9", "Table 9: rates & <types>, 50 % of {them}", ("metric", "method"),
    (Column("Print"), Column("Half", "3D Mask"), Column("Paper", "3D Mask"), Column("Paper", "Partial")),
    (
        Row("ACER", "STASN", (Cell(Value(1.0)), Cell(), Cell(Value(2.0, 0.5)), Cell(Value(3.0))), implemented=False),
        Row("ACER", "Ours_1", (
            Cell(Value(4.0), Value(5.25, None, 0.5), 3, OVER), Cell(Value(6.0), None), Cell(None, Value(7.0), 1, OVER),
            Cell(Value(8.0, 2.0), Value(6.5, 1.0), 1, OVER),
        )),
        Row("EER", "Ours_1", (Cell(Value(9.0)), Cell(Value(9.1)), Cell(), Cell())),
        Row("EER", "new", (Cell(None, Value(1.0), 1),) * 4),
    ),
    (("spoof clips", ("30", "10", "10", "10")),), ("a note with [brackets] and 100 %",),
)  # fmt: skip


def test_a_row_has_a_line_for_each_kind_of_value():
    assert [line[:3] for line in lines_of(TABLE)] == [
        ("ACER", "STASN", "published only"),
        ("", "Ours_1", "published"),
        ("", "", "ours"),
        ("", "", "difference"),
        ("EER", "Ours_1", "published"),
        ("", "", "ours: no result"),
        ("", "new", "ours"),
    ]
    texts = [line.texts for line in lines_of(TABLE)]
    assert texts[0] == ["1.0", "-", "2.0 ± 0.5", "3.0"]
    assert texts[2] == ["5.2 [0.5]", "none", "7.0", "6.5 ± 1.0"]
    assert texts[3] == ["+1.2", "", "", "-1.5"]
    assert texts[5] == ["", "", "", ""]


def test_no_difference_where_both_are_not_of_one_dataset():
    rendered = TABLE._replace(differences=False)
    assert "difference" not in [line.kind for line in lines_of(rendered)]
    assert all("+1.2" not in text for text in (as_text(rendered), as_latex(rendered)))
    assert {row["difference"] for row in csv.DictReader(as_csv(rendered).splitlines())} == {""}


def test_a_mean_over_some_parts_says_so_and_has_no_difference():
    row = Row("", "some", (Cell(Value(8.0), Value(6.5), 1, OVER, "2 of 6"), *[Cell(Value(1.0), Value(2.0), 1)] * 3))
    texts = [line.texts for line in lines_of(TABLE._replace(rows=(row,)))]
    assert texts == [["8.0", "1.0", "1.0", "1.0"], ["6.5 (2 of 6)", *["2.0"] * 3], ["", *["+1.0"] * 3]]


def test_a_value_shows_its_deviations_and_digits():
    assert written(Value(11.53, 13.24, 0.41), 1) == "11.5 ± 13.2 [0.4]"
    assert written(Value(56.0), 0) == "56"


def test_neighbors_of_one_group_are_spanned():
    assert spans(TABLE.columns) == [("", 1), ("3D Mask", 2), ("Partial", 1)]
    assert spans((Column("APCER"), Column("BPCER"))) == []


def test_text_has_everything_in_its_column():
    lines = as_text(TABLE).splitlines()
    assert lines[0] == TABLE.title and lines[-1] == TABLE.notes[0]
    assert "\x01" not in as_text(TABLE)
    (header,) = [line for line in lines if line.startswith("metric")]
    ours = next(line for line in lines if " ours " in line)
    assert header.index("Print") + len("Print") == ours.index("5.2 [0.5]") + len("5.2 [0.5]")
    assert len([line for line in lines if set(line) == {"-", " "}]) == 3  # below the titles, a group and above the foot


def test_a_table_of_one_kind_of_rows_has_no_column_for_it():
    plain = TABLE._replace(rows=[row._replace(group="") for row in TABLE.rows], foot=())
    assert "metric" not in as_text(plain) + as_latex(plain)
    assert r"\begin{tabular}{llrrrr}" in as_latex(plain)


def test_csv_has_one_row_a_cell_and_all_digits(tmp_path):
    path = write_table(TABLE, str(tmp_path))[1]
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4 * len(TABLE.rows) and tuple(rows[0]) == COLUMNS
    ours = rows[4]
    assert (ours["method"], ours["column"], ours["published"], ours["ours"]) == ("Ours_1", "Print", "4", "5.25")
    assert (ours["difference"], ours["deviation_over_seeds"], ours["seeds"]) == ("1.25", "0.5", "3")
    assert tuple(ours[name] for name in ("live", "spoof", "subjects", "threshold")) == OVER
    assert rows[0]["implemented"] == "0" and rows[1]["published"] == "" and rows[5]["ours"] == ""


def _cells(line):
    """Columns that a line of a LaTeX table fills."""
    wide = [int(width) - 1 for width in re.findall(r"\\multicolumn\{(\d+)\}", line)]
    return len(re.findall(r"(?<!\\)&", line)) + 1 + sum(wide)


@pytest.mark.parametrize("table", [TABLE, TABLE._replace(columns=[Column(c.title) for c in TABLE.columns])])
def test_latex_is_balanced_and_each_line_fills_the_columns(table):
    text = as_latex(table)
    assert re.findall(r"\\begin\{([a-z*]+)\}", text) == re.findall(r"\\end\{([a-z*]+)\}", text)[::-1]
    bare = re.sub(r"\\[\\{}]", "", text)
    assert bare.count("{") == bare.count("}") and len(re.findall(r"(?<!\\)\$", text)) % 2 == 0
    body = text[text.index(r"\toprule") : text.index(r"\bottomrule")]
    lines = [line for line in body.splitlines() if line.endswith(r"\\")]
    assert len(lines) == len(lines_of(table)) + 2 + bool(spans(table.columns))
    assert {_cells(line) for line in lines} == {7}
    assert (r"\cmidrule(lr){5-6} \cmidrule(lr){7-7}" in text) == bool(spans(table.columns))
    assert all(rule in text for rule in (r"\toprule", r"\midrule", r"\bottomrule"))


def test_latex_reads_no_character_as_a_command():
    text = as_latex(TABLE)
    assert r"rates \& $<$types$>$, 50 \% of \{them\}" in text and r"Ours\_1" in text
    assert r"2.0 $\pm$ 0.5" in text and r"with {[}brackets{]}" in text and "$-1.5$" in text
    assert not re.search(r"(?<!\\)[%#_](?!.*usepackage| W)", text.split("{%\n")[1])


def test_html_is_whole_and_escaped(tmp_path):
    text = (tmp_path / "table_9.html", write_table(TABLE, str(tmp_path)))[0].read_text("utf-8")
    assert text.startswith("<!DOCTYPE html>") and text.rstrip().endswith("</html>")
    assert "rates &amp; &lt;types&gt;" in text and "<types>" not in text
    assert '<th class="group" colspan="2">3D Mask</th>' in text
    assert text.count("<tr") == text.count("</tr>") == 2 + len(lines_of(TABLE)) + 1
    assert "5.2 [0.5]" in text and TABLE.notes[0] in text


def test_writing_replaces_own_files_and_no_others(tmp_path):
    folder = tmp_path / "new"
    paths = write_table(TABLE, str(folder))
    before = {path: pathlib.Path(path).read_bytes() for path in paths}
    assert sorted(before) == sorted(output.path for output in table_outputs("table_9", str(folder)))
    assert write_table(TABLE, str(folder)) == paths
    assert {path: pathlib.Path(path).read_bytes() for path in paths} == before
    (folder / "table_9.tex").write_text("my own table")
    with pytest.raises(OutputError, match="table_9.tex exists and was not written by this program"):
        write_table(TABLE._replace(title="other"), str(folder))
    assert pathlib.Path(paths[0]).read_bytes() == before[paths[0]]  # no file was changed
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]
