r"""A table as LaTeX, for \input; needs the packages booktabs and graphicx."""

from collections.abc import Sequence

from phystd_tf.tables.table import DIFFERENCE, MARK, PUBLISHED_ONLY, Table, has_groups, label_titles, lines_of, spans

_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "±": r"$\pm$", "<": r"$<$", ">": r"$>$",
    "[": "{[}", "]": "{]}",  # at the start of a line, "[" would begin an option of the line end before it
}  # fmt: skip


def as_latex(table: Table) -> str:
    """A table environment with caption, label and notes."""
    grouped = has_groups(table)
    labels = label_titles(table)
    out = [
        f"% Written by {MARK.decode()}; needs \\usepackage{{booktabs}} and \\usepackage{{graphicx}}.",
        r"\begin{table*}",
        r"\centering",
        rf"\caption{{{escaped(table.title)}}}",
        rf"\label{{tab:{table.name.replace('_', '-')}}}",
        r"\resizebox{\linewidth}{!}{%",
        rf"\begin{{tabular}}{{{'l' * len(labels)}{'r' * len(table.columns)}}}",
        r"\toprule",
        *_group_lines(table, len(labels)),
        _row([*labels, *(column.title for column in table.columns)]),
        r"\midrule",
    ]
    for number, line in enumerate(lines_of(table)):
        if line.group and number:
            out.append(r"\midrule")
        kind = r"\emph{" + escaped(line.kind) + "}" if line.kind == PUBLISHED_ONLY else escaped(line.kind)
        start = [escaped(line.group)] if grouped else []
        texts = [f"${text}$" if text and line.kind == DIFFERENCE else escaped(text) for text in line.texts]
        out.append(" & ".join([*start, escaped(line.method), kind, *texts]) + r" \\")
    if table.foot:
        out.append(r"\midrule")
    out += [_row([title, *[""] * (len(labels) - 1), *texts]) for title, texts in table.foot]
    out += [r"\bottomrule", r"\end{tabular}}"]
    out += [r"\par\footnotesize " + escaped(note) for note in table.notes]
    return "\n".join([*out, r"\end{table*}", ""])


def escaped(text: str) -> str:
    """Text with the special characters of LaTeX escaped."""
    return "".join(_SPECIAL.get(character, character) for character in text)


def _row(texts: Sequence[str]) -> str:
    return " & ".join(escaped(text) for text in texts) + r" \\"


def _group_lines(table: Table, labels: int) -> list[str]:
    """The line above the titles that names groups of columns, and the rules below it; empty without groups."""
    groups, rules = ["" for _ in range(labels)], []
    first = labels + 1
    for group, width in spans(table.columns):
        groups.append(rf"\multicolumn{{{width}}}{{c}}{{{escaped(group)}}}" if group else " & " * (width - 1))
        if group:
            rules.append(rf"\cmidrule(lr){{{first}-{first + width - 1}}}")
        first += width
    return [" & ".join(groups) + r" \\", " ".join(rules)] if rules else []
