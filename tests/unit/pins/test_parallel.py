from __future__ import annotations

import threading

import pytest

from forebear.pins.parallel import in_parallel


def test_the_results_are_in_the_order_of_the_items() -> None:
    first = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            first.wait(10)
        if item == 3:
            first.set()
        return item * item

    assert in_parallel(work, range(20)) == [item * item for item in range(20)]
    assert in_parallel(work, []) == []


def test_an_error_may_be_a_result() -> None:
    error = ValueError("x")
    assert in_parallel(lambda _item: error, [1]) == [error]


def test_no_more_than_so_many_at_once() -> None:
    lock, now, most = threading.Lock(), 0, 0

    def work(_item: int) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        with lock:
            now -= 1

    in_parallel(work, range(50), at_once=3)
    assert 1 <= most <= 3


def test_the_error_of_the_first_item_that_fails_is_raised() -> None:
    def work(item: int) -> None:
        if item > 3:
            raise ValueError(str(item))

    with pytest.raises(ValueError, match="4"):
        in_parallel(work, range(9))
