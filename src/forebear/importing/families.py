"""Near-equal Dockerfiles: which may share a template, and what differs between them, as `vars`."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from forebear.importing.wording import Word, template

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MAX_VARS: Final = 6
"""How many values may differ in Dockerfiles that share a template."""
_TRIED: Final = 20
_IDENTIFIER: Final = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(slots=True)
class Cluster:
    """Dockerfiles of one form; `differing` are the positions of the words that are not the same in all."""

    members: dict[str, tuple[Word, ...]]
    differing: set[int] = field(default_factory=set)

    def take(self, name: str, found: tuple[Word, ...]) -> bool:
        """Let one more in, if what differs then is few values; whether it is in."""
        first = next(iter(self.members.values()))
        differing = self.differing | {
            at for at, (one, other) in enumerate(zip(first, found, strict=True)) if one != other
        }
        columns = {tuple(each[at] for each in (*self.members.values(), found)) for at in differing}
        if len(columns) > MAX_VARS:
            return False
        self.members[name] = found
        self.differing = differing
        return True

    def columns(self) -> dict[int, str]:
        """The name of the variable at each differing position; positions that differ alike share one."""
        first = next(iter(self.members.values()))
        names: dict[tuple[Word, ...], str] = {}
        at_position: dict[int, str] = {}
        for at in sorted(self.differing):
            column = tuple(each[at] for each in self.members.values())
            if column not in names:
                names[column] = _free(_before(first, at), names.values())
            at_position[at] = names[column]
        return at_position


def clusters(found: Mapping[str, tuple[Word, ...]]) -> Iterator[Cluster]:
    """The Dockerfiles by the template that they share, in order; many have one of their own."""
    forms: defaultdict[tuple[str, ...], list[Cluster]] = defaultdict(list)
    every: list[Cluster] = []
    for name, pieces in found.items():
        form = tuple("" if each.variable else each.text for each in pieces)
        if not any(each.take(name, pieces) for each in forms[form][:_TRIED]):
            new = Cluster({name: pieces})
            forms[form].append(new)
            every.append(new)
    yield from every


def written(cluster: Cluster) -> tuple[str, dict[str, dict[str, str]]]:
    """The template of a cluster, and the `vars` of each of its members."""
    columns = cluster.columns()
    first = next(iter(cluster.members.values()))
    text = template(Word(f"vars.{columns[at]}", True) if at in columns else each for at, each in enumerate(first))
    return text, {
        name: {column: pieces[at].text for at, column in columns.items()} for name, pieces in cluster.members.items()
    }


def _before(found: tuple[Word, ...], at: int) -> str:
    """What the word before a value calls it: `tomcat` in `ENV TOMCAT=8`."""
    name = next(
        (each.text.lower().replace("-", "_") for each in reversed(found[max(at - 2, 0) : at]) if each.variable), ""
    )
    return name if _IDENTIFIER.fullmatch(name) else "value"


def _free(name: str, taken: Iterable[str]) -> str:
    number, free, known = 2, name, set(taken)
    while free in known:
        free, number = f"{name}_{number}", number + 1
    return free
