"""Reading the JSON lines that a build, a pull or a push answers with: errors come inside an HTTP 200."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from textwrap import shorten
from typing import TYPE_CHECKING, Any, Final

from forebear.engine.boundary import log_in, may_pass
from forebear.engine.trace import Output, Vertex, decode
from forebear.errors import BuildFailed, EngineRefused, EngineUnreachable
from forebear.retry import Passing

if TYPE_CHECKING:
    from forebear.engine.model import Log

_RAN = ("did not complete successfully", "executor failed running", "returned a non-zero code")
"""What the builders say where a command of the Dockerfile failed: that passes by no waiting."""

_AGAIN: Final = "see the engine's log, then run it again"
_FULL: Final = "no space left on device"
_MAKE_ROOM: Final = "make room on the engine's disk, for example with: docker builder prune"

_ACTIONS: Final = (
    ("unauthorized", "log in with docker login, and see that you may do that there"),
    ("denied", "log in with docker login, and see that you may do that there"),
    ("x509", "let the engine trust it: /etc/docker/certs.d/REGISTRY/ca.crt on its machine holds who certifies it"),
    ("500 Internal Server Error", "see the registry's log, or ask who runs it"),
    (_FULL, _MAKE_ROOM),
)
"""What to do about what an engine says of a registry, or of itself."""

_EXIT: Final = re.compile(r"(?:exit code: |returned a non-zero code: )(\d+)$")


def records(chunks: Iterable[bytes]) -> Iterator[Mapping[str, Any]]:
    """The JSON objects of a stream, one a line, however the lines are cut into chunks.

    Raises EngineRefused for a line that is none, EngineUnreachable where the last one is cut short.
    """
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (_record(line) for line in lines if line.strip())
    if rest.strip():
        try:
            yield _record(rest)
        except EngineRefused as error:
            raise EngineUnreachable("the engine broke off in the middle of an answer", _AGAIN) from error


def _record(line: bytes) -> Mapping[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        raise EngineRefused(f"the engine answers what cannot be read: {line[:80].decode(errors='replace')}", _AGAIN)
    return record


def error_of(record: Mapping[str, Any]) -> str | None:
    """The error that a record carries, if any."""
    detail = record.get("errorDetail")
    message = detail.get("message") if isinstance(detail, Mapping) else None
    return str(message or record.get("error") or "") or None


def is_full(message: str) -> bool:
    """Whether a message tells of a disk that is full."""
    return _FULL in message.lower()


def refusal(doing: str, message: str) -> EngineRefused:
    """The error for a message inside a stream: one that may pass, or a plain refusal."""
    problem = f"while {doing}: {message}"
    action = next((action for sign, action in _ACTIONS if sign in message), log_in(message))
    return Passing(problem, action, status=0) if may_pass(message) else EngineRefused(problem, action)


def silence(_line: str) -> None:
    """The log of what nobody needs to read."""


class BuildOutput:
    """What a build's stream has told so far: lines go to a log, the image's ID is kept, an error raises."""

    def __init__(self, log: Log) -> None:
        self._log = log
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
            for event in _events(aux):
                self._vertex(event) if isinstance(event, Vertex) else self._output(event)
        elif isinstance(aux, Mapping) and aux.get("ID"):
            self.image = str(aux["ID"])
            self._finish()
        elif text := record.get("stream") or ("id" not in record and record.get("status")):
            self._classic(str(text), whole="status" in record)

    def _vertex(self, vertex: Vertex) -> None:
        if (vertex.started or vertex.cached) and vertex.digest not in self._said and not _internal(vertex.name):
            self._said.add(vertex.digest)
            self._log(f"CACHED {vertex.name}" if vertex.cached else vertex.name)
        if vertex.error:
            self._failed = self._failed or vertex.name
        if vertex.completed:
            self._say_rest(vertex.digest)

    def _output(self, output: Output) -> None:
        """Log the whole lines of a step's output; what has no line end yet waits for its rest."""
        *lines, rest = (self._open.pop(output.vertex, "") + output.text).split("\n")
        self._open[output.vertex] = rest
        for line in lines:
            self._log("  " + line.rstrip("\r"))

    def _say_rest(self, vertex: str) -> None:
        """Log what a step printed last, without a line end."""
        if rest := self._open.pop(vertex, "").rstrip("\r"):
            self._log("  " + rest)

    def _finish(self) -> None:
        for vertex in tuple(self._open):
            self._say_rest(vertex)

    def _classic(self, text: str, *, whole: bool) -> None:
        """Log the lines of the classic builder, which come in pieces, or whole ones without a line end."""
        *lines, rest = (self._open.pop("", "") + text + ("\n" if whole else "")).split("\n")
        self._open[""] = rest
        for line in filter(str.strip, lines):
            self._log(line.rstrip("\r"))
            self._failed = line if line.startswith("Step ") else self._failed

    def _fail(self, message: str) -> None:
        self._finish()
        ran = any(sign in message for sign in _RAN)
        if may_pass(message) and not ran:
            raise Passing(message, status=0)
        raise BuildFailed(_failure(self._failed, message), "" if ran and not is_full(message) else _action(message))


def _action(message: str) -> str:
    """What to do where a build failed for what is around it; "" where the message says all."""
    return _MAKE_ROOM if is_full(message) else log_in(message)


def _events(aux: str) -> list[Vertex | Output]:
    """What a progress record tells; one that cannot be read costs lines of the log, and not the build."""
    try:
        return list(decode(base64.b64decode(aux)))
    except ValueError:
        return []


def _failure(step: str, message: str) -> str:
    """What failed, in a line: the builders repeat the whole command, which may be long, before its exit code."""
    code = _EXIT.search(message)
    cause = f"exit code {code[1]}" if code else message
    return f"{shorten(step, width=100, placeholder=' …')}: {cause}" if step else cause


def _internal(name: str) -> bool:
    """Whether a step is the builder's own business: every build has the same ones."""
    return name.startswith(("[internal]", "copy /context", "http://buildkit-session", "exporting"))
