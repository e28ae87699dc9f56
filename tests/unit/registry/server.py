"""A registry on loopback that answers as it is told to."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar

from forebear.reference import Reference
from forebear.registry.manifests import OCI_INDEX, OCI_MANIFEST

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class Answer:
    """One answer; `cut` closes the connection before the body is whole, `reset` before anything is said.

    `drip` sends only so many bytes of it, headers and all, and then one at a time for ever.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    reset: bool = False
    drip: int | None = None


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Server:
    """What is answered, one after the other, the last one again and again; and what was asked."""

    answers: list[Answer]
    address: str = ""
    asked: list[Asked] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def repository(self) -> Reference:
        """A repository of this registry."""
        return Reference.parse(f"{self.address}/team/app")

    @property
    def tag(self) -> Reference:
        """A tag in it."""
        return self.repository.with_tag("1")

    def index(self, body: bytes | None = None, digest: str = "") -> Reference:
        """An index on this registry, by the digest of its body."""
        return self.repository.with_digest(digest or sha256(self.answers[-1].body if body is None else body))

    def sent(self, header: str) -> list[str | None]:
        """The values of a header in all that was asked."""
        return [each.headers.get(header) for each in self.asked]

    @property
    def lines(self) -> list[str]:
        """What was asked, in short."""
        return [f"{each.method} {each.path.removeprefix('/v2/team/app')}" for each in self.asked]


def sha256(data: bytes) -> str:
    """The digest of bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def index(*manifests: Mapping[str, Any], **fields: Any) -> Answer:
    """The answer that holds an index."""
    return _json({"schemaVersion": 2, "manifests": manifests, **fields}, OCI_INDEX)


def image(*layers: Mapping[str, Any], **fields: Any) -> Answer:
    """The answer that holds the manifest of an image."""
    return _json({"schemaVersion": 2, "config": manifest("c"), "layers": layers, **fields}, OCI_MANIFEST)


def _json(document: Mapping[str, Any], kind: str) -> Answer:
    body = json.dumps(document).encode()
    return Answer(body, headers={"Content-Type": kind, "Docker-Content-Digest": sha256(body)})


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
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        known.asked.append(Asked(self.command, self.path, dict(self.headers), body))
        answer = known.answers.pop(0) if len(known.answers) > 1 else known.answers[0]
        self.close_connection = True
        if answer.reset:
            self.connection.shutdown(socket.SHUT_RDWR)
        elif answer.drip is not None:
            self._drip(answer.drip)
        else:
            self._answer(answer)

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815

    def _answer(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body) + answer.cut))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def _drip(self, at_once: int) -> None:
        text = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b" " * 1_000_000
        self.wfile.write(text[:at_once])
        with suppress(OSError):
            for at in range(at_once, len(text)):
                self.wfile.write(text[at : at + 1])
                if self.server_.stopped.wait(0.02):
                    break


@contextmanager
def serving(*answers: Answer, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A registry that gives these answers."""
    known = Server(list(answers))
    handler = type("Handler", (_Handler,), {"server_": known})
    with ThreadingHTTPServer((host, 0), handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        known.address = f"{host}:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.001})
        thread.start()
        try:
            yield known
        finally:
            known.stopped.set()
            server.shutdown()
            thread.join()
