"""The runs of a job that a matrix in a GitHub workflow makes, and what expressions come to in each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice, product
from typing import TYPE_CHECKING, Final

from forebear.pins.audit.nodes import ANY, Node, Scalar, Sequence, at, pairs, scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_RUNS: Final = 256
"""The jobs that a matrix may make (GitHub, "Running variations of jobs in a workflow")."""

EXPRESSION: Final = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_TERM: Final = re.compile(r"\s*(?:'(?P<text>(?:[^']|'')*)'|(?P<name>[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*))\s*")
_NAME: Final = re.compile(r"[A-Za-z_][\w-]*(?:\.[\w-]+)+")
_MAX_KEYS: Final = 50

Run = dict[str, Node]
"""What `matrix` holds."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the names in expressions stand for: the inputs that have a default, and a matrix in one run."""

    inputs: Mapping[str, Scalar]
    matrix: Run

    def get(self, name: str) -> Scalar | None:
        """The scalar of a name such as `matrix.python`, where letter case does not count."""
        context, *path = name.lower().split(".")
        if context == "inputs" and len(path) == 1:
            return self.inputs.get(path[0])
        if context != "matrix" or not path:
            return None
        return scalar(self.matrix.get(path[0]), *path[1:])


def inputs(workflow: Node) -> dict[str, Scalar]:
    """The inputs of a workflow or an action that have a default, by their names in lower case."""
    declared = [*at(workflow, "on", ANY, "inputs"), *at(workflow, "inputs")]
    given = ((name.lower(), scalar(one, "default")) for each in declared for name, one in pairs(each))
    return {name: default for name, default in given if default is not None}


def runs(job: Node) -> list[Run]:
    """What `matrix` holds in each run of a job; one run with nothing in it where there is no matrix to be seen.

    As GitHub makes them: the product of the lists, less `exclude`; then each of `include` is added to those
    that it changes nothing in that was there, or else stands by itself.
    """
    matrix = next(iter(at(job, "strategy", "matrix")), None)
    if matrix is None:
        return [{}]
    lists = {name: node.items for name, node in _entry(matrix).items() if isinstance(node, Sequence)}
    axes = {name: items for name, items in lists.items() if name not in {"include", "exclude"}}
    every = [dict(zip(axes, run, strict=True)) for run in islice(product(*axes.values()), MAX_RUNS)] if axes else []
    excluded = [one for one in _entries(matrix, "exclude") if one]
    kept = [run for run in every if not any(_agree(run, one, one) for one in excluded)]
    return _included(kept, _entries(matrix, "include"), axes) or [{}]


def _entries(matrix: Node, key: str) -> list[Run]:
    return [_entry(one) for one in at(matrix, key, ANY)[:MAX_RUNS]]


def _entry(node: Node) -> Run:
    return {name.lower(): value for name, value in islice(pairs(node), _MAX_KEYS)}


def _included(kept: list[Run], extras: list[Run], axes: Iterable[str]) -> list[Run]:
    done = [dict(run) for run in kept]
    alone = []
    for extra in extras:
        fitting = [run for run, original in zip(done, kept, strict=True) if _agree(original, extra, axes)]
        for run in fitting:
            run.update(extra)
        if not fitting:
            alone.append(extra)
    return done + alone


def _agree(run: Run, other: Run, keys: Iterable[str]) -> bool:
    """Whether two say the same of all those keys that `other` speaks of."""
    return all(key in run and _same(run[key], other[key]) for key in keys if key in other)


def _same(one: Node, other: Node) -> bool:
    return one is other or (isinstance(one, Scalar) and isinstance(other, Scalar) and one.text == other.text)


def evaluate(expression: str, known: Known) -> tuple[Scalar | str | None, list[str]]:
    """What an expression comes to, and the names in it: a name with a value, a text, or several with `||`.

    None for every other expression, and where no name has a value.
    """
    names: list[str] = []
    value: Scalar | str | None = None
    end = 0
    while term := _TERM.match(expression, end):
        one = known.get(term["name"]) if term["name"] else term["text"].replace("''", "'")
        names += [term["name"]] if term["name"] else []
        value = value or one
        end = term.end()
        if not expression.startswith("||", end):
            break
        end += 2
    if end == len(expression):
        return value, names
    return None, _NAME.findall(expression) or [expression.strip()]
