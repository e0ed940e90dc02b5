"""Times functions in comparison with each other, and collects the results.

Machines differ and are noisy. The functions of a comparison take turns, so that other load affects all of them alike.
Their ratios mean more than their times.
"""

import statistics
import time
from collections.abc import Mapping
from typing import Any, Callable, NamedTuple, Optional


class Measure(NamedTuple):
    """One measured number.

    Attributes:
      case: the benchmark.
      name: what was measured.
      value: the number.
      unit: unit of the value.
      ratio: value relative to that of the reference; None without a reference.
      reference: name of the measure it is compared with; empty if there is none.
    """

    case: str
    name: str
    value: float
    unit: str
    ratio: Optional[float] = None
    reference: str = ""


class Bench:
    """The measures of a run of the program.

    Attributes:
      measures: all measures, in order.
      rounds: measurements of each function; their median is used.
    """

    def __init__(self, rounds: int, show: Callable[[Measure], None] = lambda measure: None) -> None:
        """Starts without measures.

        Args:
          rounds: measurements of each function.
          show: called with each new measure.
        """
        self.measures: list[Measure] = []
        self.rounds = rounds
        self._show = show

    def add(self, case: str, name: str, value: float, unit: str, reference: Optional[Measure] = None) -> Measure:
        """Adds a number that was measured in another way."""
        ratio = None if reference is None else value / reference.value
        self.measures.append(Measure(case, name, value, unit, ratio, "" if reference is None else reference.name))
        self._show(self.measures[-1])
        return self.measures[-1]

    def compare(
        self,
        case: str,
        functions: Mapping[str, Callable[[], Any]],
        clock: Callable[[], float] = time.perf_counter,
        each: float = 1.0,
    ) -> dict[str, float]:
        """Adds the time of each function, in ms, and its ratio to the first.

        Args:
          case: the benchmark.
          functions: by name; each is called once to warm up, then ``rounds`` times, in turns.
          clock: returns seconds; ``time.process_time`` ignores other load on the machine.
          each: divisor of the times, such as the number of faces per call.

        Returns:
          The medians by name, in seconds, divided by ``each``.
        """
        found = median_seconds(functions, self.rounds, clock)
        first: Optional[Measure] = None
        for name, seconds in found.items():
            measure = self.add(case, name, 1e3 * seconds / each, "ms", first)
            first = first or measure
        return {name: seconds / each for name, seconds in found.items()}


def median_seconds(
    functions: Mapping[str, Callable[[], Any]], rounds: int, clock: Callable[[], float] = time.perf_counter
) -> dict[str, float]:
    """The median time of each function, in seconds; see ``Bench.compare``."""
    for function in functions.values():
        function()
    seconds: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            started = clock()
            function()
            seconds[name].append(clock() - started)
    return {name: statistics.median(times) for name, times in seconds.items()}
