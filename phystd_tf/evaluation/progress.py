"""Progress bars over a few thousand to ten million rows or draws."""

from collections.abc import Iterable
from typing import Any, Optional

from tqdm import tqdm

_DELAY = 2.0  # seconds; a few thousand steps take less, and show no bar


def progress(steps: Optional[Iterable[Any]], what: str, unit: str, **options: Any) -> Any:
    """A bar that appears only if the work takes long.

    Args:
      steps: steps to iterate over; None for a bar that is updated by hand.
      what: text in front of the bar.
      unit: name of a step.
      **options: further options of ``tqdm``.

    Returns:
      The ``tqdm`` bar.
    """
    return tqdm(steps, desc=what, unit=unit, delay=_DELAY, dynamic_ncols=True, **options)
