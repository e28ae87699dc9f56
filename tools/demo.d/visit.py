"""Starts a container of an image on a free port of the loopback, fetches a page, and removes the container."""

from __future__ import annotations

import sys
import time
import urllib.error
import urllib.request

import docker

SECONDS = 120


def main(image: str, path: str) -> int:
    """Print the page; 1 where none came in time."""
    client = docker.from_env()
    container = client.containers.run(image, detach=True, ports={"8080/tcp": ("127.0.0.1", None)})
    try:
        return fetch(container, path)
    finally:
        container.remove(force=True)


def fetch(container: docker.models.containers.Container, path: str) -> int:
    """Try until the page is there or the time is up; 0 where it came."""
    container.reload()
    port = container.ports["8080/tcp"][0]["HostPort"]
    url = f"http://127.0.0.1:{port}{path}"
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=5) as page:
                print(f"$ GET {url}\n{page.read().decode()}")
                return 0
        except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
            problem = error
            time.sleep(0.5)
    print(f"{url}: {problem}", file=sys.stderr)
    print(container.logs(tail=30).decode(), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
