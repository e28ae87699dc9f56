"""What a registry has, and putting it there (OCI distribution specification)."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from time import sleep
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from forebear.errors import EngineError, EngineRefused, EngineUnreachable
from forebear.reference import LATEST, Reference, is_digest, is_tag
from forebear.registry import blobs, manifests
from forebear.registry.auth import Credentials, scope
from forebear.registry.manifests import KNOWN, Manifest, digest_of
from forebear.registry.transport import LIMIT, Answer, Call, Transport, base, led

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from forebear.registry.manifests import Descriptor

T = TypeVar("T")

_ACCEPT: Final = MappingProxyType({"Accept": ", ".join(KNOWN)})
_PAGES: Final = 1000
_PAGE: Final = 1000
_NEXT: Final = re.compile(r'<([^>]*)>\s*;[^,]*\brel="?next"?', re.IGNORECASE)
_TRUST: Final = "do not trust this registry"


class Exists(EngineRefused):
    """A tag that must be new names something already; `digest` is what."""

    def __init__(self, reference: Reference, digest: str) -> None:
        super().__init__(f"{reference} is there already, as {digest}", "a published version never changes")
        self.digest = digest


class Registry:
    """All registries, spoken to with the credentials that are given; for several threads.

    `mirrors` says where to look first for what is in a registry: it is read from there, never written there,
    and what a mirror does not have, or does not give, comes from the registry itself. Every function raises
    EngineUnreachable or EngineRefused where a registry does not do what is asked; what may pass is tried again.
    """

    def __init__(
        self,
        credentials: Credentials = lambda _registry: None,
        mirrors: Mapping[str, str] = MappingProxyType({}),
        tell: Callable[[str], None] = lambda _text: None,
        wait: Callable[[float], None] = sleep,
    ) -> None:
        """`tell` is told of mirrors that fail, `wait` waits before another attempt."""
        self._transport = Transport(credentials, wait)
        self._mirrors = dict(mirrors)
        self._tell = tell
        self._keeping_tags: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._transport.close()

    # Reading.

    def digest(self, reference: Reference) -> str | None:
        """The digest of what a reference names today; None where there is no such thing."""
        return self._first(reference, self._digest)

    def manifest(self, reference: Reference) -> Manifest | None:
        """The manifest that a reference names; None where there is no such thing.

        It is checked against the digest of the reference, or else against the one that the registry gives.
        """
        return self._first(reference, self._manifest)

    def manifests(self, index: Reference) -> tuple[tuple[str, str], ...]:
        """The digest of each platform's manifest that an index, named by digest, lists, by platform."""
        found = self.manifest(index)
        if found is None:
            raise EngineRefused(f"{index.registry} does not have {index}", status=404)
        return found.platforms

    def tags(self, repository: Reference) -> tuple[str, ...]:
        """All tags of a repository; none where there is no such repository."""
        return self._first(repository, lambda place: tuple(self._tags(place)) or None) or ()

    def blob(self, repository: Reference, blob: Descriptor) -> Iterator[bytes]:
        """The bytes of a blob, in chunks.

        They are checked against its size and digest: do not use them before the last has come without an error.
        """
        place = repository
        if repository.registry in self._mirrors:
            held = self._first(repository, lambda each: each if blobs.has(self._transport, each, blob.digest) else None)
            place = held or repository
        return blobs.stream(self._transport, place, blob)

    def read_blob(self, repository: Reference, blob: Descriptor, limit: int = LIMIT) -> bytes:
        """A small blob as a whole, as an image's configuration is one; refused where it is larger than `limit`."""
        if blob.size > limit:
            raise EngineRefused(f"the blob {blob.digest} of {repository.name} has more than {limit:,} bytes")
        return b"".join(self.blob(repository, blob))

    def has_blob(self, repository: Reference, digest: str) -> bool:
        """Whether a repository itself, not a mirror, has a blob."""
        return blobs.has(self._transport, repository, digest)

    # Writing.

    def put(self, reference: Reference, manifest: Manifest) -> None:
        """Let a tag, or the digest, name a manifest, whatever the tag named before."""
        answer = self._put(reference, manifest, {})
        found = answer.headers.get("Docker-Content-Digest") or self._digest(reference)
        if found != manifest.digest:
            raise EngineRefused(f"{reference.registry} made {found} of {manifest.digest} as {reference}", _TRUST)

    def create(self, reference: Reference, manifest: Manifest) -> bool:
        """Let a tag that names nothing yet name a manifest; whether it had to be put there.

        Raises Exists where the tag names something else. The specification has no conditional requests (its
        authors have a draft): If-None-Match is sent for registries that heed it (RFC 9110, section 13.1.2);
        for the others the caller has to read the tag again, so that of two that write at once one at least sees it.
        """
        there = self._digest(reference)
        if there is None:
            answer = self._put(reference, manifest, {"If-None-Match": "*"}, frozenset({201, 412}))
            if answer.status == 201:
                return True
            there = self._digest(reference) or "something that is gone again"
        if there != manifest.digest:
            raise Exists(reference, there)
        return False

    def put_blob(self, repository: Reference, blob: Descriptor, chunks: blobs.Chunks) -> None:
        """Put a blob into a repository, unless it is there; `chunks` gives its bytes, each time from the start."""
        if not self.has_blob(repository, blob.digest):
            blobs.upload(self._transport, repository, blob, chunks)

    def copy_blob(self, source: Reference, target: Reference, blob: Descriptor) -> None:
        """Copy a blob to another repository, unless it is there: by mounting it, or else through here, in chunks."""
        if self.has_blob(target, blob.digest):
            return
        mounted = source if source.registry == target.registry else None
        blobs.upload(self._transport, target, blob, lambda: self.blob(source, blob), mounted)

    def delete(self, reference: Reference) -> bool:
        """Delete a tag, or, by digest, a manifest with all its tags; whether there was one.

        A registry that does not allow tags to be deleted says so by 400 or 405 (OCI distribution, "Deleting tags"),
        and is asked for that once.
        """
        if not reference.digest and reference.registry in self._keeping_tags:
            raise EngineRefused(f"{reference.registry} does not allow tags to be deleted", status=405)
        scopes = (scope(reference.repository, "pull", "delete"),)
        path = f"{reference.repository}/manifests/{_named(reference)}"
        call = Call(reference.registry, "DELETE", path, scopes, frozenset({202, 404}))
        try:
            return self._transport.call(call).status == 202
        except EngineRefused as error:
            if not reference.digest and error.status in (400, 405):
                self._keeping_tags.add(reference.registry)
            raise

    # One registry.

    def _digest(self, place: Reference) -> str | None:
        answer = self._transport.call(_about(place, "HEAD", frozenset({200, 404, 405})))
        if answer.status == 404:
            return None
        said = answer.headers.get("Docker-Content-Digest", "")
        if answer.status == 200 and is_digest(said) and place.digest in (None, said):
            return said
        found = self._manifest(place)
        return (place.digest or found.digest) if found else None

    def _manifest(self, place: Reference) -> Manifest | None:
        answer = self._transport.call(_about(place, "GET"))
        if answer.status == 404:
            return None
        said = answer.headers.get("Docker-Content-Digest", "")
        promised = place.digest or (said if is_digest(said) else "")
        if promised and digest_of(answer.body, promised.partition(":")[0]) != promised:
            raise EngineRefused(f"{place.registry} sent something else for {place}", _TRUST)
        return manifests.read(answer.body, answer.headers.get("Content-Type", ""))

    def _tags(self, place: Reference) -> Iterator[str]:
        for page in self._pages(place, f"{place.repository}/tags/list?n={_PAGE}"):
            yield from _listed(page, place)

    def _pages(self, place: Reference, path: str) -> Iterator[Answer]:
        """The pages of a list, each of which says where the next one is; none where there is no list."""
        scopes, seen = (scope(place.repository, "pull"),), set[str]()
        while path not in seen and len(seen) < _PAGES:
            seen.add(path)
            call = Call(place.registry, "GET", path, scopes, frozenset({200, 404}))
            answer = self._transport.call(call)
            if answer.status == 404:
                return
            yield answer
            further = _NEXT.search(answer.headers.get("Link", ""))
            if further is None:
                return
            path = _on_same(led(call.url, further[1], place.registry), place.registry)
        raise EngineRefused(f"{place.registry} does not come to an end with the tags of {place.repository}")

    def _put(
        self,
        place: Reference,
        manifest: Manifest,
        headers: Mapping[str, str],
        accepted: frozenset[int] = frozenset({201}),
    ) -> Answer:
        scopes = (scope(place.repository, "pull", "push"),)
        path = f"{place.repository}/manifests/{_named(place)}"
        sent = {"Content-Type": manifest.media_type, **headers}
        return self._transport.call(Call(place.registry, "PUT", path, scopes, accepted, sent, manifest.body))

    # Mirrors.

    def _first(self, reference: Reference, ask: Callable[[Reference], T | None]) -> T | None:
        """What is found in the mirror, if there is one and it has it, else in the registry itself."""
        mirror = self._mirrors.get(reference.registry)
        if mirror is not None:
            try:
                if (found := ask(_in(mirror, reference))) is not None:
                    return found
            except EngineError as error:
                self._passed_over(reference.registry, mirror, error)
        return ask(reference)

    def _passed_over(self, registry: str, mirror: str, error: EngineError) -> None:
        self._tell(f"{registry} is asked, since its mirror {mirror} fails: {error.problem}")
        if isinstance(error, EngineUnreachable):
            self._mirrors.pop(registry, None)


def _in(mirror: str, reference: Reference) -> Reference:
    host, _, folder = mirror.partition("/")
    return replace(reference, registry=host, repository="/".join(filter(None, (folder, reference.repository))))


def _named(reference: Reference) -> str:
    return reference.digest or reference.tag or LATEST


def _about(place: Reference, method: str, accepted: frozenset[int] = frozenset({200, 404})) -> Call:
    """A request for a manifest."""
    path = f"{place.repository}/manifests/{_named(place)}"
    return Call(place.registry, method, path, (scope(place.repository, "pull"),), accepted, _ACCEPT)


def _listed(answer: Answer, place: Reference) -> Iterable[str]:
    try:
        tags: Any = json.loads(answer.body)["tags"] or []
        return [tag for tag in tags if isinstance(tag, str) and is_tag(tag)]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise EngineRefused(f"{place.registry} sent what is no list of tags for {place.repository}") from error


def _on_same(url: str, registry: str) -> str:
    """Where a list goes on: on the same registry, or its authorization would go elsewhere."""
    home = f"{base(registry)}/v2/"
    if not url.startswith(home):
        raise EngineRefused(f"{registry} lets a list of tags go on elsewhere", _TRUST)
    return url
