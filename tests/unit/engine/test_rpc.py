from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event, ResponseReceived, StreamEnded, TrailersReceived
from hypothesis import given
from hypothesis import strategies as st

from .served import served

if TYPE_CHECKING:
    import socket


def call(connection: socket.socket, path: str, *bodies: bytes) -> tuple[bytes, dict[bytes, bytes]]:
    """Call a method as gRPC does; the frames of the answer, and all its headers."""
    h2 = H2Connection(H2Configuration(client_side=True))
    h2.initiate_connection()
    h2.send_headers(1, [(":method", "POST"), (":path", path), (":scheme", "http"), (":authority", "x")])
    for body in bodies:
        h2.send_data(1, body)
    h2.end_stream(1)
    answer, headers = b"", dict[bytes, bytes]()
    while True:
        connection.sendall(h2.data_to_send())
        for event in h2.receive_data(connection.recv(1 << 16)):
            if isinstance(event, DataReceived):
                h2.acknowledge_received_data(event.flow_controlled_length, 1)
                answer += event.data
            headers |= heads(event)
            if isinstance(event, StreamEnded):
                return answer, headers


def heads(event: Event) -> dict[bytes, bytes]:
    return dict(event.headers) if isinstance(event, ResponseReceived | TrailersReceived) else {}


def framed(message: bytes) -> bytes:
    return struct.pack(">BI", 0, len(message)) + message


def test_a_call_is_answered() -> None:
    with served() as connection:
        answer, headers = call(connection, "/a/Echo", framed(b"hello")[:3], framed(b"hello")[3:])
    assert answer == framed(b"hello")
    assert headers[b":status"] == b"200"
    assert headers[b"content-type"].startswith(b"application/grpc")
    assert headers[b"grpc-status"] == b"0"


def test_an_answer_that_is_larger_than_the_window_comes_whole() -> None:
    with served() as connection:
        assert call(connection, "/a/Big", framed(b""))[0] == framed(b"x" * 300_000)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/a/No", framed(b""), b"5"),
        ("/a/None", framed(b""), b"12"),
        ("/a/Echo", b"", b"13"),
        ("/a/Echo", framed(b"hello")[:-1], b"13"),
        ("/a/Echo", b"\x01" + framed(b"zipped")[1:], b"13"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_a_status(path: str, body: bytes, status: bytes) -> None:
    with served() as connection:
        answer, headers = call(connection, path, body)
    assert (answer, headers[b"grpc-status"]) == (b"", status)


def test_the_words_of_a_refusal_may_be_any() -> None:
    with served() as connection:
        headers = call(connection, "/a/Told", framed(b""))[1]
    assert (headers[b"grpc-status"], headers[b"grpc-message"]) == (b"2", b"100 %25 %C3%BCber%0Aall")


@given(st.binary(max_size=80), st.booleans())
def test_a_connection_with_any_bytes_just_ends(data: bytes, begins: bool) -> None:
    with served() as connection:
        connection.sendall((b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" if begins else b"") + data)
