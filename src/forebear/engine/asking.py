"""Asking a started container over HTTP, from inside: it has no network, and a remote engine's ports are far."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final

import docker.errors

from forebear.engine.boundary import check
from forebear.engine.model import Answer
from forebear.errors import BuildFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker import APIClient

_PAUSE: Final = 0.2
_CHUNK: Final = 64 * 1024
_HEAD: Final = 8
_LIMIT: Final = 1024 * 1024
_NO_TOOL: Final = 99
# HTTP/1.0, so that the end of the connection is the end of the answer (RFC 1945, 7.2.2).
_SCRIPT: Final = r"""
has() { command -v "$1" >/dev/null 2>&1; }
if has timeout; then t="timeout 10"; fi
if has curl; then exec curl -s -i -0 --max-time 10 --noproxy "*" "http://127.0.0.1:$1$2"; fi
if has bash; then
  exec $t bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 7
    printf "GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n" "$2" >&3
    while IFS= read -r line <&3 || [ -n "$line" ]; do printf "%s\n" "$line"; done' bash "$1" "$2"
fi
if has nc; then
  { printf "GET %s HTTP/1.0
Host: localhost

" "$2"; sleep 1; } | $t nc 127.0.0.1 "$1"
  exit
fi
if has python3; then
  exec $t python3 -c 'import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10)
s.sendall(("GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n" % sys.argv[2]).encode())
for data in iter(lambda: s.recv(65536), b""): sys.stdout.buffer.write(data)' "$1" "$2"
fi
exit 99
"""
_STATUS: Final = re.compile(rb"HTTP/[0-9.]+ ([0-9]{3})[^\n]*\n")


def ask(
    client: APIClient, container: str, port: int, path: str, seconds: int, good: Callable[[Answer], bool]
) -> Answer:
    """Ask again and again, until the answer is good or time is up; the last answer. Raises BuildFailed without one."""
    end, last = time.monotonic() + seconds, None
    while True:
        _alive(client, container)
        answer = _answer(client, container, port, path)
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


def _answer(client: APIClient, container: str, port: int, path: str) -> Answer | None:
    try:
        made = client.exec_create(container, ["/bin/sh", "-c", _SCRIPT, "sh", str(port), path], stderr=False)["Id"]
        output = _output(client, made)
        code = client.exec_inspect(made)["ExitCode"]
    except docker.errors.APIError as error:
        _alive(client, container)
        raise BuildFailed(f"the image has no /bin/sh to ask with: {error.explanation}") from error
    if code == _NO_TOOL:
        raise BuildFailed("the image has none of curl, bash, nc and python3 to ask with", "use run: and a command")
    if code in (126, 127):
        raise BuildFailed("the image has no /bin/sh to ask with", "use run: and a command")
    return parsed(output)


def _output(client: APIClient, made: str) -> bytes:
    """What a command prints, as far as it is wanted.

    Not by the SDK's exec_start, which takes the connection out of the pool and never closes it.
    """
    url = f"{client.base_url}/v{client.api_version}/exec/{made}/start"
    with client.post(url, json={"Detach": False, "Tty": False}, stream=True, timeout=client.timeout) as response:
        check(response)
        data = b""
        for chunk in response.iter_content(_CHUNK):
            data += chunk
            if len(data) > _LIMIT:
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
