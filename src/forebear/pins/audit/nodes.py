"""What a YAML text is made of, each piece with the characters that it takes; and how to get at its pieces.

Every look-up takes time in proportion to the text, whatever its aliases repeat: a node is visited once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ANY: Final = "*"
"""In a path: every value of a mapping, every item of a sequence."""

MAX_MERGED: Final = 64
"""The mappings that one mapping may merge; those beyond are not looked at."""

_MERGE: Final = "<<"


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """A value as YAML understands it; `start` and `end` are offsets of all that it takes, in characters."""

    text: str
    start: int
    end: int
    plain: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """A list; `tag` is what says how to take it, as `!reference` does."""

    items: list[Node] = field(default_factory=list)
    tag: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Mapping:
    """A mapping, its keys in file order and as often as they are written; `known` is its index, once it was used."""

    items: list[tuple[Node, Node]] = field(default_factory=list)
    known: dict[str, list[Node]] = field(default_factory=dict)

    @property
    def index(self) -> dict[str, list[Node]]:
        """The values that are written under each key, most often one."""
        if not self.known:
            for key, value in self.items:
                if isinstance(key, Scalar):
                    self.known.setdefault(key.text, []).append(value)
        return self.known


Node = Scalar | Sequence | Mapping


def pairs(node: Node) -> Iterator[tuple[str, Node]]:
    """The keys and values of a mapping, then what `<<` merges into it (yaml.org/type/merge); else nothing.

    A key that is written twice comes twice: which of the two counts, readers of YAML do not agree on.
    """
    seen = {_MERGE}
    for one in _merged(node):
        new = [(key, values) for key, values in one.index.items() if key not in seen]
        yield from ((key, value) for key, values in new for value in values)
        seen.update(one.index)


def own_pairs(mapping: Mapping) -> Iterator[tuple[str, Node]]:
    """The keys and values of a mapping without those that are merged into it."""
    return ((key.text, value) for key, value in mapping.items if isinstance(key, Scalar))


def at(node: Node | None, *path: str) -> list[Node]:
    """What is at a path of keys and ANY, each node once however many aliases lead to it."""
    found = [] if node is None else [node]
    for step in path:
        found = _once(each for one in found for each in (_children(one) if step == ANY else _values(one, step)))
    return found


def scalars(node: Node | None, *path: str) -> list[Scalar]:
    """The scalars at a path."""
    return [one for one in at(node, *path) if isinstance(one, Scalar)]


def scalar(node: Node | None, *path: str) -> Scalar | None:
    """The first scalar at a path."""
    return next(iter(scalars(node, *path)), None)


def mappings(root: Node) -> Iterator[Mapping]:
    """Every mapping in a tree, once, in file order."""
    seen, rest = {id(root)}, [root]
    while rest:
        node = rest.pop()
        if isinstance(node, Mapping):
            yield node
        new = [one for one in _once(_written_below(node)) if id(one) not in seen]
        seen.update(map(id, new))
        rest += reversed(new)


def _written_below(node: Node) -> Iterable[Node]:
    if isinstance(node, Mapping):
        return (value for _, value in node.items)
    return node.items if isinstance(node, Sequence) else ()


def _children(node: Node) -> Iterable[Node]:
    return node.items if isinstance(node, Sequence) else (value for _, value in pairs(node))


def _values(node: Node, key: str) -> list[Node]:
    return next((one.index[key] for one in _merged(node) if key in one.index), [])


def _merged(node: Node) -> Iterator[Mapping]:
    """A mapping and those that are merged into it, the nearest first."""
    return islice(_merging(node), MAX_MERGED)


def _merging(node: Node) -> Iterator[Mapping]:
    seen: set[int] = set()
    rest = [node]
    while rest:
        one = rest.pop()
        if isinstance(one, Mapping) and id(one) not in seen:
            seen.add(id(one))
            yield one
            merged = one.index.get(_MERGE, ())
            lists = (value.items[:MAX_MERGED] if isinstance(value, Sequence) else [value] for value in merged)
            rest += reversed([each for some in lists for each in some])


def _once(nodes: Iterable[Node]) -> list[Node]:
    return list({id(node): node for node in nodes}.values())
