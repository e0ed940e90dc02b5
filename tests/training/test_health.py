"""Warnings in training: each fault is found in a history that has it, and none in a healthy one."""

import pytest

from phystd_tf.runs.history import History
from phystd_tf.training.callbacks import WarnOfFaults
from phystd_tf.training.health import faults

# Means of epochs 1, 2, 5, 10, 15 and 20 of a healthy training of `small`.
_HEALTHY = {
    "L_depth": (0.157, 0.0974, 0.0748, 0.0634, 0.0521, 0.039),
    "L_G": (2.09, 1.44, 1.39, 1.85, 2.18, 2.26),
    "L_D": (3.15, 2.11, 1.92, 1.54, 1.30, 1.19),
    "L_P": (0.0063, 0.0337, 0.051, 0.0629, 0.0615, 0.044),
    "L_R": (508, 457, 523, 744, 578, 262),
    "L_H": (0.172, 0.114, 0.08, 0.06, 0.05, 0.04),
    "loss": (20.8, 13.2, 12.0, 11.0, 10.5, 10.0),
    "trace_live": (0.15, 0.145, 0.12, 0.148, 0.136, 0.0942),
    "error_D1": (0.719, 0.502, 0.4991, 0.496, 0.5, 0.498),
    "error_D2": (0.9, 0.51, 0.45, 0.3, 0.27, 0.26),
    "error_D3": (1.2, 0.52, 0.4, 0.34, 0.329, 0.2),
    "error_D4": (0.6, 0.55, 0.5, 0.47, 0.548, 0.4),
    "P_open": (0.018, 0.005, 0.03, 0.1, 0.2, 0.197),
    "P_closed": (0.018, 0.005, 0.01, 0.03, 0.05, 0.06),
    "open_spoof": (0.29,) * 6,
}


def _rows(**changes):
    columns = {**_HEALTHY, **changes}
    return [{name: values[index] for name, values in columns.items()} for index in range(6)]


def test_a_healthy_training_is_not_warned_of_at_any_epoch():
    rows = _rows()
    assert [faults(rows[:end]) for end in range(1, 7)] == [{}] * 6


@pytest.mark.parametrize(
    ("kind", "changes", "word"),
    [
        ("won", {"error_D3": (0.9, 0.3, 0.1, 0.049, 0.02, 0.001)}, "D3 told"),
        ("won", {f"error_D{index}": (0.0,) * 6 for index in (1, 2, 3, 4)}, "D1, D2, D3, D4 told"),
        ("blind", {"error_D2": (0.9, 0.5, 0.5004, 0.4996, 0.5, 0.5)}, "D2 did not tell"),
        ("blind", {"error_D4": (0.4, 1.1, 1.2, 1.5, 1.1, 1.01)}, "D4 did not tell"),
        ("empty", {"P_open": (0.018, 0.009, 0.005, 0.001, 0.0, 0.0)}, "was empty"),
        ("everywhere", {"P_closed": (0.4, 0.5, 0.5, 0.51, 0.6, 0.7)}, "was everywhere"),
        ("traces", {"trace_live": (1.05, 1.21, 1.30, 1.33, 1.35, 1.38)}, "grew from 1.1 to 1.4"),  # as in `printed`
        ("traces", {"trace_live": (0.1, 0.2, 0.3, 0.51, 0.6, 0.7)}, "grew from 0.1 to 0.7"),
        ("losses", {"L_D": (3.0, 2.0, 1.9, 1.8, 2.5, 19.0)}, "L_D from 1.8 to 19"),
        ("losses", {"loss": (3.0, 2.0, 1.9, 1.8, 2.5, 1e9), "L_G": (1, 1, 1, 1, 1, 11)}, "L_G from 1 to 11, loss from"),
    ],
)
def test_each_fault_is_found_where_it_is(kind, changes, word):
    found = faults(_rows(**changes))
    assert list(found) == [kind] and word in found[kind] and "--set=" in found[kind]
    assert faults(_rows(**changes)[:2]) == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"error_D3": (0.9, 0.3, 0.1, 0.051, 0.02, 0.001)},  # not for long enough
        {"error_D2": (0.9, 0.45, 0.5, 0.5, 0.5, 0.5)},
        {"P_open": (0.0, 0.011, 0.0, 0.0, 0.0, 0.0)},
        {"P_open": (0.0,) * 6, "open_spoof": (0.0,) * 6},  # prints and replays have nothing to inpaint
        {"P_open": (0.9,) * 6},  # masks over the whole face are inpainted as a whole
        {"P_closed": (0.45,) * 6},
        {"trace_live": (0.3, 0.2, 0.2, 0.2, 0.6, 0.7)},
        {"trace_live": (0.9, 0.8, 0.7, 0.6, 0.7, 0.8)},  # large at the start, but not growing
        {"L_H": (0.0,) * 6, "L_G": (0.0,) * 6},  # steps that are switched off
        {"L_R": (1, 1000, 1000, 1000, 1000, 1000)},  # the traces appear
    ],
)
def test_what_is_no_fault_is_not_told(changes):
    assert faults(_rows(**changes)) == {}


def test_rows_that_lack_what_is_judged_are_not_judged():
    for name in _HEALTHY:
        rows = [{other: value for other, value in row.items() if other != name} for row in _rows()]
        assert faults(rows) == {}
    assert faults([{"L_depth": 0.1}]) == {}


def test_each_kind_is_told_once_with_its_iteration_also_after_a_resume(tmp_path, capsys):
    class Model:
        class iteration:
            numpy = staticmethod(lambda: 7)

    def epochs(count, start):
        history = History(str(tmp_path), start)
        callback = WarnOfFaults(history)
        callback.model = Model
        for _ in range(count):
            start += 1
            history.append(start, {"P_closed": 0.9, "L_D": 2.0})
            callback.on_epoch_end(0)
        return capsys.readouterr().out

    assert epochs(2, 0) == ""
    told = epochs(3, 2)  # what was seen before the stop counts
    assert told.count("warning: iteration 7: the inpainted region P of spoof faces was everywhere for 3 epochs") == 1
