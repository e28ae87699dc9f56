"""Bad weather before a registry: a proxy on the loopback that spoils a share of what passes, by a seed."""

from __future__ import annotations

import json
import random
import socket
import struct
import threading
import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from proxy import Between, answer, at_work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FAULTS = ("429", "500", "reset", "truncated", "stall")
TLS = b"\x16"  # how a client begins that tries whether the registry speaks TLS
STALL = 0.1  # seconds, after which a stalled connection breaks
REASONS = {"429": "Too Many Requests", "500": "Internal Server Error"}


class Weather(Between):
    """A proxy on a port of its own; `fault` gets a request's first line, and names a fault or none.

    `told` counts what was done to requests of whom, forebear or the engine; `passed` is told of each request that gets
    through to the registry, before it does.
    """

    def __init__(self, registry: str, fault: Callable[[str], str | None], passed: Callable[[str], None]) -> None:
        place = ("127.0.0.1", int(registry.rpartition(":")[2]))
        server = socket.create_server(("127.0.0.1", 0), backlog=64)
        super().__init__(server, lambda: socket.create_connection(place))
        self._fault = fault
        self._passed = passed
        self.address = f"localhost:{server.getsockname()[1]}"
        self.told: Counter[tuple[str, str]] = Counter()

    def refused(self, client: socket.socket, data: bytes) -> bool:
        """Engines try TLS first, and are told by any server of HTTP that it speaks none; that is no request yet."""
        if data.startswith(TLS):
            self.answer(client, answer("400 Bad Request", ""))
        return data.startswith(TLS)

    def treat(self, client: socket.socket, line: str, rest: bytes) -> None:
        fault = self._fault(line)
        self.told["forebear" if b"\r\nUser-Agent: forebear" in b"\r\n" + rest else "engine", fault or "none"] += 1
        if fault in REASONS:
            code = {"code": REASONS[fault].upper().replace(" ", ""), "message": "bad weather"}
            self.answer(client, answer(f"{fault} {REASONS[fault]}", json.dumps({"errors": [code]}), "Retry-After: 0"))
        elif fault in ("reset", "stall"):
            time.sleep(STALL if fault == "stall" else 0)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            self._passed(line)
            self.pass_on(client, line, rest, whole=fault != "truncated")


@contextmanager
def weather(
    registry: str, fault: Callable[[str], str | None], passed: Callable[[str], None] = lambda _line: None
) -> Iterator[Weather]:
    """Weather before the registry at an address."""
    made = Weather(registry, fault, passed)
    with at_work(made):
        yield made


def share(seed: int, part: float = 0.2) -> Callable[[str], str | None]:
    """Spoil a part of all requests, each fault as often as the others; the same for the same seed and order."""
    random_of = random.Random(seed)
    lock = threading.Lock()

    def fault(_line: str) -> str | None:
        with lock:
            return random_of.choice(FAULTS) if random_of.random() < part else None

    return fault
