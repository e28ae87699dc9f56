"""Files of an image, read from a container that is never started; what the engine sends is hostile."""

from __future__ import annotations

import tarfile
from posixpath import dirname, join, normpath
from typing import IO, TYPE_CHECKING, Any, Final, cast

import requests

from forebear.engine.boundary import check
from forebear.engine.model import File

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import APIClient

LARGEST: Final = 1024 * 1024
"""How much of a file is read, in bytes."""

_CHUNK: Final = 64 * 1024
_HEADERS: Final = 64 * 1024
_LINKS: Final = 16


def read(client: APIClient, container: str, path: str) -> File | None:
    """What is at a path, links followed; None for nothing, or for links without end."""
    for _ in range(_LINKS):
        found = _at(client, container, path)
        if not isinstance(found, str):
            return found
        path = normpath(join(dirname(path), found))
    return None


def _at(client: APIClient, container: str, path: str) -> File | str | None:
    """What is at a path, or where a link leads."""
    url = f"{client.base_url}/v{client.api_version}/containers/{container}/archive"
    # Not by the SDK's get_archive, which leaves the connection open where not all is read.
    with client.get(url, params={"path": path}, stream=True, timeout=client.timeout) as response:
        if response.status_code == requests.codes.not_found:
            return None
        check(response)
        return first(response.iter_content(_CHUNK))


def first(chunks: Iterator[bytes]) -> File | str | None:
    """The first entry of a tar, or where it leads to as a link; None for what is no tar."""
    try:
        with tarfile.open(fileobj=cast("IO[bytes]", _Bounded(chunks)), mode="r|", bufsize=512) as tar:
            member = tar.next()
            if member is None:
                return None
            if member.issym():
                return member.linkname
            kind = "file" if member.isreg() else "folder" if member.isdir() else "something else"
            whole = member.isreg() and member.size <= LARGEST
            content = tar.extractfile(member) if whole else None
            data = content.read() if content else None
            return File(kind, member.mode & 0o7777, member.uid, member.gid, data)
    except (tarfile.TarError, ValueError, OverflowError):
        return None


class _Bounded:
    """A stream that ends after what one entry may take, whatever its headers say."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""
        self._left = LARGEST + _HEADERS

    def read(self, size: int) -> bytes:
        """The next bytes, as many as there are of `size`."""
        while len(self._rest) < size and (chunk := next(self._chunks, b"")):
            self._rest += chunk
        given, self._rest = self._rest[: min(size, self._left)], self._rest[size:]
        self._left -= len(given)
        return given


def names(data: bytes | None) -> dict[str, int]:
    """The numbers of names, from the text of /etc/passwd or /etc/group (passwd(5), group(5))."""
    lines: list[Any] = [line.split(":") for line in (data or b"").decode("utf-8", "replace").splitlines()]
    return {line[0]: int(line[2]) for line in lines if len(line) > 2 and line[2].isdigit() and line[0]}
