"""Runs a command in the family's builder, with the current folder as its sources: inside.py IMAGE COMMAND…

As builder.yml does it, for machines without Docker Compose. The volumes keep what is prepared from one run to the next.
"""

from __future__ import annotations

import io
import os
import sys
import tarfile

import docker

BUILD = "/var/local/build"
VOLUMES = {"firethorn-demo-sources": BUILD, "firethorn-demo-cache": "/var/local/cache"}
SOCKET = "/var/run/docker.sock"
INSIDE = "/run/docker.sock"  # where /var/run leads: engines put no archive into a container with a mount behind a link


def main(image: str, *command: str) -> int:
    """Send the sources, run the command, print what it says; its exit code."""
    client = docker.from_env(timeout=600)
    volumes = {name: {"bind": folder} for name, folder in VOLUMES.items()}
    environment = {}
    host = os.environ.get("DOCKER_HOST", f"unix://{SOCKET}")
    if host.startswith("tcp://"):
        environment["DOCKER_HOST"] = host
    else:
        volumes[host.removeprefix("unix://")] = {"bind": INSIDE}
    container = client.containers.create(image, command, volumes=volumes, environment=environment)
    try:
        container.put_archive(BUILD, sources())
        container.start()
        for part in container.logs(stream=True, follow=True):
            sys.stdout.write(part.decode(errors="replace"))
            sys.stdout.flush()
        return int(container.wait()["StatusCode"])
    finally:
        container.remove(force=True)


def sources() -> bytes:
    """The current folder as a tar, root's, without what forebear remembers of it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(".", filter=owned)
    return buffer.getvalue()


def owned(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """An entry as root's; None for what is left out."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return None if entry.name.split("/")[:2][-1] == ".forebear" else entry


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
