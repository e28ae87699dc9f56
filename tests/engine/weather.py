"""Bad weather before a registry: a proxy on the loopback that spoils a share of what passes, by a seed."""

from __future__ import annotations

import random
import socket
import struct
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from proxy import CHUNK, END, _copy, answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FAULTS = ("429", "500", "reset", "truncated", "stall")
TLS = b"\x16"  # how a client begins that tries whether the registry speaks TLS
STALL = 0.1  # seconds, after which a stalled connection breaks


class Weather:
    """A proxy on a port of its own; `fault` gets a request's first line and its user agent, and names a fault or none.

    `told` counts what was done to whom.
    """

    def __init__(self, registry: str, fault: Callable[[str, str], str | None]) -> None:
        self._registry = ("127.0.0.1", int(registry.rpartition(":")[2]))
        self._fault = fault
        self._server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.address = f"localhost:{self._server.getsockname()[1]}"
        self.told: Counter[str] = Counter()

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
                if not more or data.startswith(TLS):
                    return
            line, _, rest = data.partition(b"\r\n")
            head = rest.partition(END)[0].decode()
            agent = next((each[12:] for each in head.split("\r\n") if each.lower().startswith("user-agent: ")), "")
            fault = self._fault(line.decode(), agent)
            self.told[fault or "none"] += 1
            self._spoil(client, fault, line, rest)
            if fault not in ("reset", "stall"):  # closing alone ends nothing while a thread still reads
                client.shutdown(socket.SHUT_RDWR)

    def _spoil(self, client: socket.socket, fault: str | None, line: bytes, rest: bytes) -> None:
        if fault in ("429", "500"):
            name = "Too Many Requests" if fault == "429" else "Internal Server Error"
            body = '{"errors": [{"code": "%s", "message": "bad weather"}]}' % name.upper().replace(" ", "")  # noqa: UP031
            client.sendall(answer(f"{fault} {name}", body, "Retry-After: 0"))
            client.shutdown(socket.SHUT_WR)
            client.settimeout(1)
            while client.recv(CHUNK):
                pass
        elif fault in ("reset", "stall"):
            time.sleep(STALL if fault == "stall" else 0)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            self._pass_on(client, line, rest, cut=fault == "truncated")

    def _pass_on(self, client: socket.socket, line: bytes, rest: bytes, *, cut: bool) -> None:
        head, _, body = rest.partition(END)
        headers = [header for header in head.split(b"\r\n") if not header.lower().startswith(b"connection:")]
        with socket.create_connection(self._registry) as registry:
            registry.sendall(b"\r\n".join([line, *headers, b"Connection: close"]) + END + body)
            threading.Thread(target=_copy, args=[client, registry], daemon=True).start()
            if cut:
                said = b"".join(iter(lambda: registry.recv(CHUNK), b""))
                client.sendall(said[: len(said) // 2])
            else:
                while data := registry.recv(CHUNK):
                    client.sendall(data)


@contextmanager
def weather(registry: str, fault: Callable[[str, str], str | None]) -> Iterator[Weather]:
    """Weather before the registry at an address."""
    made = Weather(registry, fault)
    threading.Thread(target=made.serve, daemon=True).start()
    try:
        yield made
    finally:
        made.close()


def share(seed: int, part: float = 0.2) -> Callable[[str, str], str | None]:
    """Spoil a part of all requests, each fault as often as the others; the same for the same seed and order."""
    random_of = random.Random(seed)
    lock = threading.Lock()

    def fault(_line: str, _agent: str) -> str | None:
        with lock:
            return random_of.choice(FAULTS) if random_of.random() < part else None

    return fault
