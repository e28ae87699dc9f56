"""YAML bytes as nodes with places: every document of a stream, bounded, and no stricter than readers of images need."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import yaml

from forebear.pins.audit.nodes import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_DEPTH: Final = 100
MAX_DOCUMENTS: Final = 10_000

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Where a document begins: YAML 1.2.2, [203] c-directives-end, which may stand inside of no scalar ([206] c-forbidden).
_BEGINS: Final = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_DIRECTIVE: Final = re.compile(r"^%", re.MULTILINE)
# What a YAML stream may hold (YAML 1.2.2, production [1] c-printable); decoding has refused surrogates.
_UNPRINTABLE: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Unreadable(ValueError):
    """No nodes can be made of a text, from the character at `index` on."""

    def __init__(self, index: int, problem: str) -> None:
        super().__init__(problem)
        self.index = index
        self.problem = problem


def documents(text: str, hint: re.Pattern[str] | None = None) -> Iterator[Node | Unreadable]:
    """The root of each document that is not empty, or why it has none; one such does not hide the others.

    Documents in which `hint` finds nothing are left out without a look at their structure.
    """
    parts = ((start, end) for start, end in _parts(text) if hint is None or hint.search(text, start, end))
    for count, (start, end) in enumerate(parts):
        if count == MAX_DOCUMENTS:
            yield Unreadable(start, f"these are more than {MAX_DOCUMENTS} documents")
            return
        try:
            yield from _Builder(start).build(text[start:end])
        except Unreadable as why:
            yield why


def _parts(text: str) -> Iterable[tuple[int, int]]:
    starts = [] if _DIRECTIVE.search(text) else [found.start() for found in _BEGINS.finditer(text)]
    edges = [0, *(start for start in starts if start), len(text)]
    return pairwise(edges)


@dataclass(slots=True)
class _Open:
    """A collection that is being read; `key` waits for its value."""

    node: Sequence | Mapping
    key: Node | None = None


@dataclass(slots=True)
class _Builder:
    """Makes nodes of the events of a stream that begins at `base` in the text."""

    base: int
    _roots: list[Node] = field(default_factory=list)
    _open: list[_Open] = field(default_factory=list)
    _anchors: dict[str, Node] = field(default_factory=dict)

    def build(self, text: str) -> list[Node]:
        """Raises Unreadable."""
        if bad := _UNPRINTABLE.search(text):
            raise Unreadable(self.base + bad.start(), f"the character U+{ord(bad[0]):04X} is not allowed in YAML")
        try:
            self._take(yaml.parse(text, Loader=_LOADER))
        except yaml.YAMLError as error:
            raise Unreadable(*self._reason(error, text)) from None
        return self._roots

    def _take(self, events: Iterable[Any]) -> None:
        for event in events:
            match event:
                case yaml.ScalarEvent():
                    self._add(Scalar(event.value, *self._range(event), plain=not event.style), event.anchor)
                case yaml.MappingStartEvent():
                    self._start(Mapping(), event)
                case yaml.SequenceStartEvent():
                    self._start(Sequence(tag=event.tag), event)
                case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                    self._enter(self._open.pop().node)
                case yaml.AliasEvent():
                    self._alias(event)

    def _start(self, node: Sequence | Mapping, event: Any) -> None:
        if len(self._open) == MAX_DEPTH:
            raise Unreadable(self.base + event.start_mark.index, f"this is nested more than {MAX_DEPTH} deep")
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        self._open.append(_Open(node))

    def _alias(self, event: Any) -> None:
        if event.anchor not in self._anchors:
            raise Unreadable(self.base + event.start_mark.index, "no such anchor comes before this alias")
        self._enter(self._anchors[event.anchor])

    def _add(self, node: Scalar, anchor: str | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = node
        self._enter(node)

    def _enter(self, node: Node) -> None:
        if not self._open:
            self._roots.append(node)
            return
        top = self._open[-1]
        if isinstance(top.node, Sequence):
            top.node.items.append(node)
        elif top.key is None:
            top.key = node
        else:
            top.node.items.append((top.key, node))
            top.key = None

    def _range(self, event: Any) -> tuple[int, int]:
        return self.base + event.start_mark.index, self.base + event.end_mark.index

    def _reason(self, error: yaml.YAMLError, text: str) -> tuple[int, str]:
        mark = getattr(error, "problem_mark", None)
        index = len(text) if mark is None else min(mark.index, len(text))
        said = ", ".join(filter(None, (getattr(error, "context", None), getattr(error, "problem", None))))
        return self.base + index, f"this is not YAML: {said or error}"
