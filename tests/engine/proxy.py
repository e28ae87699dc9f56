"""A proxy in front of an engine, which answers some requests itself, or sends them on changed."""

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


class Proxy:
    """Takes connections, and sends each request, on a connection of its own, to the engine.

    `meddle` gets a request's first line ("POST /v1.51/build?t=x HTTP/1.1") and gives the line to send on, or
    the bytes to answer with; no bytes at all break the connection off. `asked` holds all first lines.
    """

    def __init__(self, engine: str, path: Path, meddle: Meddle) -> None:
        self._engine = engine
        self._meddle = meddle
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen()
        self.host = f"unix://{path}"
        self.asked: list[str] = []

    def count(self, part: str) -> int:
        """How many requests had `part` in their first line."""
        return sum(part in line for line in self.asked)

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
                if not more:
                    return
                data += more
            line, _, rest = data.partition(b"\r\n")
            self.asked.append(line.decode())
            answer = self._meddle(line.decode())
            if isinstance(answer, bytes):
                self._answer(client, answer)
            else:
                self._pass_on(client, answer.encode(), rest)

    def _answer(self, client: socket.socket, answer: bytes) -> None:
        if answer:
            client.sendall(answer)
            client.shutdown(socket.SHUT_WR)
            while client.recv(CHUNK):
                pass

    def _pass_on(self, client: socket.socket, line: bytes, rest: bytes) -> None:
        head, _, body = rest.partition(END)
        headers = [header for header in head.split(b"\r\n") if not header.lower().startswith(b"connection:")]
        with socket.socket(socket.AF_UNIX) as engine:
            engine.connect(self._engine.removeprefix("unix://"))
            engine.sendall(b"\r\n".join([line, *headers, b"Connection: close"]) + END + body)
            back = threading.Thread(target=_copy, args=[engine, client], daemon=True)
            back.start()
            _copy(client, engine)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    """Copy until either end has enough; then tell both."""
    with suppress(OSError):
        while data := source.recv(CHUNK):
            target.sendall(data)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def answer(status: str, body: str, *headers: str) -> bytes:
    """The bytes of an answer in HTTP."""
    lines = [f"HTTP/1.1 {status}", *headers, "Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "Connection: close", "", body]).encode()


@contextmanager
def proxy(engine: str, folder: Path, meddle: Meddle) -> Iterator[Proxy]:
    """A proxy at work in front of the engine at a host."""
    made = Proxy(engine, folder / "proxy.sock", meddle)
    threading.Thread(target=made.serve, daemon=True).start()
    try:
        yield made
    finally:
        made.close()
