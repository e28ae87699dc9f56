"""Running a command in a container that is always removed."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import docker.errors
import requests
from docker import APIClient

from forebear.engine.model import RunOutcome
from forebear.errors import BuildFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

LABEL: Final = "forebear.container"
"""Names the process that a container is for: host, ID, and when it began."""

_LIMIT: Final = 64 * 1024
"""How much of a command's output is kept, in bytes."""


def run(client: APIClient, container: str, command: tuple[str, ...], seconds: int) -> RunOutcome:
    """Run the command that a container is made for; raises BuildFailed when its time is up."""
    client.start(container)
    try:
        status = client.wait(container, timeout=seconds)
    except requests.RequestException as error:
        if not timed_out(error):
            raise
        raise BuildFailed(f"{' '.join(command)} did not end within {seconds} s") from error
    output = client.logs(container, stdout=True, stderr=True, tail=1000)
    return RunOutcome(int(status["StatusCode"]), output[-_LIMIT:].decode("utf-8", "replace"))


def timed_out(error: requests.RequestException) -> bool:
    """Whether time was up: an answer that has begun and does not go on is a ConnectionError to the SDK."""
    return isinstance(error, requests.Timeout) or "timed out" in str(error)


@contextmanager
def made(client: APIClient, image: str, command: tuple[str, ...]) -> Iterator[str]:
    """A container of an image for a command, without network; it is removed, and so ended, in the end."""
    with _created(client, image, entrypoint=list(command), command=[]) as container:
        yield container


@contextmanager
def own(client: APIClient, image: str) -> Iterator[str]:
    """A container of an image for what the image is for, without network; it is removed, and so ended, in the end."""
    with _created(client, image) as container:
        yield container


@contextmanager
def _created(client: APIClient, image: str, **more: Any) -> Iterator[str]:
    host = client.create_host_config(network_mode="none")
    container: str = client.create_container(image, host_config=host, labels={LABEL: _owner(os.getpid())}, **more)["Id"]
    try:
        yield container
    finally:
        with suppress(docker.errors.APIError):
            client.remove_container(container, force=True, v=True)


def sweep(client: APIClient) -> None:
    """Remove the containers that processes of this machine left behind: SIGKILL lets none clean up."""
    with suppress(docker.errors.APIError):
        for each in client.containers(all=True, filters={"label": LABEL}):
            owner = str((each.get("Labels") or {}).get(LABEL))
            host, process, _ = [*owner.split(" "), "", ""][:3]
            if host == os.uname().nodename and process.isdigit() and _owner(int(process)) != owner:
                with suppress(docker.errors.APIError):
                    client.remove_container(each["Id"], force=True, v=True)


def _owner(process: int) -> str:
    """A process of this machine: its ID is given to others, but never with the same beginning (proc(5), stat)."""
    try:
        began = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        began = ""
    return f"{os.uname().nodename} {process} {began}"
