"""From the plain values of YAML to the frozen values of the domain; each function raises Wrong."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from forebear.lineage import grammar, patterns
from forebear.lineage.model import Moving
from forebear.lineage.wrong import Wrong, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

FORMAT = 1


def kind(value: object) -> str:
    """What a value is, in words."""
    names = {str: "text", bool: "true or false", dict: "a mapping", list: "a list", type(None): "nothing"}
    return names.get(type(value), "a number")


def text(check: Callable[[str], T]) -> Callable[[object], T]:
    """The check of a value that has to be text."""

    def checked(value: object) -> T:
        if not isinstance(value, str):
            raise Wrong(f"this is {kind(value)}, and has to be text", _quoted(value))
        return check(value)

    return checked


def _quoted(value: object) -> str:
    return "write text" if number(value) is None else f'write "{value}"'


def number(value: object) -> int | float | None:
    """The value where it is a number, which true and false are not."""
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def whole(value: object) -> int | None:
    """The value where it is a whole number, as JSON Schema sees it: 1.0 is one too."""
    found = number(value)
    return int(found) if found is not None and found == int(found) else None


def lineage_format(value: object) -> int:
    """The number of the file's format."""
    if whole(value) != FORMAT:
        raise Wrong(f"this forebear reads format {FORMAT} of lineage.yml", f"write lineage: {FORMAT}")
    return FORMAT


def version(value: object) -> str:
    """A version; one that YAML reads as a number is told what is missing."""
    return text(grammar.version)(value if number(value) is None else str(value))


def epoch(value: object) -> int:
    """Seconds since 1970, or a time."""
    if isinstance(value, str):
        return grammar.epoch(value)
    seconds = whole(value)
    if seconds is None:
        raise Wrong(f"this is {kind(value)}, and has to be a time", "write it as 2026-11-24T00:00:00Z")
    return grammar.epoch(seconds)


def exit_code(value: object) -> int:
    """What a process can end with."""
    code = whole(value)
    if code is None or not 0 <= code <= 255:
        raise Wrong("this is not an exit code", "write a whole number from 0 to 255")
    return code


def moving(value: object) -> Moving:
    """A tag that moves."""
    if not isinstance(value, str) or value not in tuple(Moving):
        raise Wrong("this is not a tag that can move", f"write {', '.join(Moving)}, or some of them")
    return Moving(value)


def keep(value: object) -> int:
    """How many releases are kept."""
    count = whole(value)
    if count is None or count < 1:
        raise Wrong("this is not a number of releases", "write a whole number from 1")
    return count


def printed(value: object) -> str:
    """A text, or a number as it is written."""
    shown = value if number(value) is None else str(value)
    if not isinstance(shown, str):
        action = "write it in quotes" if isinstance(value, bool) else "write one text"
        raise Wrong(f"this is {kind(value)}, and has to be text or a number", action)
    if not re.fullmatch(patterns.VALUE, shown):
        raise Wrong("this holds a NUL character", "remove it")
    return shown


def distinct(each: tuple[str, ...]) -> tuple[str, ...]:
    """A list that is not empty and says nothing twice."""
    if not each:
        raise Wrong("this list is empty", "remove the key, or write what belongs there")
    if len(set(each)) < len(each):
        twice = next(one for one in each if each.count(one) > 1)
        raise Wrong(f"{shown(twice)} is here more than once", "keep one of them")
    return each


def one_source(*sources: str) -> None:
    """Of the places where a secret may be, exactly one is named."""
    if sum(map(bool, sources)) != 1:
        raise Wrong("a secret comes from one place", "write env: and a variable, or file: and a path")


def command(value: object) -> tuple[str, ...]:
    """The arguments of a command; a text is one for the shell."""
    if isinstance(value, str):
        return ("/bin/sh", "-c", _argument(value))
    if not isinstance(value, list):
        raise Wrong(f"this is {kind(value)}, and has to be a command", "write a text, or a list of arguments")
    if not value:
        raise Wrong("this command is empty", "write a text, or a list of arguments")
    return (_argument(value[0]), *(printed(each) for each in value[1:]))


def _argument(value: object) -> str:
    shown = printed(value)
    if not shown:
        raise Wrong("this command is empty", "write a text, or a list of arguments")
    return shown


def frozen_vars(value: object) -> Mapping[str, object]:
    """The values for a template, frozen all the way down."""
    if not isinstance(value, dict):
        raise Wrong(f"this is {kind(value)}, and has to be a mapping", "write keys and values, or remove it")
    return MappingProxyType({key: frozen(each) for key, each in value.items()})


def frozen(value: object) -> object:
    """A plain value with lists as tuples and mappings read-only."""
    if isinstance(value, dict):
        return frozen_vars(value)
    if isinstance(value, list):
        return tuple(frozen(each) for each in value)
    return value
