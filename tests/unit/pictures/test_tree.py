from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.lineage.graph import Family
from forebear.lineage.model import Base, Lineage
from forebear.lineage.reader import read
from forebear.pictures.document import document
from forebear.pictures.dot import dot
from forebear.pictures.mermaid import mermaid
from forebear.pictures.tree import tree

if TYPE_CHECKING:
    from collections.abc import Callable

TOP = "lineage: 1\nproject: firethorn\nversion: 2.1.7\nimages:\n"


def family(images: str) -> Family:
    return Family(read(f"{TOP}{images}".encode()))


def shaped(parents: dict[int, int], size: int) -> Family:
    """A family i0, i1, … in which each image starts from its parent in `parents`, else from scratch."""
    image = family("  x: {from: scratch}\n").lineage.images["x"]
    bases = {n: Base(image=f"i{parents[n]}") if n in parents else Base() for n in range(size)}
    images = {f"i{n}": replace(image, name=f"i{n}", base=base) for n, base in bases.items()}
    return Family(Lineage("p", "1.0.0", None, None, images))


def test_the_chain_of_the_design() -> None:
    chain = family(
        "  fedora: {from: docker.io/library/fedora:25}\n  tomcat: {from: fedora}\n  webapp: {from: tomcat}\n"
    )
    assert tree(chain) == (
        "fedora:25\n"
        "+-- fedora-2.1.7\n"
        "    +-- tomcat-2.1.7\n"
        "        +-- webapp-2.1.7\n"
    )  # fmt: skip


def test_what_is_not_chosen_is_a_root_at_most() -> None:
    chain = family("  a: {from: scratch}\n  b: {from: a}\n  c: {from: b}\n")
    assert tree(chain, ["c", "a"]) == "scratch\n+-- a-2.1.7\nb-2.1.7\n+-- c-2.1.7\n"
    assert tree(chain, []) == ""
    assert tree(family("  {}\n")) == ""


def test_what_is_only_used_is_no_root() -> None:
    assert tree(family("  a: {from: scratch, uses: {x: 'maven:3', y: 'maven:3'}}\n")) == (
        "scratch\n+-- a-2.1.7 (uses maven:3, maven:3)\n"
    )


def test_a_deep_chain_needs_no_recursion() -> None:
    lines = tree(shaped({n: n - 1 for n in range(1, 3000)}, 3000)).splitlines()
    assert len(lines) == 3001
    assert lines[-1] == "    " * 2999 + "+-- i2999-2.1.7"


@pytest.mark.parametrize("draw", [tree, mermaid, dot])
def test_four_thousand_images_are_drawn(draw: Callable[[Family], str]) -> None:
    many = shaped({n: (n - 1) // 3 for n in range(1, 4000)}, 4000)
    assert draw(many).count("\n") > 4000


@given(st.lists(st.integers(0, 20), max_size=12))
def test_every_image_is_one_line_below_what_it_starts_from(choices: list[int]) -> None:
    some = shaped({n: choice % n for n, choice in enumerate(choices) if n and choice % 4}, len(choices))
    above: dict[int, str] = {}
    found = {}
    for line in tree(some).splitlines():
        bars, mark, label = line.rpartition("+-- ")
        depth = len(bars) // 4 + 1 if mark else 0
        above[depth] = label
        if mark:
            found[label] = above[depth - 1]
            assert set(bars) <= {"|", " "}
    assert found == {
        f"{image.name}-2.1.7": f"{image.base.image}-2.1.7" if image.base.image else "scratch"
        for image in some.lineage.images.values()
    }


def test_the_document_has_every_edge_once() -> None:
    some = family("  a: {from: scratch}\n  b: {from: a, uses: {x: a, y: 'm:1'}}\n")
    assert list(document(some).edges) == [
        ("scratch", "a", None),
        ("a", "b", None),
        ("a", "b", "x"),
        ("docker.io/library/m:1", "b", "y"),
    ]
