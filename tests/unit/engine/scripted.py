"""An HTTP server on loopback that answers as an engine does, and fails as no real engine can be made to."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import ThreadingMixIn, UnixStreamServer
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

VERSION = {"Version": "28.0.0", "ApiVersion": "1.47", "MinAPIVersion": "1.24", "Os": "linux", "Arch": "amd64"}
INFO = {"Driver": "overlayfs", "DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]]}


@dataclass(frozen=True)
class Answer:
    """One answer; `cut` closes the connection before the body is whole."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


def said(*records: Mapping[str, Any], cut: bool = False) -> Answer:
    """A stream of JSON lines."""
    return Answer(b"".join(json.dumps(record).encode() + b"\r\n" for record in records), cut=cut)


def refused(status: int, message: str, **headers: str) -> Answer:
    """An engine's answer to what it does not do."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(json.dumps({"message": message}).encode(), status, {"Content-Type": "application/json", **named})


@dataclass(frozen=True)
class Asked:
    """A request."""

    path: str
    query: Mapping[str, str]
    body: bytes


@dataclass
class Script:
    """What is answered, by path without the version: one after the other, the last one again and again."""

    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    host: str = ""

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        left = self.answers.get(asked.path, [refused(404, f"no such thing: {asked.path}")])
        return left.pop(0) if len(left) > 1 else left[0]

    def to(self, path: str) -> list[Asked]:
        """What was asked of a path."""
        return [asked for asked in self.asked if asked.path == path]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    script: ClassVar[Script]

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer(b"")

    def do_DELETE(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        if (body := self._body()) is not None:
            self._answer(body)

    def _body(self) -> bytes | None:
        """What was sent; None where the client broke off."""
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while line := self.rfile.readline():
            if (size := int(line, 16)) == 0:
                self.rfile.readline()
                return body
            body += self.rfile.read(size)
            self.rfile.readline()
        return None

    def _answer(self, body: bytes) -> None:
        url = urlsplit(self.path)
        path = url.path.removeprefix(f"/v{VERSION['ApiVersion']}")
        answer = self.script.answer(Asked(path, dict(parse_qsl(url.query, keep_blank_values=True)), body))
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")
        self.end_headers()
        if answer.body:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(answer.body), answer.body))
        if not answer.cut:
            self.wfile.write(b"0\r\n\r\n")


@contextmanager
def engine(**answers: list[Answer]) -> Iterator[Script]:
    """A server at `host` with a script; `_` in the name of an answer stands for `/` in its path."""
    known = {"/version": [said(VERSION)], "/info": [said(INFO)]}
    script = Script(known | {"/" + name.replace("_", "/"): list(found) for name, found in answers.items()})
    handler = type("Handler", (_Handler,), {"script": script})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        script.host = f"tcp://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield script
        finally:
            server.shutdown()
            thread.join()


class _Kept(BaseHTTPRequestHandler):
    """Answers every request with the version, and keeps the connection."""

    protocol_version = "HTTP/1.1"
    connections: ClassVar[list[str]]

    def setup(self) -> None:
        super().setup()
        self.connections.append("one more")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def do_GET(self) -> None:
        body = json.dumps(VERSION).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Socket(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True


@contextmanager
def engine_on_a_socket(path: str) -> Iterator[list[str]]:
    """A server on a Unix socket; its connections so far."""
    connections: list[str] = []
    with _Socket(path, type("Kept", (_Kept,), {"connections": connections})) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield connections
        finally:
            server.shutdown()
            thread.join()
