"""Asking a web server that runs in a container."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import docker

SECONDS = 180


@contextmanager
def served(client: docker.APIClient, image: str) -> Iterator[tuple[str, str]]:
    """A container of an image that listens on port 8080: its ID, and the URL of its root."""
    ports = client.create_host_config(port_bindings={8080: ("127.0.0.1", None)})
    container = client.create_container(image, host_config=ports, ports=[8080])["Id"]
    try:
        client.start(container)
        yield container, f"http://127.0.0.1:{client.port(container, 8080)[0]['HostPort']}"
    finally:
        client.remove_container(container, force=True)


def page(url: str) -> str:
    """The page, as soon as there is one; the last error where none comes in time."""
    end = time.monotonic() + SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                text: str = answer.read().decode()
                return text
        except (urllib.error.URLError, OSError):
            if time.monotonic() > end:
                raise
            time.sleep(0.3)
