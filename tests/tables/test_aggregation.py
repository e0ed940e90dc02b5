"""How the paper averages, inferred from its own columns."""

import math

import numpy as np
import pytest

from phystd_tf.tables.aggregation import over_measurements, over_parts, over_seeds
from phystd_tf.tables.needed_protocols import protocols_by_row
from phystd_tf.tables.published import published_rows, read_published
from phystd_tf.tables.table import Over, Value

# Half a unit of the last printed digit, and about as much for values computed from rounded columns.
ROUNDING = 0.1 + 1e-9


def _aggregates(number):
    """(metric, method), printed value, value from the columns (with n - 1), and deviation with n."""
    for row in published_rows(number):
        columns = [value.mean for name, value in row.values.items() if name != "overall"]
        yield (row.group, row.method), row.values["overall"], over_parts(columns), float(np.std(columns))


def test_columns_of_tables_4_and_5_give_the_printed_aggregates_but_for_those_listed():
    listed = {
        (item["table"], item["metric"], item["method"], item["aggregate"]): (item["of_columns"], item["printed"])
        for item in read_published()["aggregate_exceptions"]
    }
    found, right = {}, 0
    for number in (4, 5):
        for where, printed, computed, _ in _aggregates(number):
            for name, one, other in (
                ("overall", printed.mean, computed.mean),
                ("overall_std", printed.deviation, computed.deviation),
            ):
                if abs(one - other) > ROUNDING:
                    found[(str(number), *where, name)] = (pytest.approx(other, abs=0.005), one)
                right += abs(one - other) <= ROUNDING
    assert listed == found and right == 2 * 40 - len(listed)


@pytest.mark.parametrize("number, told_apart", [(4, 31), (5, 4)])
def test_the_deviation_of_the_paper_is_that_of_a_sample(number, told_apart):
    """Where n and n - 1 give different results, n reproduces no printed deviation."""
    only_sample, only_population = 0, 0
    for _, printed, computed, population in _aggregates(number):
        sample = abs(printed.deviation - computed.deviation) <= ROUNDING
        other = abs(printed.deviation - population) <= ROUNDING
        only_sample += sample and not other
        only_population += other and not sample
    assert (only_sample, only_population) == (told_apart, 0)


def test_deviations_of_tables_1_and_2_are_possible_for_a_sample_and_one_of_them_for_nothing_else():
    """Rates are not negative: n rates of one mean deviate most if only one of them is not 0."""
    impossible = {"sample": [], "population": []}
    for number, dataset in ((1, "oulu"), (2, "siw")):
        for row in published_rows(number):
            parts = len(protocols_by_row(number, dataset)[row.group])
            for rate, value in row.values.items():
                if value.deviation is None:
                    assert parts == 1 or row.group in "34"
                    continue
                low, high = value.deviation - 0.05, value.mean + 0.05
                if low > high * math.sqrt(parts):
                    impossible["sample"].append((number, row.group, row.method, rate))
                if low > high * math.sqrt(parts - 1):
                    impossible["population"].append((number, row.group, row.method, rate))
    assert impossible == {"sample": [], "population": [(2, "3", "DRL", "bpcer")]}


def test_phones_of_the_text_give_the_mean_of_table_1():
    """Sec. 4.2: camera 6 has ACER 6.4 %, the others 1.0 % on average."""
    row = next(row for row in published_rows(1) if (row.group, row.method) == ("3", "PhySTD"))
    assert over_parts([1.0] * 5 + [6.4]).mean == pytest.approx(row.values["acer"].mean, abs=0.05)


def test_seeds_are_averaged_and_spread():
    assert over_seeds([Value(1.0, 0.5), Value(3.0, 1.5)]) == Value(2.0, 1.0, pytest.approx(math.sqrt(2)))
    assert over_seeds([Value(1.0)]) == Value(1.0, None, None)
    assert over_parts([4.0]) == Value(4.0, None)


def test_what_differs_is_a_range():
    one, other = Over("40", "20", "9", "EER on train.csv"), Over("40", "25", "7 to 11", "EER on train.csv")
    assert over_measurements([one, other]) == ("40", "20 to 25", "7 to 11", "EER on train.csv")
    assert over_measurements([one, one._replace(threshold="by hand")]).threshold == "EER on train.csv; by hand"
    assert over_measurements([]) == Over()
