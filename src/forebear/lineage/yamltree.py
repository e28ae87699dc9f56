"""YAML events into plain values: iteratively, with a bound on depth and on what aliases repeat."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import yaml

from forebear.errors import Fault, Place
from forebear.lineage.model import Path, dotted
from forebear.lineage.scalars import plain
from forebear.lineage.wrong import Wrong, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_DEPTH: Final = 32
MAX_VALUES: Final = 1_000_000  # what an alias repeats counts each time

Spot = tuple[int, int]  # line and column, from 1


@dataclass(slots=True)
class Marks:
    """Where every key and every value is; a collection is where its key is."""

    keys: dict[Path, Spot] = field(default_factory=dict)
    values: dict[Path, Spot] = field(default_factory=dict)


class Stop(Exception):
    """A fault after which nothing can be read."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


@dataclass(slots=True)
class _Collection:
    """A mapping or sequence: how many values it stands for, how deep it is, and what is being read of it."""

    value: Any
    anchor: str | None
    is_mapping: bool
    size: int = 1
    depth: int = 0
    key: str | None = None
    key_spot: Spot = (0, 0)
    merging: bool = False
    merged: list[Any] = field(default_factory=list)


class Tree:
    """Builds one document into `root`; `faults` and `duplicates` (key paths) say what was wrong.

    With `marks`, notes where everything is. Of two equal keys the first counts.
    """

    def __init__(self, file: str, marks: Marks | None = None) -> None:
        self.root: object = None
        self.faults: list[Fault] = []
        self.duplicates: list[tuple[Path, Spot]] = []
        self._file = file
        self._marks = marks
        self._open: list[_Collection] = []
        self._anchors: dict[str, tuple[Any, int, int] | None] = {}
        self._values = 0
        self._words: set[str] = set()  # keys that are known to be text
        self._documents = 0

    def build(self, events: Iterable[Any]) -> None:
        """Take all events of one stream. Raises Stop, and yaml.YAMLError where the parser does."""
        handlers = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._start,
            yaml.SequenceStartEvent: self._start,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }
        for event in events:
            handler = handlers.get(type(event))
            if handler is not None:
                handler(event)

    def _document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            raise self._stop(event, "a second document begins here", "keep one document in the file")

    def _scalar(self, event: Any) -> None:
        top = self._open[-1] if self._open else None
        if top is not None and top.is_mapping and top.key is None:
            self._key(top, event)
            return
        value = self._plain(event) if event.implicit[0] else event.value
        if event.tag is not None:
            self._refuse_tag(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1, 0)
        self._add(event, value, 1, 0)

    def _plain(self, event: Any) -> object:
        try:
            return plain(event.value)
        except Wrong as wrong:
            self._fault(event, wrong.problem, wrong.action)
            return event.value

    def _key(self, top: _Collection, event: Any) -> None:
        top.key, top.key_spot = event.value, _spot(event)
        top.merging = event.implicit[0] and event.value == "<<"
        if event.implicit[0] and event.value not in self._words:
            self._check_key(event)
        if self._marks is not None:
            self._marks.keys.setdefault(self._path(), top.key_spot)

    def _check_key(self, event: Any) -> None:
        self._words.add(event.value)
        try:
            is_text = isinstance(plain(event.value), str)
        except Wrong:
            is_text = False
        if not is_text:
            self._fault(event, f"the key {shown(event.value)} is not text", f'write "{shown(event.value)}"')

    def _start(self, event: Any) -> None:
        self._refuse_as_key(event)
        if len(self._open) >= MAX_DEPTH:
            raise self._stop(event, f"nested more than {MAX_DEPTH} deep", "make it flatter")
        if event.tag is not None:
            self._refuse_tag(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        is_mapping = type(event) is yaml.MappingStartEvent
        self._note(event, is_collection=True)
        self._open.append(_Collection({} if is_mapping else [], event.anchor, is_mapping))

    def _end(self, event: Any) -> None:
        done = self._open.pop()
        for other in done.merged:
            self._merge(event, done.value, other)
        if done.anchor is not None:
            self._anchors[done.anchor] = (done.value, done.size, done.depth)
        self._add(event, done.value, done.size, done.depth)

    def _alias(self, event: Any) -> None:
        self._refuse_as_key(event)
        if event.anchor not in self._anchors:
            raise self._stop(event, f"no anchor &{shown(event.anchor)} comes before this alias", "write the value out")
        known = self._anchors[event.anchor]
        if known is None:
            raise self._stop(event, f"the alias *{shown(event.anchor)} is inside what it names", "write the value out")
        value, size, depth = known
        if len(self._open) + depth > MAX_DEPTH:
            raise self._stop(event, f"nested more than {MAX_DEPTH} deep", "make it flatter")
        self._add(event, value, size, depth)

    def _add(self, event: Any, value: Any, size: int, depth: int) -> None:
        self._values += size if isinstance(event, yaml.AliasEvent) else 1
        if self._values > MAX_VALUES:
            raise self._stop(event, f"more than {MAX_VALUES} values, with what aliases repeat", "make it smaller")
        if not self._open:
            self.root = value
            return
        top = self._open[-1]
        top.size += size
        if depth >= top.depth:
            top.depth = depth + 1
        self._note(event)
        if not top.is_mapping:
            top.value.append(value)
            return
        self._enter(top, value)
        top.key = None

    def _enter(self, top: _Collection, value: Any) -> None:
        if top.merging:
            top.merged += value if isinstance(value, list) else [value]
        elif top.key in top.value:
            self.duplicates.append((self._path(), top.key_spot))
        else:
            top.value[top.key] = value

    def _merge(self, event: Any, into: dict[str, Any], other: object) -> None:
        if not isinstance(other, dict):
            self._fault(event, "<< merges something that is not a mapping", "merge an alias of a mapping")
            return
        for key, value in other.items():
            into.setdefault(key, value)

    def _note(self, event: Any, *, is_collection: bool = False) -> None:
        if self._marks is None:
            return
        top = self._open[-1] if self._open else None
        spot = top.key_spot if is_collection and top is not None and top.is_mapping else _spot(event)
        path = self._path()
        self._marks.values.setdefault(path, spot)
        self._marks.keys.setdefault(path, spot)

    def _refuse_as_key(self, event: Any) -> None:
        if self._open and self._open[-1].is_mapping and self._open[-1].key is None:
            raise self._stop(event, "a key has to be text", "write a word")

    def _refuse_tag(self, event: Any) -> None:
        self._fault(event, f"the tag {shown(event.tag)} is not part of the format", "remove it; quote what is text")

    def _path(self) -> Path:
        steps = (len(each.value) if not each.is_mapping else each.key for each in self._open)
        return tuple(step for step in steps if step is not None)

    def _place(self, event: Any) -> Place:
        return Place(self._file, *_spot(event), dotted(self._path()))

    def _fault(self, event: Any, problem: str, action: str) -> None:
        self.faults.append(Fault(self._place(event), problem, action))

    def _stop(self, event: Any, problem: str, action: str) -> Stop:
        return Stop(Fault(self._place(event), problem, action))


def _spot(event: Any) -> Spot:
    return event.start_mark.line + 1, event.start_mark.column + 1
