from __future__ import annotations

import socket
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from forebear.engine.uploads import Uploads
from forebear.errors import BuildFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def response(sock: socket.socket) -> requests.Response:
    """What of a response is looked at: the number of the socket that it is read from."""
    return cast("requests.Response", SimpleNamespace(raw=sock))


def test_a_body_passes_until_all_is_cancelled() -> None:
    uploads = Uploads()
    sent = uploads.until_cancelled(iter([b"one", b"two", b"three"]))
    assert next(sent) == b"one"
    uploads.cancel()
    with pytest.raises(BuildFailed, match="interrupted"):
        next(sent)


def test_what_never_answers_holds_up_no_cancel() -> None:
    uploads, begun, never = Uploads(), threading.Event(), threading.Event()
    told: list[str] = []

    def wait() -> None:
        try:
            uploads.left_alone(lambda: begun.set() or never.wait())  # type: ignore[func-returns-value]
        except BuildFailed as error:
            told.append(str(error))

    waiting = threading.Thread(target=wait)
    waiting.start()
    begun.wait()
    uploads.cancel()
    waiting.join()
    never.set()
    assert told == ["interrupted"]


def test_what_is_left_alone_gives_its_result_or_its_error() -> None:
    assert Uploads().left_alone(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        Uploads().left_alone(lambda: 1 // 0)


def test_a_pause_before_another_try_ends_with_all_else() -> None:
    uploads = Uploads()
    uploads.pause(0)
    threading.Timer(0.01, uploads.cancel).start()
    with pytest.raises(BuildFailed, match="interrupted"):
        uploads.pause(3600)


def test_a_thread_that_waits_for_an_answer_is_woken(pair: tuple[socket.socket, socket.socket]) -> None:
    uploads = Uploads()
    reading = threading.Event()
    got: list[bytes] = []

    def read() -> None:
        with uploads.answering(response(pair[0])):
            reading.set()
            got.append(pair[0].recv(1))

    thread = threading.Thread(target=read)
    thread.start()
    assert reading.wait(10)
    uploads.cancel()
    thread.join(10)
    assert got == [b""]


def test_what_was_answered_is_left_alone(pair: tuple[socket.socket, socket.socket]) -> None:
    uploads = Uploads()
    with uploads.answering(response(pair[0])):
        pass
    uploads.cancel()
    pair[1].send(b"x")
    assert pair[0].recv(1) == b"x"


def test_after_a_cancel_no_answer_is_read(pair: tuple[socket.socket, socket.socket]) -> None:
    uploads = Uploads()
    uploads.cancel()
    with pytest.raises(BuildFailed, match="interrupted"), uploads.answering(response(pair[0])):
        raise AssertionError("read")


def test_a_response_whose_connection_is_gone_is_read_as_it_is(pair: tuple[socket.socket, socket.socket]) -> None:
    uploads = Uploads()
    pair[0].close()
    with uploads.answering(response(pair[0])):
        uploads.cancel()


def test_a_connection_that_breaks_meanwhile_is_no_hindrance(pair: tuple[socket.socket, socket.socket]) -> None:
    uploads = Uploads()
    with uploads.answering(response(pair[0])):
        pair[0].close()
        pair[1].close()
        uploads.cancel()


def test_what_else_is_under_way_is_ended_by_what_ends_it() -> None:
    uploads = Uploads()
    ended: list[str] = []

    def stubborn() -> None:
        ended.append("stubborn")
        raise OSError

    with uploads.ended_by(lambda: ended.append("early")):
        pass
    with uploads.ended_by(stubborn), uploads.ended_by(lambda: ended.append("late")):
        uploads.cancel()
    assert ended == ["stubborn", "late"]
    with pytest.raises(BuildFailed, match="interrupted"), uploads.ended_by(lambda: None):
        raise AssertionError("begun")
