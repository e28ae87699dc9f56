"""Pure: references to images and digests of their contents."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, NoReturn, Self

DOCKER_HUB: Final = "docker.io"
LATEST: Final = "latest"
MAX_NAME: Final = 255

# The grammar of the OCI distribution specification, "Pulling manifests": <name>, <reference> as a tag.
_COMPONENT = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_TAG = r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}"
# The OCI image specification, "Descriptors", "Registered Algorithms": lower-case hex of full length.
_DIGEST = r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}"
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_REGISTRY = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?"

_is_component = re.compile(_COMPONENT).fullmatch
_is_tag = re.compile(_TAG).fullmatch
_is_digest = re.compile(_DIGEST).fullmatch
_is_registry = re.compile(_REGISTRY).fullmatch
_is_repository = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*").fullmatch
_is_identifier = re.compile(r"[0-9a-f]{64}").fullmatch
_FORM = "registry/repository:tag@digest"


class ReferenceFault(ValueError):
    """A text is no reference; the message says what is wrong and what to write."""


def is_image_name(text: str) -> bool:
    """Whether `text` is one path component of a repository name (OCI distribution, <name>)."""
    return _is_component(text) is not None


def is_tag(text: str) -> bool:
    """Whether `text` is a tag (OCI distribution, <reference> as a tag)."""
    return _is_tag(text) is not None


def is_digest(text: str) -> bool:
    """Whether `text` is a digest of a registered algorithm: sha256 or sha512, lower-case hex."""
    return _is_digest(text) is not None


def is_registry(text: str) -> bool:
    """Whether `text` is a registry as a reference may begin with: `host[:port]`, told from a folder."""
    return _is_registry(text) is not None and _looks_like_registry(text)


@dataclass(frozen=True, slots=True)
class Reference:
    """registry/repository:tag@digest, in canonical form (docker.io and library/ filled in).

    The constructor trusts its arguments; `parse`, `with_tag` and `with_digest` check them.
    """

    registry: str
    repository: str
    tag: str | None = None
    digest: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a reference as Docker normalises it.

        Without a registry it is docker.io's, and a single component there is in `library/`. Unlike
        Docker, nothing adds the tag `latest`. Raises ReferenceFault.
        """
        rest, at, digest = text.partition("@")
        name, colon, tag = rest.rpartition(":")
        if not colon or "/" in tag:
            name, colon, tag = rest, "", ""
        registry, repository = _split(name)
        if not (
            _is_repository(repository)
            and _is_registry(registry)
            and (not colon or _is_tag(tag))
            and (not at or _is_digest(digest))
            and len(registry) + 1 + len(repository) <= MAX_NAME
            and not _is_identifier(text)
        ):
            _refuse(text, registry, repository, tag if colon else None, digest if at else None)
        return cls(registry, repository, tag or None, digest or None)

    def __str__(self) -> str:
        """The canonical, complete text: `docker.io/library/fedora:25@sha256:…`."""
        return f"{self.registry}/{self.repository}{self._suffix}"

    def __lt__(self, other: Reference) -> bool:
        """By registry, repository, tag, digest; an absent part comes first."""
        return self._order < other._order

    @property
    def name(self) -> str:
        """registry/repository."""
        return f"{self.registry}/{self.repository}"

    @property
    def familiar(self) -> str:
        """As people write it: docker.io and library/ left out where the text still means the same."""
        return f"{self._short_name}{self._suffix}"

    @property
    def floating(self) -> bool:
        """Whether it has neither a digest nor a tag other than `latest`."""
        return self.digest is None and self.tag in {None, LATEST}

    def with_tag(self, tag: str) -> Self:
        """The same name and digest with `tag`. Raises ReferenceFault."""
        if not is_tag(tag):
            _refuse_tag(tag)
        return replace(self, tag=tag)

    def with_digest(self, digest: str) -> Self:
        """The same name and tag with `digest`. Raises ReferenceFault."""
        if not is_digest(digest):
            _refuse_digest(digest)
        return replace(self, digest=digest)

    def untagged(self) -> Self:
        """The same name and digest without a tag."""
        return replace(self, tag=None)

    @property
    def _suffix(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{tag}@{self.digest}" if self.digest else tag

    @property
    def _order(self) -> tuple[str, str, str, str]:
        return self.registry, self.repository, self.tag or "", self.digest or ""

    @property
    def _short_name(self) -> str:
        if self.registry != DOCKER_HUB:
            return self.name
        short = self.repository.removeprefix("library/")
        short = self.repository if "/" in short else short
        ambiguous = _split(short) != (self.registry, self.repository) or _is_identifier(short)
        return self.name if ambiguous else short


def _looks_like_registry(first: str) -> bool:
    """Docker's rule for the first component of a reference (distribution/reference, normalize.go)."""
    return "." in first or ":" in first or first == "localhost" or first != first.lower()


def _split(name: str) -> tuple[str, str]:
    """Registry and repository of a name, normalised as Docker does."""
    first, slash, rest = name.partition("/")
    if not slash or not _looks_like_registry(first):
        first, rest = DOCKER_HUB, name
    elif first == "index.docker.io":
        first = DOCKER_HUB
    if first == DOCKER_HUB and "/" not in rest:
        rest = f"library/{rest}"
    return first, rest


def _refuse(text: str, registry: str, repository: str, tag: str | None, digest: str | None) -> NoReturn:
    """Say what is wrong with a text that is known to be no reference."""
    _refuse_whole(text)
    if digest is not None and not is_digest(digest):
        _refuse_digest(digest)
    if tag is not None and not is_tag(tag):
        _refuse_tag(tag)
    if not _is_registry(registry):
        raise ReferenceFault(f'"{registry}" is no registry; write host or host:port')
    _refuse_repository(registry, repository)


def _refuse_whole(text: str) -> None:
    if not text:
        raise ReferenceFault(f"the reference is empty; write {_FORM}")
    if any(char.isspace() or not char.isprintable() for char in text):
        raise ReferenceFault(f"{text!r} holds white space or a control character; write {_FORM}")
    if "://" in text:
        scheme = text.partition("://")[0]
        raise ReferenceFault(f'"{text}" begins like a URL; write {_FORM} without "{scheme}://"')
    if _is_identifier(text):
        raise ReferenceFault(f'"{text}" is an image ID, which names no repository; write {_FORM}')


def _refuse_repository(registry: str, repository: str) -> NoReturn:
    if len(registry) + 1 + len(repository) > MAX_NAME:
        raise ReferenceFault(f'"{repository[:40]}…" is too long; a name has at most {MAX_NAME} characters')
    shown = repository.removeprefix("library/") or repository
    if shown != shown.lower() and _is_repository(repository.lower()):
        raise ReferenceFault(f'"{shown}" has upper-case letters; write {shown.lower()}')
    raise ReferenceFault(
        f'"{shown}" is no repository name; use lower-case letters and digits,'
        ' joined by ".", "_", "__" or "-", in components joined by "/"'
    )


def _refuse_tag(tag: str) -> NoReturn:
    raise ReferenceFault(
        f'"{tag}" is no tag; use at most 128 letters, digits, "_", "." and "-", not beginning with "." or "-"'
    )


def _refuse_digest(digest: str) -> NoReturn:
    raise ReferenceFault(f'"{digest}" is no digest; write sha256: and 64 lower-case hexadecimal digits')
