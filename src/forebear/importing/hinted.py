"""Puts what build files say beside the Dockerfiles that they name."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from forebear.importing.model import Hint, NamedContext, Note
from forebear.lineage.patterns import ARGUMENT, TARGET

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from forebear.importing.model import Source

_Value = TypeVar("_Value")


def hinted(
    sources: Iterable[Source], hints: Sequence[Hint], others: Collection[str]
) -> tuple[list[Source], list[Note]]:
    """The Dockerfiles with what is said of them, and what was not taken; `others` are Dockerfiles that are refused.

    Where several entries build one Dockerfile, only that counts in which they agree.
    """
    by_path: defaultdict[str, list[Hint]] = defaultdict(list)
    entries = {(each.file, each.entry): each.dockerfile for each in hints}
    for each in hints:
        by_path[each.dockerfile].append(each._replace(contexts=tuple(_resolved(each, entries))))
    notes: list[Note] = []
    found = [_with(source, by_path.pop(source.path, []), notes) for source in sources]
    missing = (each for path, some in by_path.items() if path not in others for each in some)
    notes += (Note(each.file, f"{each.entry}: there is no {each.dockerfile} to build it from") for each in missing)
    return found, notes


def _resolved(hint: Hint, entries: dict[tuple[str, str], str]) -> Iterator[NamedContext]:
    for each in hint.contexts:
        yield each._replace(path=entries.get((hint.file, each.path), "")) if each.path else each


def _with(source: Source, hints: Sequence[Hint], notes: list[Note]) -> Source:
    if not hints:
        return source
    context = _agreed("contexts", [each.context for each in hints], hints, notes) or ""
    if context and context != "." and not source.path.startswith(f"{context}/"):
        notes.append(Note(hints[0].file, f"{hints[0].entry}: {source.path} is outside of its context {context}"))
        context = ""
    target = _agreed("targets", [each.target for each in hints], hints, notes) or ""
    args = _agreed("arguments", [each.args for each in hints], hints, notes) or ()
    if unfit := [name for name, _ in args if not re.search(ARGUMENT, name)]:
        text = f"{hints[0].entry}: not taken are {', '.join(unfit)}, which no argument of a lineage is called"
        notes.append(Note(hints[0].file, text))
    return replace(
        source,
        context=context,
        target=target if re.search(TARGET, target) else "",
        args=tuple(sorted(pair for pair in args if pair[0] not in unfit)),
        images=tuple(dict.fromkeys(image for each in hints for image in each.images)),
        contexts=_agreed("named contexts", [each.contexts for each in hints], hints, notes) or (),
    )


def _agreed(what: str, values: Sequence[_Value], hints: Sequence[Hint], notes: list[Note]) -> _Value | None:
    if all(each == values[0] for each in values):
        return values[0]
    entries = ", ".join(dict.fromkeys(each.entry for each in hints))
    text = f"{entries}: not taken are the {what}, since these build {hints[0].dockerfile} with different ones"
    notes.append(Note(hints[0].file, text))
    return None
