"""Calls of a server that runs in a thread: rpc.py is the other side."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.engine.calling import call
from forebear.engine.rpc import NOT_FOUND, Refused, serve

if TYPE_CHECKING:
    from collections.abc import Iterator


def refuse(_message: bytes) -> bytes:
    raise Refused(NOT_FOUND, "no such thing")


METHODS = {"/a/Echo": lambda message: message, "/a/Big": lambda _: b"x" * 300_000, "/a/No": refuse}


@contextmanager
def served() -> Iterator[socket.socket]:
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=serve, args=(theirs, METHODS))
    thread.start()
    try:
        yield ours
    finally:
        ours.close()
        thread.join(10)
        theirs.close()


@pytest.mark.parametrize(
    ("path", "message", "answer"), [("/a/Echo", b"hello", b"hello"), ("/a/Big", b"", b"x" * 300_000)]
)
def test_an_answer_comes_whole(path: str, message: bytes, answer: bytes) -> None:
    with served() as connection:
        assert call(connection, path, message) == answer


@pytest.mark.parametrize("path", ["/a/No", "/a/None"])
def test_a_call_that_is_refused_has_no_answer(path: str) -> None:
    with served() as connection, pytest.raises(ValueError, match="no message"):
        call(connection, path, b"")


@given(st.binary(max_size=60))
def test_what_is_no_answer_is_told(data: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(data)
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises((ValueError, OSError)):
            call(ours, "/a/Echo", b"")
