"""Work under way, which can be cancelled from another thread: an engine ends a build that nobody listens to."""

from __future__ import annotations

import os
import socket
import threading
from concurrent.futures import CancelledError, Future, InvalidStateError
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from forebear.errors import BuildFailed, Error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import requests

T = TypeVar("T")


class Uploads:
    """What is being sent to an engine, answered by it, or running on it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._ends: dict[object, Callable[[], object]] = {}

    def until_cancelled(self, parts: Iterable[T]) -> Iterator[T]:
        """The parts of what is sent or answered; raises BuildFailed as soon as all is cancelled."""
        for part in parts:
            if self._cancelled.is_set():
                raise BuildFailed("interrupted")
            yield part

    def pause(self, seconds: float) -> None:
        """Wait before something is tried again; raises BuildFailed as soon as all is cancelled."""
        if self._cancelled.wait(seconds):
            raise BuildFailed("interrupted")

    @contextmanager
    def ended_by(self, end: Callable[[], object]) -> Iterator[None]:
        """Let what is done meanwhile be ended by `cancel`, which calls `end`; raises BuildFailed after one."""
        me = object()
        with self._lock:
            if self._cancelled.is_set():
                raise BuildFailed("interrupted")
            self._ends[me] = end
        try:
            yield
        finally:
            with self._lock:
                self._ends.pop(me, None)

    def left_alone(self, work: Callable[[], T]) -> T:
        """What `work` gives, in a thread of its own; raises BuildFailed as soon as all is cancelled.

        The thread is then left alone with what may never answer, and ends with the process at the latest.
        """
        future = Future[T]()
        threading.Thread(target=_fulfil, args=(future, work), daemon=True).start()
        with self.ended_by(future.cancel):
            try:
                return future.result()
            except CancelledError:
                raise BuildFailed("interrupted") from None

    @contextmanager
    def answering(self, response: requests.Response) -> Iterator[None]:
        """Let a response that is being read be cut off by `cancel`.

        Shut down, a socket wakes the thread that reads it; closed, it would not.
        """
        with _socket_of(response) as sock, self.ended_by(lambda: sock.shutdown(socket.SHUT_RDWR)):
            yield

    def cancel(self) -> None:
        """End what is under way."""
        with self._lock:
            self._cancelled.set()
            for end in self._ends.values():
                with suppress(OSError, Error):
                    end()


def _fulfil(future: Future[T], work: Callable[[], T]) -> None:
    """Tell the future how the work ended, unless nobody waits any more."""
    with suppress(InvalidStateError):
        try:
            result = work()
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)


def _socket_of(response: requests.Response) -> socket.socket:
    """The socket that a response is read from, to be closed apart from it; one of its own where there is none.

    By its number: a response that ends its connection has taken the socket away from that.
    """
    with suppress(OSError):
        number = os.dup(response.raw.fileno())
        try:
            return socket.socket(fileno=number)
        except OSError:
            os.close(number)
    return socket.socket()
