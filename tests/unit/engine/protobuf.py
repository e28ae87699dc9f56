"""A small encoder of BuildKit's progress records, the other way round from what is tested."""

from __future__ import annotations

import base64
from typing import Any

from forebear.engine.trace import Output, Vertex


def varint(number: int) -> bytes:
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(number & 0x7F)
    return bytes([*(group | 0x80 for group in groups[:-1]), groups[-1]])


def delimited(field: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(data)) + data


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def vertex(each: Vertex) -> bytes:
    timestamp = number(1, 1_700_000_000)
    parts = [delimited(1, each.digest), delimited(2, "sha256:input"), delimited(3, each.name)]
    parts += [number(4, 1)] if each.cached else []
    parts += [delimited(5, timestamp)] if each.started else []
    parts += [delimited(6, timestamp)] if each.completed else []
    parts += [delimited(7, each.error)] if each.error else []
    return b"".join(parts)


def log(each: Output) -> bytes:
    return delimited(1, each.vertex) + delimited(2, number(1, 5)) + number(3, 1) + delimited(4, each.text)


def record(*events: Vertex | Output) -> bytes:
    """A StatusResponse with the vertices and logs."""
    return b"".join(delimited(1, vertex(e)) if isinstance(e, Vertex) else delimited(3, log(e)) for e in events)


def trace(*events: Vertex | Output) -> dict[str, Any]:
    """The record as a line of a build's stream carries it."""
    return {"id": "moby.buildkit.trace", "aux": base64.b64encode(record(*events)).decode()}


def step(name: str, *, digest: str = "", cached: bool = False, error: str = "", completed: bool = False) -> Vertex:
    return Vertex(digest or f"sha256:{name}", name, cached, started=True, completed=completed, error=error)
