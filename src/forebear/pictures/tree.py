"""The tree, as a person would draw it on a slide."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from forebear.pictures.document import document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from forebear.lineage.graph import Family
    from forebear.pictures.document import Document, Inside

_Branches = dict[str, list["Inside"]]


def tree(family: Family, names: Iterable[str] | None = None) -> str:
    """The images in `names` (all without), each below what it starts from; one line each, with line breaks.

    What an image uses besides is said at the end of its line.
    """
    drawn = document(family, names)
    labels = {each.id: each.label for each in drawn.outside} | {each.name: each.label for each in drawn.images}
    return "".join(f"{line}\n" for line in _lines(drawn, labels))


def _lines(drawn: Document, labels: Mapping[str, str]) -> Iterator[str]:
    branches: _Branches = defaultdict(list)
    for image in drawn.images:
        branches[image.base].append(image)
    for root in drawn.outside:
        if root.id in branches:
            yield root.label
            yield from _below(root.id, branches, labels)


def _below(root: str, branches: _Branches, labels: Mapping[str, str]) -> Iterator[str]:
    """Without recursion: a chain can be deeper than Python's stack."""
    waiting = _branches_of(root, "", branches)
    while waiting:
        image, indent, is_last = waiting.pop()
        yield f"{indent}+-- {image.label}{_uses(image, labels)}"
        waiting += _branches_of(image.name, indent + ("    " if is_last else "|   "), branches)


def _branches_of(name: str, indent: str, branches: _Branches) -> list[tuple[Inside, str, bool]]:
    """What hangs below `name`, the first at the end, and whether it is the last of its branch."""
    images = branches.get(name, [])
    return [(image, indent, at == 0) for at, image in enumerate(reversed(images))]


def _uses(image: Inside, labels: Mapping[str, str]) -> str:
    used = ", ".join(labels[base] for _, base in image.uses)
    return f" (uses {used})" if used else ""
