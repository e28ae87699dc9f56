"""Read `RUN --mount=…` as far as it names an image or a stage."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from forebear.dockerfile.model import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

# RFC 4180 fields, as Go's encoding/csv reads one line of them.
_FIELD: Final = re.compile(r'"((?:[^"]|"")*)"(?=,|\Z)|([^",]*)(?=,|\Z)')
_ALONE: Final = frozenset({"readonly", "ro", "readwrite", "rw", "required"})
_VALUED: Final = frozenset({"type", "from", "source", "src", "target", "dst", "destination"})
_KEYS: Final = _ALONE | _VALUED | {"size", "id", "sharing", "mode", "uid", "gid", "env"}
_TYPES: Final = frozenset({"bind", "cache", "tmpfs", "secret", "ssh"})


def source_of(mount: str) -> tuple[int, int] | None:
    """Where in the value of a --mount flag the name behind `from=` is; None without one.

    Raises Malformed for what BuildKit refuses in any mount.
    """
    found: tuple[int, int] | None = None
    secret = False
    for start, field in _fields(mount):
        key, equals, value = field.partition("=")
        key = key.lower()
        _check(key, value if equals else None, field)
        secret |= key == "type" and value.lower() == "secret"
        if key == "from":
            begin = start + len(field) - len(value)
            found = (begin, begin + len(value)) if value else None
    if secret and found:
        raise Malformed("a secret mount has no from")
    return found


def _fields(mount: str) -> Iterator[tuple[int, str]]:
    position = 0
    while position <= len(mount):
        field = _FIELD.match(mount, position)
        if field is None:
            raise Malformed(f'the mount "{mount[:80]}" is no list of comma-separated fields')
        group = 1 if field[1] is not None else 2
        yield field.start(group), field[group]
        position = field.end() + 1


def _check(key: str, value: str | None, field: str) -> None:
    if key not in _KEYS:
        raise Malformed(f'a mount has no "{field[:40]}"')
    if value is None and key not in _ALONE:
        raise Malformed(f'"{field[:40]}" in a mount needs a value')
    if key == "from" and "$" in (value or "")[:-1]:
        raise Malformed("from= in a mount takes no variable; name a stage that is FROM the image instead")
    if key == "type" and value is not None and "$" not in value and value.lower() not in _TYPES:
        raise Malformed(f'a mount is not of the type "{value[:40]}"')
