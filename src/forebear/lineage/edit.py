"""Changes of lineage.yml in place: values are set and keys added, and no other byte changes."""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml

from forebear.errors import Fault, InputError
from forebear.lineage.document import load
from forebear.lineage.scalars import plain
from forebear.lineage.wrong import Wrong, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from forebear.errors import Place
    from forebear.lineage.document import Document
    from forebear.lineage.model import Path

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# YAML 1.1, which the parser reads: b-char and the pair of DOS.
_BREAK: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
# What is one plain scalar in block and flow alike, whatever follows it.
_PLAIN: Final = re.compile(r"[A-Za-z0-9/_.](?:[A-Za-z0-9/_.+@-]|:(?=[A-Za-z0-9/_.+@-]))*")
# In double quotes a reader folds breaks, and may refuse what is not printable (YAML 1.2.2, [1] and [107]).
_ESCAPED: Final = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_BY_HAND: Final = "change it by hand"


@dataclass(frozen=True, slots=True)
class Edit:
    """A value that a key path is to have: text, or a whole number.

    With `add`, a key that its mapping does not write itself is added, behind the first of the keys `after` that is
    there and has its value on one line.
    """

    path: Path
    value: str | int
    add: bool = False
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Patch:
    """What stands in the text from `start` to `end`, in place of what stood there."""

    start: int
    end: int
    text: str


def edited(data: bytes, edits: Sequence[Edit], file: str = "lineage.yml") -> bytes:
    """`data`, a file in UTF-8, with its values changed; comments, order, quotes and line ends stay.

    The result is read again, and differs from what was read by the edits alone. Raises InputError for a file that
    cannot be read, and for each edit that cannot be made so: no such key, a collection, a value on several lines, one
    that an anchor, an alias or << shares with another key.
    """
    document = load(data, file)
    if document.faults:
        raise InputError(document.faults)
    patches = _Text(data.decode("utf-8-sig"), document).patches(edits)
    made = _marked(data) + _patched(data.decode("utf-8-sig"), patches).encode()
    _compare(document, edits, made, file)
    return made


def _marked(data: bytes) -> bytes:
    return BOM_UTF8 if data.startswith(BOM_UTF8) else b""


def _patched(text: str, patches: Sequence[_Patch]) -> str:
    parts, done = [], 0
    for patch in sorted(patches, key=lambda patch: patch.start):
        parts += [text[done : patch.start], patch.text]
        done = patch.end
    return "".join([*parts, text[done:]])


def _compare(before: Document, edits: Sequence[Edit], made: bytes, file: str) -> None:
    wanted = before.data
    for edit in edits:
        wanted = _with(wanted, edit.path, edit.value)
    try:
        after = load(made, file)
    except InputError:
        after = None
    if after is None or after.faults or after.data != wanted:
        places = (before.places.value(edit.path) for edit in edits)
        raise InputError([_refusal(place, "it is written in an unusual way") for place in places])


