"""A meeting place: a command in a build's container waits there until a test lets it go on."""

from __future__ import annotations

import http.server
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import docker

PATIENCE = 60  # seconds


class _Events(dict[str, threading.Event]):
    """Events by word; whoever asks first makes one. (A defaultdict may make two, when two threads ask at once.)"""

    def __missing__(self, word: str) -> threading.Event:
        return self.setdefault(word, threading.Event())


class Meeting:
    """Commands come by HTTP, each with a word of its own, and wait for the test."""

    def __init__(self, host: str) -> None:
        self._come, self._go = _Events(), _Events()
        self.server = http.server.ThreadingHTTPServer((host, 0), self._handler())
        self.server.daemon_threads = True
        self._over = False

    def _handler(meeting) -> type[http.server.BaseHTTPRequestHandler]:  # noqa: N805 - the handler has a self
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200 if meeting._waited(self.path[1:]) else 504)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        return Handler

    def _waited(self, word: str) -> bool:
        self._come[word].set()
        return self._go[word].wait(PATIENCE) and not self._over

    @property
    def address(self) -> str:
        """Where it is, as host and port."""
        host, port = self.server.server_address[:2]
        return f"{host!s}:{port}"

    def run(self, word: str) -> str:
        """The instruction of a Dockerfile that comes here."""
        return f"RUN wget -q -O - http://{self.address}/{word}"

    def arrived(self, *words: str) -> None:
        """Wait until all are here at once."""
        for word in words:
            assert self._come[word].wait(PATIENCE), f"{word} did not come"

    def here(self, word: str) -> bool:
        """Whether it has come."""
        return self._come[word].is_set()

    def release(self, *words: str) -> None:
        """Let them go on."""
        for word in words:
            self._go[word].set()

    def hold(self, *words: str) -> None:
        """Let those that come from now on wait again."""
        for word in words:
            self._come[word].clear()
            self._go[word].clear()

    def close(self) -> None:
        """Send everybody away."""
        self._over = True
        self.release(*self._come)
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def meeting_on(client: docker.APIClient) -> Iterator[Meeting]:
    """A meeting place that the builds of an engine reach."""
    gateway = client.inspect_network("bridge")["IPAM"]["Config"][0]["Gateway"]
    meeting = Meeting(gateway)
    threading.Thread(target=meeting.server.serve_forever, daemon=True).start()
    try:
        yield meeting
    finally:
        meeting.close()
