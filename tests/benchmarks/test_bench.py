import itertools

import pytest

from phystd_tf.benchmarks.bench import Bench, Measure, median_seconds


def _clock(ticks):
    """A clock that advances by these ticks, one at each reading."""
    times = itertools.accumulate(ticks)
    return lambda: next(times)


def test_functions_take_turns_after_a_call_that_does_not_count():
    called = []
    functions = {"a": lambda: called.append("a"), "b": lambda: called.append("b")}
    # Each call takes the second of two ticks: a takes 1, 5, 2 and b 10, 20, 90 seconds.
    ticks = [0, 1, 0, 10, 0, 5, 0, 20, 0, 2, 0, 90]
    assert median_seconds(functions, 3, _clock(ticks)) == {"a": 2, "b": 20}
    assert "".join(called) == "abababab"


def test_times_are_compared_with_the_first():
    shown = []
    bench = Bench(1, shown.append)
    nothing = lambda: None  # noqa: E731
    found = bench.compare("case", {"a": nothing, "b": nothing}, _clock([0, 2, 0, 3]), each=4)
    assert found == {"a": 0.5, "b": 0.75}
    assert bench.measures == shown == [
        Measure("case", "a", 500, "ms"), Measure("case", "b", 750, "ms", 1.5, "a"),
    ]  # fmt: skip


def test_a_number_is_compared_with_its_reference():
    bench = Bench(1)
    first = bench.add("case", "one", 4.0, "GiB")
    assert bench.add("case", "other", 1.0, "GiB", first).ratio == pytest.approx(0.25)
