"""Whole pictures of one family that has everything. After a wanted change, look at what the golden files become."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from forebear.lineage.graph import Family
from forebear.lineage.reader import read
from forebear.lineage.selectors import select
from forebear.pictures.document import document, text
from forebear.pictures.dot import dot
from forebear.pictures.mermaid import mermaid
from forebear.pictures.tree import tree

GOLDEN = Path(__file__).parents[2] / "golden" / "pictures"
Draw = Callable[[Family, Iterable[str] | None], str]


def json(family: Family, names: Iterable[str] | None) -> str:
    return text(document(family, names))


@pytest.mark.parametrize(
    ("file", "draw", "selected"),
    [
        ("all.tree", tree, []),
        ("all.mmd", mermaid, []),
        ("all.dot", dot, []),
        ("all.json", json, []),
        ("some.tree", tree, ["tomcat+", "end"]),
        ("some.mmd", mermaid, ["tomcat+", "end"]),
        ("some.dot", dot, ["tomcat+", "end"]),
        ("some.json", json, ["tomcat+", "end"]),
    ],
)
def test_golden(file: str, draw: Draw, selected: list[str]) -> None:
    family = Family(read((GOLDEN / "lineage.yml").read_bytes()))
    names = select(family, selected) if selected else None
    assert draw(family, names) == (GOLDEN / file).read_text(encoding="utf-8")
