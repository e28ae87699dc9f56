"""Moving upstreams to other tags in the text of lineage.yml, which keeps every other byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forebear.errors import Fault, InputError
from forebear.lineage.document import load
from forebear.reference import Reference, ReferenceFault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from forebear.errors import Place
    from forebear.lineage.model import Base, Lineage, Path


def retagged(data: bytes, lineage: Lineage, moves: Mapping[Reference, Reference]) -> bytes:
    """The text of lineage.yml with some upstreams moved: their tag, and their digest where one is written.

    `lineage` is what `data` declares. Raises InputError with every place where an upstream is not written plainly.
    """
    text = data.decode()
    places = load(data, lineage.file).places
    starts = _line_starts(text)
    faults: list[Fault] = []
    edits: dict[int, tuple[str, str]] = {}
    for path, upstream in _written_upstreams(lineage):
        if upstream in moves:
            place = places.value(path)
            at = starts[place.line - 1] + place.column - 1
            at += text[at : at + 1] in ("'", '"')
            written = _written(text, at, upstream)
            if written is None:
                faults.append(_unplain(place, upstream))
            else:
                edits[at] = written, _moved(written, moves[upstream])
    if faults:
        raise InputError(faults)
    for at, (old, new) in sorted(edits.items(), reverse=True):
        text = text[:at] + new + text[at + len(old) :]
    return text.encode()


def _written_upstreams(lineage: Lineage) -> Iterator[tuple[Path, Reference]]:
    for image in lineage.images.values():
        bases: list[tuple[Path, Base]] = [(("images", image.name, "from"), image.base)]
        bases += [(("images", image.name, "uses", alias), base) for alias, base in image.uses]
        yield from ((path, base.upstream) for path, base in bases if base.upstream is not None)


def _line_starts(text: str) -> list[int]:
    """Where each line begins, as YAML counts lines (YAML 1.1, 4.2, line breaks)."""
    starts = [0]
    at = 0
    while at < len(text):
        step = 2 if text.startswith("\r\n", at) else 1
        if text[at] in "\r\n\x85\u2028\u2029":
            starts.append(at + step)
        at += step
    return starts


def _written(text: str, at: int, upstream: Reference) -> str | None:
    """The text at a place, if it is the upstream's as people write it."""
    end = at
    while end < len(text) and text[end] not in " \t\r\n'\",}]#\x85\u2028\u2029":
        end += 1
    found = text[at:end]
    try:
        return found if Reference.parse(found) == upstream else None
    except ReferenceFault:
        return None


def _unplain(place: Place, upstream: Reference) -> Fault:
    action = f"write {upstream.familiar} here, then run it again"
    return Fault(place, f"{upstream.familiar} is not written out here, and cannot be moved", action)


def _moved(written: str, target: Reference) -> str:
    name, at, _ = written.partition("@")
    return f"{name.rpartition(':')[0]}:{target.tag}" + (f"@{target.digest}" if at else "")
