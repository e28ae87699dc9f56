"""The graph in Graphviz' language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forebear.pictures.document import document

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forebear.lineage.graph import Family


def dot(family: Family, names: Iterable[str] | None = None) -> str:
    """A digraph of the images in `names` (all without): what they stand on is round, uses are dashed."""
    drawn = document(family, names)
    lines = [
        f"digraph {_quoted(drawn.project)} {{",
        "    node [shape=box];",
        *(f"    {_quoted(each.id)} [label={_quoted(each.label)}, shape=ellipse];" for each in drawn.outside),
        *(f"    {_quoted(each.name)} [label={_quoted(each.label)}];" for each in drawn.images),
        *(f"    {_quoted(base)} -> {_quoted(image)}{_style(alias)};" for base, image, alias in drawn.edges),
        "}",
    ]
    return "".join(f"{line}\n" for line in lines)


def _style(alias: str | None) -> str:
    return "" if alias is None else f" [style=dashed, label={_quoted(alias)}]"


def _quoted(text: str) -> str:
    """A double-quoted ID (Graphviz, "DOT Language")."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
