"""Read the values of `RUN --mount=…`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from forebear.dockerfile.model import Malformed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# RFC 4180 fields, as Go's encoding/csv reads one line of them.
_FIELD: Final = r'"((?:[^"]|"")*)"(?=,|\Z)|([^",]*)(?=,|\Z)'
_TRUTH: Final = frozenset("1 t T TRUE true True 0 f F FALSE false False".split())  # noqa: SIM905 - a list of words
_BOOLEAN: Final = frozenset({"readonly", "ro", "readwrite", "rw", "required"})
_FREE: Final = frozenset({"from", "source", "src", "target", "dst", "destination", "id", "env"})
_FORMS: Final = {
    "type": "(?i:bind|cache|tmpfs|secret|ssh)",
    "sharing": "(?i:shared|private|locked)",
    "size": r"[0-9]+(?:\.[0-9]*)? ?(?:[kmgtpKMGTP](?:i?[bB])?|[bB])?",
    "mode": "[0-7]{1,11}",
    "uid": "[0-9]{1,10}",
    "gid": "[0-9]{1,10}",
}
_ALLOWED: Final = {
    "required": {"secret", "ssh"},
    "size": {"tmpfs"},
    "sharing": {"cache"},
    "mode": {"secret", "ssh", "cache"},
    "uid": {"secret", "ssh", "cache"},
    "gid": {"secret", "ssh", "cache"},
}


def source_of(mount: str) -> tuple[int, int] | None:
    """Where in the value of a --mount flag the name behind `from=` is; None without one.

    Raises Malformed for what BuildKit refuses in every stage.
    """
    found: tuple[int, int] | None = None
    for start, field in _fields(mount):
        key, _, value = field.partition("=")
        if key.lower() == "from":
            if "$" in value[:-1]:
                raise Malformed("from= in a mount takes no variable; name a stage that is FROM the image instead")
            begin = start + len(field) - len(value)
            found = (begin, begin + len(value)) if value else None
    return found


def kind_of(mount: str) -> str:
    """The type of a mount in lower case, as far as it is written without variables. Raises Malformed."""
    pairs = [field.partition("=") for _, field in _fields(mount)]
    return next((value.lower() for key, _, value in reversed(pairs) if key.lower() == "type"), "bind")


def secret_of(mount: str) -> str:
    """The id of the secret that a mount of that type gives, as far as it is written without variables.

    Without one it is the last part of the target (Dockerfile reference, "RUN --mount=type=secret"). Raises Malformed.
    """
    values = {key.lower(): value for key, _, value in (field.partition("=") for _, field in _fields(mount))}
    named = next((values[key] for key in ("id", "source", "src") if values.get(key)), "")
    target = next((values[key] for key in ("target", "dst", "destination") if values.get(key)), "")
    return named or target.rpartition("/")[2]


def check_mount(mount: str, literal: Callable[[str], str | None]) -> None:
    """Raise Malformed for what BuildKit refuses in a stage that it builds.

    `literal` gives a value as it will be, None where that depends on variables.
    """
    values = {key: value for _, field in _fields(mount) for key, value in [_checked(field, literal)]}
    kind = values.get("type", "bind")
    if kind is None:
        return
    for key in values.keys() & _ALLOWED.keys():
        if kind.lower() not in _ALLOWED[key]:
            raise Malformed(f"a mount of the type {kind} has no {key}")
    if kind.lower() == "secret":
        _check_secret(values)


def _fields(mount: str) -> Iterator[tuple[int, str]]:
    position, pattern = 0, re.compile(_FIELD)
    while position <= len(mount):
        field = pattern.match(mount, position)
        if field is None:
            raise Malformed(f'the mount "{mount[:80]}" is no list of comma-separated fields')
        group = 1 if field[1] is not None else 2
        yield field.start(group), field[group]
        position = field.end() + 1


def _checked(field: str, literal: Callable[[str], str | None]) -> tuple[str, str | None]:
    key, equals, value = field.partition("=")
    key = key.lower()
    if key not in _FREE and key not in _FORMS and key not in _BOOLEAN:
        raise Malformed(f'a mount has no "{field[:40]}"')
    if not equals:
        if key not in _BOOLEAN:
            raise Malformed(f'"{field[:40]}" in a mount needs a value')
        return key, "true"
    actual = literal(value)
    if actual is not None and not _fits(key, actual):
        raise Malformed(f'"{actual[:40]}" is no value for {key} in a mount')
    return key, actual


def _fits(key: str, value: str) -> bool:
    if key in _BOOLEAN:
        return value in _TRUTH
    form = _FORMS.get(key)
    return form is None or re.fullmatch(form, value) is not None


def _check_secret(values: dict[str, str | None]) -> None:
    if values.get("from", ""):
        raise Malformed("a mount of the type secret has no from")
    names = values.keys() & {"source", "src", "target", "dst", "destination", "id"}
    if not any(values[name] != "" for name in names):
        raise Malformed("a mount of the type secret needs an id or a target")
    if values.get("id") and (values.get("source") or values.get("src")):
        raise Malformed("a mount of the type secret has an id or a source, not both")
