"""The graph as a Mermaid flowchart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forebear.pictures.document import document

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forebear.lineage.graph import Family


def mermaid(family: Family, names: Iterable[str] | None = None) -> str:
    """A flowchart of the images in `names` (all without): what they stand on is round, uses are dashed.

    Nodes are called n0, n1, …, since Mermaid gives some words, such as `end`, a meaning.
    """
    drawn = document(family, names)
    known = [each.id for each in drawn.outside] + [each.name for each in drawn.images]
    nodes = {name: f"n{at}" for at, name in enumerate(known)}
    lines = [
        "flowchart TD",
        *(f"    {nodes[each.id]}([{_quoted(each.label)}])" for each in drawn.outside),
        *(f"    {nodes[each.name]}[{_quoted(each.label)}]" for each in drawn.images),
        *(f"    {nodes[base]} {_arrow(alias)} {nodes[image]}" for base, image, alias in drawn.edges),
    ]
    return "".join(f"{line}\n" for line in lines)


def _arrow(alias: str | None) -> str:
    return "-->" if alias is None else f"-.->|{_quoted(alias)}|"


def _quoted(text: str) -> str:
    """In quotes, with Mermaid's own entities (its documentation, "Flowcharts", "Entity codes to escape")."""
    return '"' + text.replace("#", "#35;").replace('"', "#quot;") + '"'
