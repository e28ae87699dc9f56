"""Asks an engine over its socket, with nothing but the standard library."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any

ANSWERS_IN = 5  # seconds


class Connection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=ANSWERS_IN)
        self.path = path

    def connect(self) -> None:
        """Connect to the socket instead of to a host."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(ANSWERS_IN)
        self.sock.connect(self.path)


def ask(path: str, what: str) -> Any:
    """The JSON that the engine at the socket `path` answers to GET `what`; OSError when it does not answer."""
    return json.loads(get(Connection(path), what))


def get(connection: http.client.HTTPConnection, what: str) -> bytes:
    """The body of the answer to GET `what`; OSError on anything but a 200."""
    try:
        connection.request("GET", what)
        answer = connection.getresponse()
        body = answer.read()
    except http.client.HTTPException as error:
        raise OSError(f"no HTTP answer: {error!r}") from error
    finally:
        connection.close()
    if answer.status != http.HTTPStatus.OK:
        raise OSError(f"{answer.status} {body.decode(errors='replace').strip()}")
    return body


def store(info: dict[str, Any]) -> str:
    """The image store that `GET /info` tells of: `containerd`, or a storage driver's name."""
    kinds = dict(pair for pair in info.get("DriverStatus") or [] if len(pair) == 2)  # noqa: PLR2004
    return "containerd" if kinds.get("driver-type", "").startswith("io.containerd.") else info["Driver"]
