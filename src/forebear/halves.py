"""Work that is shared out between two processes: only an accelerator."""

from __future__ import annotations

import os
import pickle
import signal
import threading
from typing import TYPE_CHECKING, Final, NoReturn, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")
R = TypeVar("R")

WORTH: Final = 2000
"""From this many items on, a second process saves more than it costs."""

_LENGTH: Final = 8


def shared(work: Callable[[Sequence[T]], R], items: Sequence[T]) -> tuple[R, ...]:
    """What `work` gives for the parts that the items are shared out in, in order: one part, or two.

    The second is done by a process of its own, or here where that one came to nothing. What `work` raises is passed on.
    """
    if len(items) < WORTH or not _may_fork():
        return (work(items),)
    middle = len(items) // 2
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)  # or the pipe would have a reader when this process is no more
        _answer(theirs, work, items[middle:])
    os.close(theirs)
    try:
        with os.fdopen(ours, "rb") as pipe:
            first = work(items[:middle])
            length, answer = int.from_bytes(pipe.read(_LENGTH), "big"), pipe.read()
    finally:
        os.kill(child, signal.SIGKILL)  # not reaped yet: the number is still its own
        os.waitpid(child, 0)
    return first, pickle.loads(answer) if answer and len(answer) == length else work(items[middle:])  # noqa: S301 - from our own child


def _may_fork() -> bool:
    """A forked process has no threads but one, and may wait for ever for a lock that another held."""
    return hasattr(os, "fork") and (os.cpu_count() or 1) > 1 and threading.active_count() == 1


def _answer(pipe: int, work: Callable[[Sequence[T]], R], items: Sequence[T]) -> NoReturn:
    """Be the second process: write the result with its length before it, and end without a word, whatever happens."""
    try:
        with os.fdopen(pipe, "wb") as file:
            answer = pickle.dumps(work(items))
            file.write(len(answer).to_bytes(_LENGTH, "big") + answer)
    finally:
        os._exit(0)
