"""A server of calls for tests: a thread at the other end of a connection."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from forebear.engine.rpc import NOT_FOUND, UNKNOWN, Method, Refused, serve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def refuse(_message: bytes) -> bytes:
    """A method that knows nothing."""
    raise Refused(NOT_FOUND, "no such thing")


def refuse_in_words(_message: bytes) -> bytes:
    """A method that says why, in signs that a header has to escape."""
    raise Refused(UNKNOWN, "100 % über\nall")


METHODS: Mapping[str, Method] = {
    "/a/Echo": lambda message: message,
    "/a/Big": lambda _: b"x" * 300_000,
    "/a/No": refuse,
    "/a/Told": refuse_in_words,
}


@contextmanager
def served() -> Iterator[socket.socket]:
    """The client's end of a connection on which METHODS are served."""
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=serve, args=(theirs, METHODS))
    thread.start()
    try:
        yield ours
    finally:
        ours.close()
        thread.join(10)
        theirs.close()
        assert not thread.is_alive()
