"""Asking many servers at once."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = 8


class _Raised(NamedTuple):
    error: BaseException


def in_parallel(work: Callable[[T], R], items: Sequence[T], at_once: int = AT_ONCE) -> list[R]:
    """The results of `work` on each item, in their order; raises what the first item that fails raises.

    The threads are daemons, unlike those of concurrent.futures: who interrupts the program does not wait for a server.
    """
    waiting: queue.SimpleQueue[tuple[int, T]] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[int, R | _Raised]] = queue.SimpleQueue()
    for item in enumerate(items):
        waiting.put(item)

    def serve() -> None:
        while True:
            try:
                at, item = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                done.put((at, work(item)))
            except BaseException as error:
                done.put((at, _Raised(error)))

    for _ in range(min(at_once, len(items))):
        threading.Thread(target=serve, name="asking", daemon=True).start()
    results = dict(done.get() for _ in items)
    return [_unless_raised(results[at]) for at in range(len(items))]


def _unless_raised(result: R | _Raised) -> R:
    if isinstance(result, _Raised):
        raise result.error
    return result
