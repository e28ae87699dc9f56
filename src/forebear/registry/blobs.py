"""Blobs of a registry: read, written, and copied from one repository to another (OCI distribution specification)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests

from forebear.errors import EngineRefused
from forebear.registry.auth import scope
from forebear.registry.failures import failing
from forebear.registry.transport import Call, led
from forebear.retry import ATTEMPTS, Broken

if TYPE_CHECKING:
    from forebear.reference import Reference
    from forebear.registry.manifests import Descriptor
    from forebear.registry.transport import Transport

_CHUNK: Final = 1 << 16

Chunks = Callable[[], Iterable[bytes]]
"""Gives the bytes of a blob, from its start each time that it is called."""


def has(transport: Transport, repository: Reference, digest: str) -> bool:
    """Whether a repository has a blob."""
    return transport.call(_get("HEAD", repository, digest)).status == 200


def stream(transport: Transport, repository: Reference, blob: Descriptor) -> Iterator[bytes]:
    """The bytes of a blob; they are checked against its size and digest, which fails at the end at the latest.

    Where the connection breaks, it goes on from there. Raises EngineUnreachable, EngineRefused.
    """
    received = _Received(blob)
    for last in (*[False] * (ATTEMPTS - 1), True):
        try:
            yield from _rest(transport, repository, received)
            break
        except Broken:
            if last:
                raise
    received.check(repository)


@dataclass
class _Received:
    """What of a blob has come so far."""

    blob: Descriptor
    size: int = 0

    def __post_init__(self) -> None:
        self._hash = hashlib.new(self.blob.digest.partition(":")[0])

    def add(self, chunk: bytes) -> None:
        self._hash.update(chunk)
        self.size += len(chunk)

    def check(self, repository: Reference) -> None:
        found = f"{self._hash.name}:{self._hash.hexdigest()}"
        if found != self.blob.digest or self.size != self.blob.size:
            raise EngineRefused(
                f"{repository.registry} sent something else for the blob {self.blob.digest} of {repository.repository}",
                "do not trust this registry",
            )


def _rest(transport: Transport, repository: Reference, received: _Received) -> Iterator[bytes]:
    """What is missing of a blob; raises Broken where it ends too early."""
    done = received.size
    headers = {"Range": f"bytes={done}-"} if done else {}
    call = _get("GET", repository, received.blob.digest, headers, frozenset({200, 206, 404}))
    with failing(repository.registry), transport.retried(lambda: transport.opened(call)) as response:
        if response.status_code == requests.codes.not_found:
            raise EngineRefused(f"{repository.name} does not have the blob {received.blob.digest}", status=404)
        skip = done if response.status_code == 200 else 0
        for chunk in response.iter_content(_CHUNK):
            wanted = chunk[skip:]
            skip = max(0, skip - len(chunk))
            received.add(wanted)
            if received.size > received.blob.size:
                break
            yield wanted
    if received.size < received.blob.size:
        raise Broken(f"{repository.registry} broke off in the middle of the blob {received.blob.digest}")


def _get(
    method: str,
    repository: Reference,
    digest: str,
    headers: dict[str, str] | None = None,
    accepted: frozenset[int] = frozenset({200, 404}),
) -> Call:
    scopes = (scope(repository.repository, "pull"),)
    path = f"{repository.repository}/blobs/{digest}"
    return Call(repository.registry, method, path, scopes, accepted, headers or {})


@dataclass(frozen=True)
class _Body:
    """What requests sends with its length, and from its start again where it has to."""

    chunks: Chunks
    size: int = field()

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.chunks())


def upload(
    transport: Transport, repository: Reference, blob: Descriptor, chunks: Chunks, mounted: Reference | None = None
) -> None:
    """Put a blob into a repository, in one piece; with `mounted`, from that repository of the same registry.

    What the registry does not mount is sent (OCI distribution, "Mounting a blob from another repository").
    """
    transport.retried(lambda: _upload(transport, repository, blob, chunks, mounted))


def _upload(
    transport: Transport, repository: Reference, blob: Descriptor, chunks: Chunks, mounted: Reference | None
) -> None:
    name, registry = repository.repository, repository.registry
    own: tuple[str, ...] = (scope(name, "pull", "push"),)
    scopes, query = own, ""
    if mounted is not None:
        query = "?" + urlencode({"mount": blob.digest, "from": mounted.repository})
        scopes = (*own, scope(mounted.repository, "pull"))
    begun = Call(registry, "POST", f"{name}/blobs/uploads/{query}", scopes, frozenset({201, 202}))
    answer = transport.once(begun)
    if answer.status == 201:
        return
    place = _with_digest(led(begun.url, answer.headers.get("Location", ""), registry), blob.digest)
    headers = {"Content-Type": "application/octet-stream"}
    body = _Body(chunks, blob.size)
    transport.once(Call(registry, "PUT", place, own, frozenset({201}), headers, body))


def _with_digest(url: str, digest: str) -> str:
    parts = urlsplit(url)
    return parts._replace(
        query=urlencode([*parse_qsl(parts.query, keep_blank_values=True), ("digest", digest)])
    ).geturl()
