"""A server of unary gRPC calls on one connection, on which the other side is the client.

Sources: gRPC over HTTP/2 (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md); RFC 9113 is h2's.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event, RequestReceived, StreamEnded, StreamReset
from h2.exceptions import ProtocolError

if TYPE_CHECKING:
    import socket

Method = Callable[[bytes], bytes]
"""What answers a call: a message in, a message out. Raises Refused."""

UNKNOWN: Final = 2
NOT_FOUND: Final = 5
"""Status codes (https://github.com/grpc/grpc/blob/master/doc/statuscodes.md)."""

UNIMPLEMENTED: Final = 12
_INTERNAL: Final = 13
_CHUNK: Final = 1 << 16
_LIMIT: Final = 1 << 16
_PLAIN: Final = "".join(chr(code) for code in range(0x20, 0x7F)).replace("%", "")
_CONTENT: Final = ("content-type", "application/grpc+proto")


class Refused(Exception):
    """The answer to a call is a status, and no message."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(slots=True)
class _Call:
    """A call under way: what it names, what came of its message, and what of its answer is still to be sent."""

    path: str
    body: bytearray = field(default_factory=bytearray)
    rest: bytes = b""
    trailers: tuple[tuple[str, str], ...] = ()


def serve(connection: socket.socket, methods: Mapping[str, Method]) -> None:
    """Answer calls of `methods`, by path, until the connection ends; nothing is raised when it does."""
    server = _Server(methods)
    with suppress(OSError, ProtocolError):
        connection.sendall(server.begin())
        while data := connection.recv(_CHUNK):
            connection.sendall(server.take(data))


class _Server:
    """Bytes in, bytes out: the state of one connection."""

    def __init__(self, methods: Mapping[str, Method]) -> None:
        self._methods = methods
        self._h2 = H2Connection(H2Configuration(client_side=False))
        self._calls: dict[int, _Call] = {}

    def begin(self) -> bytes:
        """What a server sends first."""
        self._h2.initiate_connection()
        return self._h2.data_to_send()

    def take(self, data: bytes) -> bytes:
        """What is to be answered to what came; raises ProtocolError for what is not HTTP/2."""
        for event in self._h2.receive_data(data):
            self._heed(event)
        for stream in list(self._calls):
            self._send(stream)
        return self._h2.data_to_send()

    def _heed(self, event: Event) -> None:
        if isinstance(event, RequestReceived):
            self._calls[event.stream_id] = _Call(dict(event.headers)[b":path"].decode("ascii", "replace"))
        elif isinstance(event, DataReceived):
            self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            if call := self._calls.get(event.stream_id):
                call.body += event.data[: _LIMIT - len(call.body)]
        elif isinstance(event, StreamEnded):
            self._answer(event.stream_id)
        elif isinstance(event, StreamReset):
            self._calls.pop(event.stream_id, None)

    def _answer(self, stream: int) -> None:
        call = self._calls[stream]
        try:
            answer = self._called(call)
        except Refused as refused:
            status = (("grpc-status", str(refused.code)), ("grpc-message", _encoded(str(refused))))
            self._h2.send_headers(stream, [(":status", "200"), _CONTENT, *status], end_stream=True)
            del self._calls[stream]
        else:
            self._h2.send_headers(stream, [(":status", "200"), _CONTENT])
            call.rest, call.trailers = framed(answer), (("grpc-status", "0"),)

    def _called(self, call: _Call) -> bytes:
        method = self._methods.get(call.path)
        if method is None:
            raise Refused(UNIMPLEMENTED, "there is no such method")
        try:
            return method(unframed(bytes(call.body)))
        except ValueError:
            raise Refused(_INTERNAL, "the message cannot be read") from None

    def _send(self, stream: int) -> None:
        """Send of an answer as much as the other side takes now."""
        call = self._calls[stream]
        while call.rest and (room := min(self._h2.local_flow_control_window(stream), self._h2.max_outbound_frame_size)):
            self._h2.send_data(stream, call.rest[:room])
            call.rest = call.rest[room:]
        if call.trailers and not call.rest:
            self._h2.send_headers(stream, call.trailers, end_stream=True)
            del self._calls[stream]


def _encoded(text: str) -> str:
    """A status message as headers carry it: printable ASCII, the rest as %XX (PROTOCOL-HTTP2.md, "Responses")."""
    return quote(text, safe=_PLAIN)


def framed(message: bytes) -> bytes:
    """A message as it goes over a stream, not compressed."""
    return struct.pack(">BI", 0, len(message)) + message


def unframed(body: bytes) -> bytes:
    """The one message of a call; raises ValueError where there is another number, or it is compressed."""
    if len(body) < 5:
        raise ValueError("no message")
    compressed, length = struct.unpack(">BI", body[:5])
    if compressed or len(body) != 5 + length:
        raise ValueError("not one plain message")
    return body[5:]
