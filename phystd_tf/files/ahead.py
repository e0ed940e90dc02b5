"""Produces the next items while the current one is processed."""

import collections
import concurrent.futures
from collections.abc import Generator, Iterator
from typing import Any, TypeVar

Item = TypeVar("Item")

_END = object()


def read_ahead(items: Iterator[Item], most: int = 4) -> Generator[Item, None, None]:
    """Yields the same items in the same order; a thread produces them ahead of time.

    Args:
      items: their source, such as a decoder; used by one thread at a time. A generator is closed at the end.
      most: maximum number of items that are produced ahead.

    Yields:
      The items; errors are raised where they would have been raised.
    """
    executor = concurrent.futures.ThreadPoolExecutor(max_workers=1)
    try:
        ahead: collections.deque[Any] = collections.deque(executor.submit(next, items, _END) for _ in range(most))
        while (item := ahead.popleft().result()) is not _END:
            ahead.append(executor.submit(next, items, _END))
            yield item
    finally:
        executor.shutdown(cancel_futures=True)
        if isinstance(items, Generator):
            items.close()
