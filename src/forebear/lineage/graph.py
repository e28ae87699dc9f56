"""The graph of a family; the only file that imports networkx, and that when a graph is made."""

from __future__ import annotations

from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from itertools import chain, islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from networkx import DiGraph

    from forebear.lineage.model import Lineage


class Family:
    """A lineage and its edges, from each image to those that start from it or use it.

    Its images must make no cycle; the reader lets none through. `order`, where it is known from before,
    spares the graph as long as nothing else is asked of it.
    """

    def __init__(self, lineage: Lineage, order: tuple[str, ...] | None = None) -> None:
        self.lineage = lineage
        if order is not None:
            self.__dict__["order"] = order

    @cached_property
    def _graph(self) -> DiGraph[str]:
        edges = ((parent, image.name) for image in self.lineage.images.values() for parent in image.parents)
        return _graph(self.lineage.images, edges)

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Every image after its parents; among those that could come next, the first in the file does."""
        index = {name: at for at, name in enumerate(self.lineage.images)}
        if all(index[parent] < index[name] for name in index for parent in self.parents(name)):
            return tuple(index)
        from networkx import lexicographical_topological_sort

        return tuple(lexicographical_topological_sort(self._graph, key=index.__getitem__))

    def parents(self, name: str) -> tuple[str, ...]:
        """The images of the family that it starts from and uses: `from` first."""
        return self.lineage.images[name].parents

    def children(self, name: str) -> tuple[str, ...]:
        """The images that start from it or use it, in the order of the file."""
        return tuple(self._graph.successors(name))

    def ancestors(self, name: str, depth: int | None = None) -> frozenset[str]:
        """What it is built on, at most `depth` edges away."""
        return self.with_ancestors([name], depth) - {name}

    def descendants(self, name: str, depth: int | None = None) -> frozenset[str]:
        """What is built on it, at most `depth` edges away."""
        return self.with_descendants([name], depth) - {name}

    def with_ancestors(self, names: Iterable[str], depth: int | None = None) -> frozenset[str]:
        """The images themselves and what they are built on, at most `depth` edges away."""
        return _within(self._graph.reverse(copy=False), names, depth)

    def with_descendants(self, names: Iterable[str], depth: int | None = None) -> frozenset[str]:
        """The images themselves and what is built on them, at most `depth` edges away."""
        return _within(self._graph, names, depth)

    def height(self, name: str) -> int:
        """The number of edges on the longest path from it down to an image without children."""
        return self._heights[name]

    @cached_property
    def _heights(self) -> Mapping[str, int]:
        heights: dict[str, int] = {}
        for name in reversed(self.order):
            heights[name] = max((heights[child] + 1 for child in self._graph.successors(name)), default=0)
        return heights


def find_cycle(edges: Mapping[str, Iterable[str]]) -> tuple[str, ...] | None:
    """A cycle in `edges` (each name to what it points at) as `a, b, a`; None where there is none."""
    return next(find_cycles(edges), None)


def find_cycles(edges: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, ...]]:
    """One cycle of each knot of cycles in `edges`, beginning with the name that `edges` has first."""
    targets = {name: tuple(pointed) for name, pointed in edges.items()}
    try:
        TopologicalSorter(targets).prepare()
    except CycleError:
        yield from (_cycle(targets, knot) for knot in _knots(targets))


def _knots(targets: Mapping[str, tuple[str, ...]]) -> list[set[str]]:
    """The strongly connected components that hold a cycle, in the order of `targets`."""
    from networkx import strongly_connected_components

    graph = _graph(targets, ((name, target) for name, pointed in targets.items() for target in pointed))
    rank = {name: at for at, name in enumerate(targets)}
    knots = [
        knot for knot in strongly_connected_components(graph) if len(knot) > 1 or any(n in targets[n] for n in knot)
    ]
    return sorted(knots, key=lambda knot: min(rank[name] for name in knot))


def _cycle(targets: Mapping[str, tuple[str, ...]], knot: set[str]) -> tuple[str, ...]:
    """A way round inside `knot`, whose every name points at another of it."""
    name = next(name for name in targets if name in knot)
    trail: dict[str, None] = {}
    while name not in trail:
        trail[name] = None
        name = next(target for target in targets[name] if target in knot)
    way = list(trail)[list(trail).index(name) :]
    first = way.index(next(each for each in targets if each in way))
    return (*way[first:], *way[:first], way[first])


def _graph(names: Iterable[str], edges: Iterable[tuple[str, str]]) -> DiGraph[str]:
    from networkx import DiGraph

    graph: DiGraph[str] = DiGraph()
    graph.add_nodes_from(names)
    graph.add_edges_from(edges)
    return graph


def _within(graph: DiGraph[str], names: Iterable[str], depth: int | None) -> frozenset[str]:
    from networkx import bfs_layers

    layers = bfs_layers(graph, list(dict.fromkeys(names)))
    return frozenset(chain.from_iterable(islice(layers, None if depth is None else depth + 1)))
