"""Pure: the wire format of protocol buffers, as far as it is needed (https://protobuf.dev/programming-guides/encoding/).

A few dozen lines of it do not warrant a protobuf runtime and generated code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def field(number: int, value: bytes) -> bytes:
    """A field with a length: a text in UTF-8, bytes, or a message."""
    return _number(number << 3 | _BYTES) + _number(len(value)) + value


def flag(number: int, value: int) -> bytes:
    """A field that holds a whole number, not negative, or a member of an enumeration."""
    return _number(number << 3 | _VARINT) + _number(value)


def _number(value: int) -> bytes:
    """A number, seven bits a byte, the lowest first."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message, as numbers and raw values; raises ValueError for what is none."""
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
