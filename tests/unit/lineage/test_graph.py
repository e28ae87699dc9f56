from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.lineage.graph import Family, find_cycle, find_cycles
from forebear.lineage.model import Base, Lineage

from .texts import lineage

if TYPE_CHECKING:
    from collections.abc import Callable

DIAMOND = """\
  webapp: {from: tomcat, uses: {assets: assets, again: tomcat}}
  fedora: {from: 'fedora:25'}
  tomcat: {from: fedora}
  alone: {from: scratch}
  assets: {from: fedora, uses: {tool: alone}}
"""


@pytest.fixture
def family() -> Family:
    return Family(lineage(DIAMOND))


def test_parents_come_first_and_else_the_order_of_the_file(family: Family) -> None:
    assert family.order == ("fedora", "tomcat", "alone", "assets", "webapp")


def test_neighbours(family: Family) -> None:
    assert family.parents("webapp") == ("tomcat", "assets")
    assert family.parents("fedora") == ()
    assert family.children("fedora") == ("tomcat", "assets")
    assert family.children("webapp") == ()


def test_near_and_far(family: Family) -> None:
    assert family.ancestors("webapp") == {"tomcat", "assets", "fedora", "alone"}
    assert family.ancestors("webapp", 1) == {"tomcat", "assets"}
    assert family.ancestors("webapp", 0) == frozenset()
    assert family.descendants("fedora") == {"tomcat", "assets", "webapp"}
    assert family.descendants("alone", 1) == {"assets"}
    assert family.with_ancestors(["tomcat", "alone"]) == {"tomcat", "alone", "fedora"}
    assert family.with_descendants([]) == frozenset()


def test_heights(family: Family) -> None:
    assert {name: family.height(name) for name in family.order} == {
        "fedora": 2,
        "tomcat": 1,
        "alone": 2,
        "assets": 1,
        "webapp": 0,
    }


SHAPES: dict[str, Callable[[int], int]] = {
    "chain": lambda n: n - 1,
    "star": lambda _: 0,
    "tree": lambda n: (n - 1) // 3,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_five_thousand_images_in_a_row_or_under_one_parent(shape: str) -> None:
    template = next(iter(lineage("  i0: {from: scratch}\n").images.values()))
    names = [f"i{n}" for n in range(5000)]
    images = {names[0]: template} | {
        name: replace(template, name=name, base=Base(image=names[SHAPES[shape](n)]))
        for n, name in enumerate(names)
        if n
    }
    family = Family(Lineage("p", "1.0.0", None, None, images))
    assert len(family.order) == 5000
    assert family.height("i0") == {"chain": 4999, "star": 1, "tree": 8}[shape]
    assert len(family.descendants("i0")) == 4999


edges = st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdef"), max_size=3)).map(
    lambda found: {name: found.get(name, []) for name in "abcdef"}
)


@given(edges)
def test_a_cycle_is_one_and_is_found_when_there_is_one(found: dict[str, list[str]]) -> None:
    cycles = list(find_cycles(found))
    assert find_cycle(found) == (cycles[0] if cycles else None)
    for cycle in cycles:
        assert cycle[0] == cycle[-1] == min(cycle)
        assert len(set(cycle)) == len(cycle) - 1
        assert all(target in found[name] for name, target in pairwise(cycle))
    if not cycles:
        done: set[str] = set()
        for _ in found:
            done |= {name for name, targets in found.items() if set(targets) <= done}
        assert done == set(found)


def test_every_knot_has_its_cycle() -> None:
    found = {"a": ["b"], "b": ["a", "c"], "c": ["d"], "d": ["c", "d"], "e": ["e"], "f": ["a"]}
    assert list(find_cycles(found)) == [("a", "b", "a"), ("c", "d", "c"), ("e", "e")]


def test_a_long_cycle_needs_no_recursion() -> None:
    found = {str(n): [str((n + 1) % 5000)] for n in range(5000)}
    cycle = find_cycle(found)
    assert cycle is not None
    assert (len(cycle), cycle[:2], cycle[-1]) == (5001, ("0", "1"), "0")


@st.composite
def families(draw: st.DrawFn) -> Family:
    """Any small family, declared in any order."""
    entries = []
    names: list[str] = []
    for name in draw(st.permutations("abcdefg")):
        bases = draw(st.lists(st.sampled_from(names), max_size=3)) if names else []
        first, uses = bases[0] if bases else "scratch", {f"u{n}": base for n, base in enumerate(bases[1:])}
        entries.append(f"  {name}: {{from: {first}, uses: {{{', '.join(f'{k}: {v}' for k, v in uses.items())}}}}}\n")
        names.append(name)
    return Family(lineage("".join(draw(st.permutations(entries)))))


@given(families())
def test_the_order_respects_every_edge_and_else_the_file(family: Family) -> None:
    declared = list(family.lineage.images)
    done: list[str] = []
    assert sorted(family.order) == sorted(declared)
    for name in family.order:
        ready = [each for each in declared if each not in done and set(family.parents(each)) <= set(done)]
        assert name == ready[0]
        done.append(name)


@given(families())
def test_ancestors_descendants_and_heights_fit_together(family: Family) -> None:
    for name in family.order:
        parents, children = family.parents(name), family.children(name)
        assert all(name in family.children(parent) for parent in parents)
        assert family.ancestors(name) == set(parents).union(*map(family.ancestors, parents))
        assert family.descendants(name) == set(children).union(*map(family.descendants, children))
        assert family.height(name) == max((family.height(child) + 1 for child in children), default=0)
        assert family.ancestors(name, 1) == set(parents)
