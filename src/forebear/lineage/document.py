"""YAML text as plain values with places: bounded in size, depth and aliases; never constructs an object."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import yaml

from forebear.errors import Fault, InputError, Place
from forebear.lineage.model import MAX_BYTES, Path, dotted
from forebear.lineage.wrong import shown
from forebear.lineage.yamltree import Marks, Stop, Tree

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# What a YAML stream may hold (YAML 1.2.2, production [1] c-printable); decoding has refused surrogates.
_UNPRINTABLE: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Document:
    """The plain values of a file (to be read only), what was wrong on the way, and where everything is."""

    data: object
    faults: tuple[Fault, ...]
    places: Places


class Places:
    """Where the keys and values of a YAML text are; found out when first asked."""

    __slots__ = ("_file", "_marks", "_text")

    def __init__(self, file: str, text: str) -> None:
        self._file, self._text = file, text
        self._marks: Marks | None = None

    def key(self, path: Path) -> Place:
        """The place of the key at `path`, or of the nearest key around it."""
        return self._place(path, self._found.keys)

    def value(self, path: Path) -> Place:
        """The place of the scalar at `path`, of the key of a collection, or of the nearest key around it."""
        return self._place(path, self._found.values)

    @property
    def _found(self) -> Marks:
        if self._marks is None:
            self._marks = Marks()
            Tree(self._file, self._marks).build(_events(self._text))
        return self._marks

    def _place(self, path: Path, marks: dict[Path, tuple[int, int]]) -> Place:
        near = path
        while near and near not in marks:
            near = near[:-1]
        line, column = marks.get(near, (1, 1))
        return Place(self._file, line, column, dotted(path))


def load(data: bytes, file: str) -> Document:
    """The document in `data`.

    Faults that leave something to read on are handed out with it. Raises InputError for the others: too
    large, not UTF-8, not YAML, nested too deeply, an alias bomb, several documents.
    """
    text = _decoded(data, file)
    tree = Tree(file)
    try:
        tree.build(_events(text))
    except Stop as stop:
        raise InputError([*tree.faults, stop.fault]) from None
    except yaml.YAMLError as error:
        raise InputError([*tree.faults, _syntax_fault(error, file, text)]) from None
    places = Places(file, text)
    return Document(tree.root, (*tree.faults, *_duplicate_faults(tree, places)), places)


def _duplicate_faults(tree: Tree, places: Places) -> Iterator[Fault]:
    for path, (line, column) in tree.duplicates:
        first = places.key(path)
        problem = f"the key {shown(str(path[-1]))} is here a second time, after line {first.line}"
        yield Fault(replace(first, line=line, column=column), problem, "keep one of them")


def _events(text: str) -> Iterator[yaml.Event]:
    return yaml.parse(text, Loader=_LOADER)


def _decoded(data: bytes, file: str) -> str:
    if len(data) > MAX_BYTES:
        problem = f"the file is larger than {MAX_BYTES >> 20} MiB"
        raise InputError([Fault(Place(file), problem, "is this a lineage.yml?")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = _place_at(data[: error.start].decode("utf-8", "replace"), file)
        raise InputError([Fault(place, f"byte 0x{data[error.start]:02x} is not UTF-8", "save it as UTF-8")]) from None
    if bad := _UNPRINTABLE.search(text):
        place = _place_at(text[: bad.start()], file)
        raise InputError([Fault(place, f"the character U+{ord(bad[0]):04X} is not allowed in YAML", "remove it")])
    return text


def _place_at(before: str, file: str) -> Place:
    return Place(file, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)


def _syntax_fault(error: yaml.YAMLError, file: str, text: str) -> Fault:
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return Fault(Place(file), f"this is not YAML: {error}", "correct it")
    line = "".join(text.splitlines()[mark.line : mark.line + 1])
    indent, tab, _ = line[: len(line) - len(line.lstrip())].partition("\t")
    if tab:
        place = Place(file, mark.line + 1, len(indent) + 1)
        return Fault(place, "a tab, which YAML does not allow for indentation", "use spaces")
    return Fault(Place(file, mark.line + 1, mark.column + 1), *_reason(error))


def _reason(error: Any) -> tuple[str, str]:
    """What the parser says, and where to look."""
    said = ", ".join(part for part in (error.context, error.problem) if part)
    begun = error.context_mark.line if error.context_mark else error.problem_mark.line
    here = begun == error.problem_mark.line
    return (
        f"this is not YAML: {said}",
        "look at this line and the one before" if here else f"look from line {begun + 1} on",
    )
