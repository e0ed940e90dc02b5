"""Progress bars over rows and draws, of which there are a few thousand or ten million."""

from collections.abc import Iterable
from typing import Any, Optional

from tqdm import tqdm

_DELAY = 2.0  # seconds: a few thousand take no longer, and show nothing


def progress(steps: Optional[Iterable[Any]], what: str, unit: str, **options: Any) -> Any:
    """A bar that appears only where the work takes long.

    Args:
      steps: what is gone through; None for a bar that is updated by hand.
      what: is done, in front of the bar.
      unit: name of a step.
      **options: further ones of ``tqdm``.

    Returns:
      The ``tqdm`` bar.
    """
    return tqdm(steps, desc=what, unit=unit, delay=_DELAY, dynamic_ncols=True, **options)
