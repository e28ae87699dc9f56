"""Calls of a server that runs in a thread: rpc.py is the other side."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.engine.calling import call

from .served import served


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
