"""Pure: BuildKit's progress records, as the engine's build stream carries them.

The record is the protobuf message `moby.buildkit.v1.StatusResponse` (BuildKit, api/services/control/control.proto);
of its fields only those that tell a person what happens are read. The wire format is the one of
https://protobuf.dev/programming-guides/encoding/; a dozen lines of it do not warrant a protobuf runtime.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_VERTEX, _LOG = 1, 3
_VERTEX_DIGEST, _VERTEX_NAME, _VERTEX_CACHED, _VERTEX_STARTED, _VERTEX_COMPLETED, _VERTEX_ERROR = (
    1,
    3,
    4,
    5,
    6,
    7,
)
_LOG_VERTEX, _LOG_MESSAGE = 1, 4


@dataclass(frozen=True, slots=True)
class Vertex:
    """A step of a build: what it is, and how far it has got."""

    digest: str
    name: str
    cached: bool
    started: bool
    completed: bool
    error: str


@dataclass(frozen=True, slots=True)
class Output:
    """Something that a step printed."""

    vertex: str
    text: str


def decode(record: bytes) -> Iterator[Vertex | Output]:
    """The steps and the output that one record tells of; raises ValueError for what is no such record."""
    for number, value in _fields(record):
        if number == _VERTEX and isinstance(value, bytes):
            yield _vertex(dict(_fields(value)))
        elif number == _LOG and isinstance(value, bytes):
            fields = dict(_fields(value))
            yield Output(_text(fields.get(_LOG_VERTEX)), _text(fields.get(_LOG_MESSAGE)))


def _vertex(fields: dict[int, int | bytes]) -> Vertex:
    return Vertex(
        digest=_text(fields.get(_VERTEX_DIGEST)),
        name=_text(fields.get(_VERTEX_NAME)),
        cached=bool(fields.get(_VERTEX_CACHED, 0)),
        started=_VERTEX_STARTED in fields,
        completed=_VERTEX_COMPLETED in fields,
        error=_text(fields.get(_VERTEX_ERROR)),
    )


def _text(value: int | bytes | None) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a protobuf message, as numbers and raw values."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield tag >> 3, value
            continue
        if kind == _BYTES:
            length, at = _varint(message, at)
        elif kind in (_FIXED64, _FIXED32):
            length = 8 if kind == _FIXED64 else 4
        else:
            raise ValueError(f"unknown protobuf wire type {kind}")
        if at + length > len(message):
            raise ValueError("a protobuf field is cut short")
        yield tag >> 3, message[at : at + length]
        at += length


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(message) or shift > 63:
            raise ValueError("a protobuf number is cut short")
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
