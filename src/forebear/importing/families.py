"""Near-equal Dockerfiles: which may share a template, and what differs between them, as `vars`."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from forebear.importing.alignment import MIN_SHARED, Line, Row, forms, joined, readable
from forebear.importing.wording import Word, template

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

MAX_VARS: Final = 6
"""How many values may differ in Dockerfiles that share a template, lines that some do not have included."""
_TRIED: Final = 20
_RECENT: Final = 200
_NEAR: Final = 0.75
_IDENTIFIER: Final = re.compile(r"[a-z][a-z0-9_]*")
_KEYWORDS: Final = frozenset(
    "add arg cmd copy entrypoint env expose from healthcheck label onbuild run shell user volume workdir".split()  # noqa: SIM905
)

Place = tuple[int, int]


@dataclass(slots=True)
class Cluster:
    """Dockerfiles that share a template: each row has the line that it is in each of them."""

    members: list[str]
    rows: list[Row]

    def take(self, name: str, lines: Sequence[Line]) -> bool:
        """Let one more in, if what differs then is little; whether it is in."""
        rows = joined(self.rows, name, lines)
        if rows is None:
            return False
        new = Cluster([*self.members, name], rows)
        if not readable(rows, len(new.members)) or len(new.columns()) + len(new.switches()) > MAX_VARS:
            return False
        self.members, self.rows = new.members, rows
        return True

    def columns(self) -> dict[tuple[Word | None, ...], list[Place]]:
        """The words that are not the same in all, as row and position; those that differ alike together."""
        found: defaultdict[tuple[Word | None, ...], list[Place]] = defaultdict(list)
        for at, row in enumerate(self.rows):
            lines = list(row.values())
            for number in range(len(lines[0])):
                if any(line[number] != lines[0][number] for line in lines):
                    found[tuple(row[each][number] if each in row else None for each in self.members)].append(
                        (at, number)
                    )
        return found

    def switches(self) -> list[tuple[frozenset[str], Row]]:
        """Which members have the lines that some have not, once each, with the first such row; not its opposite too."""
        found: dict[frozenset[str], Row] = {}
        for row in self.rows:
            some = frozenset(row)
            if len(some) < len(self.members) and frozenset(self.members) - some not in found:
                found.setdefault(some, row)
        return list(found.items())


def clusters(found: Mapping[str, tuple[Word, ...]]) -> Iterator[Cluster]:
    """The Dockerfiles by the template that they share, in order; many have one of their own."""
    equal: defaultdict[tuple[str, ...], list[Cluster]] = defaultdict(list)
    every: list[tuple[Cluster, frozenset[Line]]] = []
    for name, pieces in found.items():
        lines = _lines(pieces)
        form = forms(lines)
        near = islice(_near(frozenset(lines), every), _TRIED)
        home = next((each for each in (*equal[form][:_TRIED], *near) if each.take(name, lines)), None)
        if home is None:
            home = Cluster([name], [{name: line} for line in lines])
            every.append((home, frozenset(lines)))
        if home not in equal[form]:
            equal[form].append(home)
    yield from (each for each, _ in every)


def _near(lines: frozenset[Line], every: Sequence[tuple[Cluster, frozenset[Line]]]) -> Iterator[Cluster]:
    """The latest clusters that have most of their lines in common with a Dockerfile."""
    if len(lines) >= MIN_SHARED // 2:
        for cluster, other in every[-_RECENT:]:
            if len(lines & other) >= _NEAR * max(len(lines), len(other)):
                yield cluster


def _lines(pieces: Iterable[Word]) -> list[Line]:
    lines: list[Line] = []
    line: list[Word] = []
    for each in pieces:
        line.append(each)
        if not each.expression and each.text.endswith("\n"):
            lines.append(tuple(line))
            line = []
    return [*lines, tuple(line)] if line else lines


def written(cluster: Cluster) -> tuple[str, dict[str, dict[str, str | bool]]]:
    """The template of a cluster, and the `vars` of each of its members."""
    values: dict[str, dict[str, str | bool]] = {each: {} for each in cluster.members}
    names: dict[Place, str] = {}
    conditions: dict[frozenset[str], str] = {}
    taken: list[str] = []
    for column, places in cluster.columns().items():
        at, number = places[0]
        taken.append(name := _free(_before(next(iter(cluster.rows[at].values())), number), taken))
        names |= dict.fromkeys(places, name)
        for member, word in zip(cluster.members, column, strict=True):
            values[member] |= {name: word.text} if word else {}
    for some, row in cluster.switches():
        taken.append(name := _free(f"with_{_first(next(iter(row.values())))}", taken))
        conditions |= {some: f"vars.{name}", frozenset(cluster.members) - some: f"not vars.{name}"}
        for member in cluster.members:
            values[member][name] = member in some
    return _text(cluster, names, conditions), values


def _text(cluster: Cluster, names: Mapping[Place, str], conditions: Mapping[frozenset[str], str]) -> str:
    """The text of a template; lines that some do not have stand between an `if` and its end, each on a line."""
    parts: list[str] = []
    words: list[Word] = []
    condition = ""
    for at, row in enumerate(cluster.rows):
        wanted = conditions.get(frozenset(row), "")
        if wanted != condition:
            parts += [template(words), _edge(condition, wanted)]
            words, condition = [], wanted
        line = next(iter(row.values()))
        words += (Word(f"vars.{names[at, n]}", True) if (at, n) in names else each for n, each in enumerate(line))
    return "".join([*parts, template(words), _edge(condition, "")])


def _edge(before: str, after: str) -> str:
    return ("{% endif %}\n" if before else "") + (f"{{% if {after} %}}\n" if after else "")


def _before(found: Line, at: int) -> str:
    """What the word before a value calls it: `tomcat` in `ENV TOMCAT=8`."""
    name = next(
        (each.text.lower().replace("-", "_") for each in reversed(found[max(at - 2, 0) : at]) if each.variable), ""
    )
    return name if _IDENTIFIER.fullmatch(name) else "value"


def _first(line: Line) -> str:
    """The first word of a line that is no instruction."""
    names = (each.text.lower().replace("-", "_") for each in line if each.variable)
    return next((name for name in names if _IDENTIFIER.fullmatch(name) and name not in _KEYWORDS), "this")


def _free(name: str, taken: Iterable[str]) -> str:
    number, free, known = 2, name, set(taken)
    while free in known:
        free, number = f"{name}_{number}", number + 1
    return free
