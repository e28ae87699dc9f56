"""Asks an engine over its socket, with nothing but the standard library."""

from __future__ import annotations

import http.client
import json
import socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

ANSWERS_IN = 10  # seconds


class Connection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=ANSWERS_IN)
        self.path = path

    def connect(self) -> None:
        """Connect to the socket and not to a host."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(ANSWERS_IN)
        self.sock.connect(str(self.path))


def get(connection: http.client.HTTPConnection, what: str) -> bytes:
    """The body of the answer to GET `what`; OSError on anything but a 200."""
    try:
        connection.request("GET", what)
        answer = connection.getresponse()
        body = answer.read()
    except http.client.HTTPException as error:
        raise OSError(f"no answer in HTTP: {error!r}") from error
    finally:
        connection.close()
    if answer.status != http.HTTPStatus.OK:
        raise OSError(f"{answer.status} {body.decode(errors='replace').strip()}")
    return body


def ask(path: Path, what: str) -> dict[str, Any]:
    """The JSON object that the engine at the socket `path` answers to GET `what`; else OSError."""
    body = get(Connection(path), what)
    try:
        return dict(json.loads(body))
    except ValueError as error:
        raise OSError(f"no answer in JSON: {error}") from error


def store(info: dict[str, Any]) -> str:
    """The image store that an engine tells of in `info`: `containerd`, or a storage driver's name."""
    details = dict(info.get("DriverStatus") or [])
    by_containerd = str(details.get("driver-type")).startswith("io.containerd.")
    return "containerd" if by_containerd else str(info["Driver"])
