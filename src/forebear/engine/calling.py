"""A unary gRPC call on a connection, on which the other side is the server.

Sources: as those of rpc.py, which is the other way round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event, StreamEnded, StreamReset
from h2.exceptions import ProtocolError

from forebear.engine.rpc import framed, unframed

if TYPE_CHECKING:
    import socket

_CHUNK: Final = 1 << 16
_LIMIT: Final = 1 << 20
_STREAM: Final = 1


def call(connection: socket.socket, path: str, message: bytes) -> bytes:
    """The answer to a message that a method takes, by path; ValueError where there is none, OSError."""
    h2 = H2Connection(H2Configuration(client_side=True))
    h2.initiate_connection()
    named = ((":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "localhost"))
    h2.send_headers(_STREAM, [*named, ("content-type", "application/grpc"), ("te", "trailers")])
    h2.send_data(_STREAM, framed(message), end_stream=True)
    body = bytearray()
    try:
        while True:
            connection.sendall(h2.data_to_send())
            events = h2.receive_data(_received(connection))
            for event in events:
                _take(h2, event, body)
            if any(isinstance(event, StreamEnded | StreamReset) for event in events):
                return unframed(bytes(body))
    except ProtocolError as error:
        raise ValueError(str(error)) from error


def _received(connection: socket.socket) -> bytes:
    data = connection.recv(_CHUNK)
    if not data:
        raise ConnectionError("the engine broke off")
    return data


def _take(h2: H2Connection, event: Event, body: bytearray) -> None:
    if isinstance(event, DataReceived):
        h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        body += event.data[: _LIMIT - len(body)]