def _with(data: Any, path: Path, value: str | int) -> Any:
    """The values with another one at a path; what aliases share stays as it was elsewhere."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(data, list):
        return [_with(each, rest, value) if at == step else each for at, each in enumerate(data)]
    return {**data, step: _with(data.get(step), rest, value)}


def _refusal(place: Place, why: str) -> Fault:
    return Fault(place, f"this cannot be changed in place: {why}", _BY_HAND)


class _Text:
    """A text and its nodes; the node of an alias is that of its anchor."""

    def __init__(self, text: str, document: Document) -> None:
        self._text, self._places = text, document.places
        self._root: yaml.Node = _composed(text, document)
        self._shared = set(_repeated(self._root))

    def patches(self, edits: Sequence[Edit]) -> list[_Patch]:
        """How to make the edits, or InputError with what is in the way of each."""
        faults, patches = [], []
        for edit in edits:
            try:
                patches.append(self._patch(edit))
            except Wrong as wrong:
                faults.append(_refusal(self._places.value(edit.path), str(wrong)))
        if faults:
            raise InputError(faults)
        return patches

    def _patch(self, edit: Edit) -> _Patch:
        """Raises Wrong where that cannot be."""
        node, found = self._root, edit.path[:0]
        for step in edit.path:
            following = _child(node, step)
            if following is None and edit.add and found == edit.path[:-1] and isinstance(node, yaml.MappingNode):
                return self._addition(node, edit)
            node, found = self._own(following, node, step), (*found, step)
        return self._replacement(node, edit.value)

    def _own(self, node: yaml.Node | None, parent: yaml.Node, step: str | int) -> yaml.Node:
        if node is None:
            merges = _child(parent, "<<") is not None
            raise Wrong("it comes from what << merges" if merges else f"there is no {shown(str(step))}")
        if id(node) in self._shared:
            raise Wrong("an anchor and an alias share it with another key")
        return node

    def _replacement(self, node: yaml.Node, value: str | int) -> _Patch:
        start, end = _span(node)
        if not isinstance(node, yaml.ScalarNode):
            raise Wrong("it is a collection")
        if node.style in ("|", ">") or _BREAK.search(self._text, start, end):
            raise Wrong("it is on several lines")
        if self._text[start : start + 1] in ("&", "!"):
            raise Wrong("it has an anchor")
        return _Patch(start, end, f"{'' if start < end else ' '}{_scalar(value, node.style)}")

    def _addition(self, mapping: yaml.MappingNode, edit: Edit) -> _Patch:
        entry = f"{_scalar(str(edit.path[-1]))}: {_scalar(edit.value)}"
        behind = self._sibling(mapping, edit.after)
        if mapping.flow_style:
            start = behind if behind is not None else _span(mapping)[0] + 1
            return _Patch(start, start, entry if behind is None else f", {entry}")
        key = mapping.value[0][0]
        indent, newline = " " * key.start_mark.column, self._newline()
        if behind is None:
            start = _span(key)[0]
            return _Patch(start, start, f"{entry}{newline}{indent}")
        rest = _BREAK.search(self._text, behind)
        start = rest.start() if rest else len(self._text)
        return _Patch(start, start, f"{newline}{indent}{entry}")

    def _sibling(self, mapping: yaml.MappingNode, after: Sequence[str]) -> int | None:
        """Where the value ends that a new entry comes behind."""
        values = {key.value: value for key, value in mapping.value}
        for key in (*(key for key in after if key in values), *values):
            start, end = _span(values[key])
            scalar = isinstance(values[key], yaml.ScalarNode) and values[key].style not in ("|", ">")
            if scalar and id(values[key]) not in self._shared and not _BREAK.search(self._text, start, end):
                return end
        return None

    def _newline(self) -> str:
        first = _BREAK.search(self._text)
        return first[0] if first else "\n"


def _composed(text: str, document: Document) -> Any:
    try:
        return yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        problem = str(getattr(error, "problem", error))
        raise InputError([_refusal(document.places.value(()), problem)]) from error


def _repeated(root: yaml.Node) -> Iterator[int]:
    """The ids of the nodes that several places have."""
    seen: set[int] = set()
    open_nodes = [root]
    while open_nodes:
        node = open_nodes.pop()
        if id(node) in seen:
            yield id(node)
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            open_nodes += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            open_nodes += node.value


def _child(node: yaml.Node, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and 0 <= step < len(node.value):
        found: yaml.Node = node.value[step]
        return found
    return None


def _span(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.index, node.end_mark.index


def _scalar(value: str | int, style: str | None = None) -> str:
    """A value as a scalar on one line, in the style that one had before, where it can be."""
    if isinstance(value, int):
        return str(value)
    if style == "'" and value.isprintable():
        return f"'{value.replace(chr(39), chr(39) * 2)}'"
    if not style and _stays(value):
        return value
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))


def _stays(value: str) -> bool:
    """Whether a text is itself when it is written without quotes."""
    try:
        return _PLAIN.fullmatch(value) is not None and plain(value) == value
    except Wrong:
        return False
