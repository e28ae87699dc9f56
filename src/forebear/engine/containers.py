"""Running a command in a container that is always removed."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

import docker.errors
import requests
from docker import APIClient

from forebear.engine.model import RunOutcome
from forebear.errors import BuildFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

_LIMIT: Final = 64 * 1024
"""How much of a command's output is kept, in bytes."""


def run(client: APIClient, container: str, command: tuple[str, ...], seconds: int) -> RunOutcome:
    """Run the command that a container is made for; raises BuildFailed when its time is up."""
    client.start(container)
    try:
        status = client.wait(container, timeout=seconds)
    except requests.RequestException as error:
        if not _timed_out(error):
            raise
        raise BuildFailed(f"{' '.join(command)} did not end within {seconds} s") from error
    output = client.logs(container, stdout=True, stderr=True, tail=1000)
    return RunOutcome(int(status["StatusCode"]), output[-_LIMIT:].decode("utf-8", "replace"))


def _timed_out(error: requests.RequestException) -> bool:
    """Whether time was up: an answer that has begun and does not go on is a ConnectionError to the SDK."""
    return isinstance(error, requests.Timeout) or "timed out" in str(error)


@contextmanager
def made(client: APIClient, image: str, command: tuple[str, ...]) -> Iterator[str]:
    """A container of an image for a command, without network; it is removed, and so ended, in the end."""
    host = client.create_host_config(network_mode="none")
    container: str = client.create_container(image, entrypoint=list(command), command=[], host_config=host)["Id"]
    try:
        yield container
    finally:
        with suppress(docker.errors.APIError):
            client.remove_container(container, force=True, v=True)
