"""A registry on loopback that answers as it is told to."""

from __future__ import annotations

import hashlib
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar

from forebear.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class Answer:
    """One answer; `cut` closes the connection before the body is whole."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


@dataclass
class Server:
    """What is answered, one after the other, the last one again and again; and what was asked."""

    answers: list[Answer]
    address: str = ""
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    def index(self, body: bytes | None = None, digest: str = "") -> Reference:
        """An index on this registry, by the digest of its body."""
        found = digest or "sha256:" + hashlib.sha256(self.answers[-1].body if body is None else body).hexdigest()
        return Reference.parse(f"{self.address}/team/app@{found}")

    def sent(self, header: str) -> list[str | None]:
        """The values of a header in all that was asked."""
        return [headers.get(header) for _, headers in self.asked]


def index(*manifests: Mapping[str, Any], **fields: Any) -> Answer:
    """The answer that holds an index."""
    return Answer(json.dumps({"schemaVersion": 2, "manifests": manifests, **fields}).encode())


def manifest(digit: str, *platform: str) -> dict[str, Any]:
    """An entry of an index, for os, architecture and variant."""
    named = dict(zip(("os", "architecture", "variant"), platform, strict=False))
    return {"digest": "sha256:" + digit * 64, "size": 1, **({"platform": named} if named else {})}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_: ClassVar[Server]

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def do_GET(self) -> None:
        known = self.server_
        known.asked.append((self.path, dict(self.headers)))
        answer = known.answers.pop(0) if len(known.answers) > 1 else known.answers[0]
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body) + answer.cut))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer.body)


@contextmanager
def serving(*answers: Answer) -> Iterator[Server]:
    """A registry that gives these answers."""
    known = Server(list(answers))
    handler = type("Handler", (_Handler,), {"server_": known})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        known.address = f"127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield known
        finally:
            server.shutdown()
            thread.join()
