"""Reading the JSON lines that a build, a pull or a push answers with: errors come inside an HTTP 200."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from textwrap import shorten
from typing import TYPE_CHECKING, Any, Final

from forebear.engine.boundary import Passing, may_pass
from forebear.engine.trace import Output, Vertex, decode
from forebear.errors import BuildFailed, EngineRefused

if TYPE_CHECKING:
    from forebear.engine.model import Log

_RAN = ("did not complete successfully", "executor failed running", "returned a non-zero code")
"""What the builders say where a command of the Dockerfile failed: that passes by no waiting."""

_EXIT: Final = re.compile(r"(?:exit code: |returned a non-zero code: )(\d+)$")


def records(chunks: Iterable[bytes]) -> Iterator[Mapping[str, Any]]:
    """The JSON objects of a stream, one a line, however the lines are cut into chunks."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (json.loads(line) for line in lines if line.strip())
    if rest.strip():
        yield json.loads(rest)


def error_of(record: Mapping[str, Any]) -> str | None:
    """The error that a record carries, if any."""
    detail = record.get("errorDetail") or {}
    return detail.get("message") or record.get("error")


def refusal(doing: str, message: str) -> EngineRefused:
    """The error for a message inside a stream: one that may pass, or a plain refusal."""
    problem = f"while {doing}: {message}"
    return Passing(problem, status=0) if may_pass(message) else EngineRefused(problem)


class BuildOutput:
    """What a build's stream has told so far: lines go to a log, the image's ID is kept, an error raises."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._names: dict[str, str] = {}
        self._said: set[str] = set()
        self._open: dict[str, str] = {}
        self._failed = ""
        self.image: str | None = None

    def take(self, record: Mapping[str, Any]) -> None:
        """Take one record; raises BuildFailed for the build's own failure, Passing for a fault that may pass."""
        if message := error_of(record):
            self._fail(message)
        aux = record.get("aux")
        if record.get("id") == "moby.buildkit.trace" and isinstance(aux, str):
            for event in decode(base64.b64decode(aux)):
                self._vertex(event) if isinstance(event, Vertex) else self._output(event)
        elif isinstance(aux, Mapping) and aux.get("ID"):
            self.image = str(aux["ID"])
        elif text := record.get("stream") or record.get("status"):
            self._classic(str(text))

    def _vertex(self, vertex: Vertex) -> None:
        self._names[vertex.digest] = vertex.name
        if (vertex.started or vertex.cached) and vertex.digest not in self._said and not _internal(vertex.name):
            self._said.add(vertex.digest)
            self._log(f"CACHED {vertex.name}" if vertex.cached else vertex.name)
        if vertex.error:
            self._failed = self._failed or vertex.name

    def _output(self, output: Output) -> None:
        """Log the whole lines of a step's output; what has no line end yet waits for its rest."""
        *lines, rest = (self._open.pop(output.vertex, "") + output.text).split("\n")
        self._open[output.vertex] = rest
        for line in lines:
            self._log("  " + line.rstrip("\r"))

    def _classic(self, text: str) -> None:
        for line in text.splitlines():
            if line.strip():
                self._log(line)
                self._failed = line if line.startswith("Step ") else self._failed

    def _fail(self, message: str) -> None:
        for rest in filter(None, self._open.values()):
            self._log("  " + rest)
        if may_pass(message) and not any(sign in message for sign in _RAN):
            raise Passing(message, status=0)
        raise BuildFailed(_failure(self._failed, message))


def _failure(step: str, message: str) -> str:
    """What failed, in a line: the builders repeat the whole command, which may be long, before its exit code."""
    code = _EXIT.search(message)
    cause = f"exit code {code[1]}" if code else message
    return f"{shorten(step, width=100, placeholder=' …')}: {cause}" if step else cause


def _internal(name: str) -> bool:
    """Whether a step is the builder's own business: every build has the same ones."""
    return name.startswith(("[internal]", "copy /context", "http://buildkit-session", "exporting"))
