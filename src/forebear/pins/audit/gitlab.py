"""GitLab CI: the images and services of jobs, and those that jobs have by default."""

from __future__ import annotations

import re
from collections import ChainMap
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice, product
from typing import TYPE_CHECKING, Final

from forebear.pins.audit.expansion import MAX_LENGTH, Expansion, literal
from forebear.pins.audit.nodes import ANY, Mapping, Node, Scalar, Sequence, at, pairs, scalar, scalars
from forebear.pins.audit.written import Written, read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as Map

    from forebear.pins.audit.model import Trouble, Use

_HINT: Final = re.compile("image|services|spec")
_VARIABLE: Final = re.compile(
    r"\$(?:(?P<dollar>\$)|(?P<name>\w+)|\{(?P<braced>\w+)\}|\[\[\s*inputs\.(?P<input>[\w-]+)[^\]]*\]\])"
)
_NO_JOBS: Final = frozenset({"default", "include", "spec", "stages", "variables", "workflow"})
_MAX_DEPTH: Final = 8
_MAX_KEYS: Final = 50
_MAX_RUNS: Final = 200
"""The jobs that `parallel:matrix` may make (GitLab, "CI/CD YAML syntax reference")."""

_MAX_ALL_RUNS: Final = 10_000
"""The runs of all jobs of a file whose matrices are looked at."""

Variables = dict[str, Scalar]


def read(data: bytes, path: str) -> Iterator[Use | Trouble]:  # noqa: ARG001 - every reader has it
    """The uses of a pipeline's file (GitLab, "CI/CD YAML syntax reference"); what it includes is not followed.

    Variables have the values that the file gives them: to all jobs, to one, or in `parallel:matrix`, a use for each.
    """
    yield from read_yaml(data, _Pipeline().uses, _HINT)


class _Pipeline:
    """The documents of a file: inputs that the first declares stand in the second."""

    def __init__(self) -> None:
        self._inputs: Variables = {}
        self._variables: dict[int, tuple[Node, Variables]] = {}
        self._left = _MAX_ALL_RUNS

    def uses(self, file: Written, root: Node) -> Iterator[Use | None]:
        """The uses of a document."""
        for name, one in (each for inputs in at(root, "spec", "inputs") for each in pairs(inputs)):
            if (default := scalar(one, "default")) is not None:
                self._inputs[f"inputs.{name}"] = default
        everywhere = [*self._given(root), self._inputs]
        yield from _job(_Images(file, [ChainMap(*everywhere)]), root)
        yield from (use for one in at(root, "default") for use in _job(_Images(file, [ChainMap(*everywhere)]), one))
        for name, job in pairs(root):
            if isinstance(job, Mapping) and name not in _NO_JOBS:
                known = [*self._given(job), *everywhere]
                yield from _job(_Images(file, [ChainMap(run, *known) for run in self._runs(job)]), job)

    def _given(self, node: Node) -> list[Variables]:
        """The variables that a job, or the whole pipeline, declares."""
        return [self._read(one) for one in at(node, "variables")]

    def _read(self, node: Node) -> Variables:
        if id(node) not in self._variables:
            given = ((name, one if isinstance(one, Scalar) else scalar(one, "value")) for name, one in pairs(node))
            self._variables[id(node)] = node, {name: value for name, value in given if value is not None}
        return self._variables[id(node)][1]

    def _runs(self, job: Node) -> list[Variables]:
        runs: list[Variables] = []
        for entry in at(job, "parallel", "matrix", ANY)[:_MAX_RUNS]:
            axes = {name: _choices(node) for name, node in islice(pairs(entry), _MAX_KEYS)}
            some = islice(product(*axes.values()), max(0, min(_MAX_RUNS - len(runs), self._left)))
            runs += [dict(zip(axes, run, strict=True)) for run in some]
        self._left -= len(runs)
        return runs or [{}]


def _choices(node: Node) -> list[Scalar]:
    """The values that a matrix gives to a variable."""
    nodes = node.items if isinstance(node, Sequence) else [node]
    return [one for one in nodes if isinstance(one, Scalar)]


def _job(images: _Images, job: Node) -> Iterator[Use | None]:
    for image in [*scalars(job, "image"), *scalars(job, "image", "name")]:
        yield from images.of(image, "image of a job")
    for services in at(job, "services"):
        if not (isinstance(services, Sequence) and services.tag):
            for service in [*scalars(services, ANY), *scalars(services, ANY, "name")]:
                yield from images.of(service, "service of a job")


@dataclass(frozen=True, slots=True)
class _Images:
    """The uses of a file, where variables have those values in turn."""

    file: Written
    runs: list[ChainMap[str, Scalar]]

    def of(self, node: Scalar, kind: str) -> Iterator[Use | None]:
        """The uses of a text, one for each value that it comes to."""
        for known in self.runs[: None if "$" in node.text else 1]:
            use = self.file.use(node, kind, partial(expand, known=known))
            if use is not None and use.via and use.resolved is not None:
                source = _source(node, known)
                use = replace(use, written=None if source is None else self.file.inside(source))
            yield use


def _source(node: Scalar, known: Map[str, Scalar]) -> Scalar | None:
    """The scalar that a text comes from whole, through variables alone; None where it is put together."""
    for _ in range(_MAX_DEPTH):
        text = node.text.strip()
        if "$" not in text:
            return node
        found = _VARIABLE.fullmatch(text)
        if found is None or found["dollar"]:
            return None
        node = known[_name(found)]
    return None


def _name(found: re.Match[str]) -> str:
    return found["name"] or found["braced"] or f"inputs.{found['input']}"


def expand(text: str, known: Map[str, Scalar]) -> Expansion:
    """Expand variables, and those in their values; without a value where one has none in the file."""
    if "$" not in text:
        return literal(text)
    names: dict[str, None] = {}
    unset: dict[str, None] = {}

    def value(found: re.Match[str]) -> str:
        if found["dollar"]:
            return found[0]
        name = _name(found)
        names[name] = None
        if name not in known:
            unset[name] = None
        return known[name].text if name in known else ""

    for _ in range(_MAX_DEPTH):
        if not _left(text) or len(text) > MAX_LENGTH:
            break
        text = _VARIABLE.sub(value, text)
    unset.update(dict.fromkeys(_left(text)))
    return Expansion(None if unset else text.replace("$$", "$"), tuple(names), tuple(unset))


def _left(text: str) -> list[str]:
    """The variables that stand in a text."""
    return [_name(found) for found in _VARIABLE.finditer(text) if not found["dollar"]]
