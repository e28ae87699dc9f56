"""Proxies in front of an engine or a registry, which answer some requests themselves, or send them on changed."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Meddle = Callable[[str], str | bytes]

END = b"\r\n\r\n"
CHUNK = 1 << 16
PATIENCE = 1  # seconds for a client to hang up, once it has its answer


class Between:
    """Takes connections, and lets `treat` do with each request what it wants, as the only one of its connection."""

    def __init__(self, server: socket.socket, target: Callable[[], socket.socket]) -> None:
        self._server = server
        self._target = target

    def serve(self) -> None:
        """Take connections, until it is closed."""
        with suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                threading.Thread(target=self._take, args=[connection], daemon=True).start()

    def close(self) -> None:
        """Take no more."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _take(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            data = b""
            while END not in data:
                more = client.recv(CHUNK)
                data += more
                if not more or self.refused(client, data):
                    return
            line, _, rest = data.partition(b"\r\n")
            self.treat(client, line.decode(), rest)

    def refused(self, client: socket.socket, data: bytes) -> bool:
        """Whether a client is turned away for what it began with."""
        return False

    def treat(self, client: socket.socket, line: str, rest: bytes) -> None:
        """Do something with a request, by its first line ("POST /v1.51/build?t=x HTTP/1.1") and what came of it."""
        raise NotImplementedError

    def answer(self, client: socket.socket, said: bytes) -> None:
        """Answer a request; its body is read, or the answer would be lost with it."""
        client.sendall(said)
        client.shutdown(socket.SHUT_WR)
        client.settimeout(PATIENCE)
        while client.recv(CHUNK):
            pass

    def pass_on(self, client: socket.socket, line: str, rest: bytes, *, whole: bool = True) -> None:
        """Send a request on, and the answer, or half of it, back."""
        head, _, body = rest.partition(END)
        headers = [header for header in head.split(b"\r\n") if not header.lower().startswith(b"connection:")]
        with self._target() as target:
            target.sendall(b"\r\n".join([line.encode(), *headers, b"Connection: close"]) + END + body)
            back = threading.Thread(target=_copy if whole else _halve, args=[target, client], daemon=True)
            back.start()
            _copy(client, target)
            back.join()


class Proxy(Between):
    """Stands in front of an engine.

    `meddle` gets a request's first line, and gives the line to send on, or the bytes to answer with; no bytes at all
    break the connection off. `asked` holds all first lines.
    """

    def __init__(self, engine: str, path: Path, meddle: Meddle) -> None:
        server = socket.socket(socket.AF_UNIX)
        server.bind(str(path))
        server.listen()
        super().__init__(server, lambda: _connected(engine.removeprefix("unix://")))
        self._meddle = meddle
        self.host = f"unix://{path}"
        self.asked: list[str] = []

    def count(self, part: str) -> int:
        """How many requests had `part` in their first line."""
        return sum(part in line for line in self.asked)

    def treat(self, client: socket.socket, line: str, rest: bytes) -> None:
        self.asked.append(line)
        wanted = self._meddle(line)
        if isinstance(wanted, str):
            self.pass_on(client, wanted, rest)
        elif wanted:
            self.answer(client, wanted)


def _connected(path: str) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    made.connect(path)
    return made


def _copy(source: socket.socket, target: socket.socket) -> None:
    """Copy until either end has enough; then tell both."""
    with suppress(OSError):
        while data := source.recv(CHUNK):
            target.sendall(data)
    _end(source, target)


def _halve(source: socket.socket, target: socket.socket) -> None:
    """Copy the first half of what comes."""
    with suppress(OSError):
        said = b"".join(iter(lambda: source.recv(CHUNK), b""))
        target.sendall(said[: len(said) // 2])
    _end(source, target)


def _end(*sockets: socket.socket) -> None:
    for each in sockets:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


def answer(status: str, body: str, *headers: str) -> bytes:
    """The bytes of an answer in HTTP."""
    lines = [f"HTTP/1.1 {status}", *headers, "Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "Connection: close", "", body]).encode()


@contextmanager
def at_work(between: Between) -> Iterator[None]:
    """Let a proxy take connections."""
    threading.Thread(target=between.serve, daemon=True).start()
    try:
        yield
    finally:
        between.close()


@contextmanager
def proxy(engine: str, folder: Path, meddle: Meddle) -> Iterator[Proxy]:
    """A proxy at work in front of the engine at a host."""
    made = Proxy(engine, folder / "proxy.sock", meddle)
    with at_work(made):
        yield made
