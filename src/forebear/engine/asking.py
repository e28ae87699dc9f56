"""Asking a started container over HTTP, from inside: it has no network, and a remote engine's ports are far.

What asks is a program of forebear's own, which is put into the container: the image needs no shell, and no tool.
"""

from __future__ import annotations

import io
import re
import tarfile
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import docker.errors
import requests

from forebear.engine.boundary import check
from forebear.engine.containers import timed_out
from forebear.engine.model import Answer
from forebear.engine.programs import asking
from forebear.errors import BuildFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker import APIClient

_PROGRAM: Final = ".forebear-ask"
_PAUSE: Final = 0.2
_LONGEST: Final = 10.0
"""How long one answer may take, in seconds."""

_CHUNK: Final = 64 * 1024
_HEAD: Final = 8
_LIMIT: Final = 1024 * 1024
# What stands for itself in a request target (RFC 3986, 2.2 and 2.3), and % for what is encoded already.
_ITSELF: Final = "%/?#[]@!$&'()*+,;=:~"
_STATUS: Final = re.compile(rb"HTTP/[0-9.]+ ([0-9]{3})[^\n]*\n")


def equip(client: APIClient, container: str, platform: str, port: int, path: str) -> None:
    """Put what asks into a container that is not started yet; `platform` is the engine's. Raises BuildFailed."""
    # HTTP/1.0, so that the end of the connection is the end of the answer (RFC 1945, 7.2.2).
    request = f"GET {quote(path, safe=_ITSELF)} HTTP/1.0\r\nHost: localhost\r\n\r\n"
    program = asking(platform, port, request.encode())
    if program is None:
        raise BuildFailed(f"forebear cannot ask over HTTP on {platform}", "use run: and a command of the image")
    client.put_archive(container, "/", _archive(program))


def _archive(program: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        member = tarfile.TarInfo(_PROGRAM)
        member.size, member.mode = len(program), 0o755
        tar.addfile(member, io.BytesIO(program))
    return buffer.getvalue()


def ask(client: APIClient, container: str, port: int, seconds: int, good: Callable[[Answer], bool]) -> Answer:
    """Ask again and again, until the answer is good or time is up; the last answer. Raises BuildFailed without one.

    The container was equipped for the port.
    """
    end, last = time.monotonic() + seconds, None
    while True:
        _alive(client, container)
        answer = _answer(client, container, min(_LONGEST, max(1.0, end - time.monotonic())))
        if answer and good(answer):
            return answer
        last = answer or last
        if time.monotonic() >= end:
            break
        time.sleep(_PAUSE)
    if last is None:
        raise BuildFailed(f"port {port} did not answer within {seconds} s")
    return last


def _alive(client: APIClient, container: str) -> None:
    state = client.inspect_container(container)["State"]
    if not state["Running"]:
        said = client.logs(container, stdout=True, stderr=True, tail=5).decode("utf-8", "replace").strip()
        raise BuildFailed(f"the container ended with exit code {state['ExitCode']}{f': {said}' if said else ''}")


def _answer(client: APIClient, container: str, seconds: float) -> Answer | None:
    try:
        made = client.exec_create(container, [f"/{_PROGRAM}"], stderr=False)["Id"]
        return parsed(_output(client, made, seconds))
    except docker.errors.APIError:
        _alive(client, container)
        raise
    except requests.RequestException as error:
        if not timed_out(error):
            raise
        return None


def _output(client: APIClient, made: str, seconds: float) -> bytes:
    """What a command prints, as far as it is wanted, and comes in time.

    Not by the SDK's exec_start, which takes the connection out of the pool and never closes it.
    """
    url = f"{client.base_url}/v{client.api_version}/exec/{made}/start"
    end = time.monotonic() + seconds
    with client.post(url, json={"Detach": False, "Tty": False}, stream=True, timeout=seconds) as response:
        check(response)
        data = b""
        for chunk in response.iter_content(_CHUNK):
            data += chunk
            if len(data) > _LIMIT or time.monotonic() > end:
                break
        return _unframed(data)


def _unframed(data: bytes) -> bytes:
    """The contents of the frames of a stream (Docker Engine API, ContainerAttach, "Stream format")."""
    found = []
    while data:
        size = int.from_bytes(data[4:_HEAD])
        found.append(data[_HEAD : _HEAD + size])
        data = data[_HEAD + size :]
    return b"".join(found)


def parsed(output: bytes) -> Answer | None:
    """An answer as it came over the wire (RFC 9112, 2.1); None for what is none."""
    found = _STATUS.match(output)
    if found is None:
        return None
    _, body = [*re.split(rb"\r?\n\r?\n", output, maxsplit=1), b""][:2]
    return Answer(int(found[1]), body.decode("utf-8", "replace"))
