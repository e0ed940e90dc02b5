"""Items are made before they are requested, in order, and no more than wanted."""

import threading

import pytest

from phystd_tf.files.ahead import read_ahead


def test_the_next_item_is_made_while_the_last_one_is_worked_on():
    made = [threading.Event() for _ in range(5)]

    def items():
        for index, event in enumerate(made):
            event.set()
            yield index

    for index in read_ahead(items(), most=1):
        if index + 1 < len(made):
            assert made[index + 1].wait(timeout=60)  # it was not requested yet


def test_not_more_items_wait_than_wanted():
    asked = 0
    made = []
    for item in read_ahead((made.append(index) or index for index in range(20)), most=3):
        asked += 1
        assert item == asked - 1 and len(made) <= asked + 3
    assert asked == 20


def test_errors_come_where_they_would_have_come():
    def items():
        yield from range(3)
        raise KeyError("broken")

    seen = []
    with pytest.raises(KeyError, match="broken"):
        seen.extend(read_ahead(items()))
    assert seen == [0, 1, 2]


def test_closing_it_closes_what_makes_the_items():
    closed, threads = [], threading.active_count()  # other tests may have left some

    def items():
        try:
            yield from range(100)
        finally:
            closed.append(threading.current_thread())

    ahead = read_ahead(read_ahead(items()))
    assert next(ahead) == 0
    ahead.close()
    assert len(closed) == 1 and threading.active_count() <= threads
