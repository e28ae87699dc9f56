"""Pure: BuildKit's progress records, as the engine's build stream carries them.

The record is the protobuf message `moby.buildkit.v1.StatusResponse` (BuildKit, api/services/control/control.proto);
of its fields only those that tell a person what happens are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forebear.engine.protobuf import fields

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    for number, value in fields(record):
        if number == _VERTEX and isinstance(value, bytes):
            yield _vertex(dict(fields(value)))
        elif number == _LOG and isinstance(value, bytes):
            said = dict(fields(value))
            yield Output(_text(said.get(_LOG_VERTEX)), _text(said.get(_LOG_MESSAGE)))


def _vertex(said: dict[int, int | bytes]) -> Vertex:
    return Vertex(
        digest=_text(said.get(_VERTEX_DIGEST)),
        name=_text(said.get(_VERTEX_NAME)),
        cached=bool(said.get(_VERTEX_CACHED, 0)),
        started=_VERTEX_STARTED in said,
        completed=_VERTEX_COMPLETED in said,
        error=_text(said.get(_VERTEX_ERROR)),
    )


def _text(value: int | bytes | None) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""
