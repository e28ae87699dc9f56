"""Refuse a value whose line break would start a new instruction in a rendered Dockerfile.

A text is rendered a second time with the line breaks of its values hidden. Where that gives other
instructions than the first time, a value made the difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from forebear.dockerfile.lines import Lines
from forebear.dockerfile.model import DockerfileFault
from forebear.dockerfile.syntax import outline

if TYPE_CHECKING:
    from collections.abc import Iterator

# A character that nothing takes for a line break, str.splitlines included.
HIDDEN: Final = "\ue00a"


class LineBreakFault(ValueError):
    """A value starts a new instruction; `names` are those that hold a line break: vars.x."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(
            f"the value of {' or '.join(names)} holds a line break, which would start a new instruction here"
        )
        self.names = names


def marked(values: Mapping[str, object]) -> Mapping[str, object] | None:
    """The values with their line breaks hidden; None where there is none."""
    return _hide_all(values) if _broken(values) else None


def check_line_breaks(text: str, hidden: str, values: Mapping[str, object]) -> None:
    """Compare a text with one rendered from hidden line breaks. Raises LineBreakFault."""
    aligned = hidden.replace(HIDDEN, "\n") == text
    if _shape(text, aligned=aligned) != _shape(hidden, aligned=aligned):
        raise LineBreakFault(tuple(name for key in values for name in _names(f"vars.{key}", values[key])))


def _shape(text: str, *, aligned: bool) -> object:
    """The instructions by keyword and, where texts are aligned, by place."""
    try:
        found = list(outline(Lines(text)))
    except DockerfileFault as fault:
        return fault.problem
    return found if aligned else [keyword for _, keyword in found]


def _broken(value: object) -> bool:
    if isinstance(value, str):
        return "\n" in value
    if isinstance(value, Mapping):
        return any(map(_broken, value.keys())) or any(map(_broken, value.values()))
    return isinstance(value, Sequence) and any(map(_broken, value))


def _names(name: str, value: object) -> Iterator[str]:
    """The names of the values that hold a line break, those in lists and mappings too."""
    if isinstance(value, str):
        if "\n" in value:
            yield name
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _names(name, key)
            yield from _names(f"{name}.{key}".replace("\n", " "), inner)
    elif isinstance(value, Sequence):
        for index, inner in enumerate(value):
            yield from _names(f"{name}[{index}]", inner)


def _hide_all(values: Mapping[str, object]) -> Mapping[str, object]:
    return MappingProxyType({_hide_text(key): _hide(value) for key, value in values.items()})


def _hide_text(text: str) -> str:
    return text.replace("\n", HIDDEN)


def _hide(value: object) -> object:
    match value:
        case str():
            return _hide_text(value)
        case Mapping():
            return _hide_all(value)
        case Sequence():
            return tuple(_hide(inner) for inner in value)
    return value
