"""Builds under way, which can be cancelled from another thread: an engine ends what nobody listens to."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from forebear.errors import BuildFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests


class Uploads:
    """What is being sent to an engine, or answered by it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = False
        self._open: set[socket.socket] = set()

    def until_cancelled(self, body: Iterator[bytes]) -> Iterator[bytes]:
        """The chunks of a body; raises BuildFailed as soon as all is cancelled."""
        for chunk in body:
            if self._cancelled:
                raise BuildFailed("interrupted")
            yield chunk

    @contextmanager
    def answering(self, response: requests.Response) -> Iterator[None]:
        """Let a response that is being read be cut off by `cancel`."""
        connection = response.raw.connection
        sock = connection.sock if connection else None
        with self._lock:
            if self._cancelled:
                raise BuildFailed("interrupted")
            if sock:
                self._open.add(sock)
        try:
            yield
        finally:
            with self._lock:
                self._open.discard(sock)

    def cancel(self) -> None:
        """Cut off what is under way. Shut down, a socket wakes the thread that reads it; closed, it would not."""
        with self._lock:
            self._cancelled = True
            for sock in self._open:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
