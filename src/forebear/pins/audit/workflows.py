"""GitHub workflows and actions: the containers and services of jobs, and steps and actions that are images."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from forebear.pins.audit.expansion import Expansion
from forebear.pins.audit.matrix import EXPRESSION, Known, evaluate, inputs, runs
from forebear.pins.audit.nodes import ANY, Node, Scalar, at, scalars
from forebear.pins.audit.written import Written, read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forebear.pins.audit.model import Trouble, Use

_HINT: Final = re.compile("image|container|docker://")
_SCHEME: Final = "docker://"
_MAX_RUNS: Final = 10_000
"""The runs of all jobs of a file whose matrices are looked at."""


def read(data: bytes, path: str) -> Iterator[Use | Trouble]:  # noqa: ARG001 - every reader has it
    """The uses of a workflow (GitHub, "Workflow syntax") or of an action's metadata ("Metadata syntax").

    Expressions over the matrix of a job make a use for each of its values, those over inputs come to their defaults.
    """
    yield from read_yaml(data, _uses, _HINT)


def _uses(file: Written, root: Node) -> Iterator[Use | None]:
    defaults = inputs(root)
    left = _MAX_RUNS
    for job in at(root, "jobs", ANY):
        found = runs(job) if left > 0 else [{}]
        left -= len(found)
        yield from _job(_Images(file, [Known(defaults, run) for run in found]), job)
    action = _Images(file, [Known(defaults, {})])
    for step in scalars(root, "runs", "steps", ANY, "uses"):
        yield from action.docker(step, "step")
    for image in scalars(root, "runs", "image"):
        yield from action.docker(image, "image of an action")


def _job(images: _Images, job: Node) -> Iterator[Use | None]:
    for container in [*scalars(job, "container"), *scalars(job, "container", "image")]:
        yield from images.plain(container, "container of a job")
    for service in scalars(job, "services", ANY, "image"):
        yield from images.plain(service, "service of a job")
    for step in scalars(job, "steps", ANY, "uses"):
        yield from images.docker(step, "step")


@dataclass(frozen=True, slots=True)
class _Images:
    """The uses of a file, in those runs of a job."""

    file: Written
    runs: list[Known]

    def docker(self, node: Scalar, kind: str) -> Iterator[Use | None]:
        """The uses of what is an image only where it says so."""
        if node.text.strip().startswith(_SCHEME):
            yield from self.plain(node, kind, _SCHEME)

    def plain(self, node: Scalar, kind: str, prefix: str = "") -> Iterator[Use | None]:
        """The uses of a text, one for each value that it comes to."""
        if "${{" not in node.text:
            yield self.file.use(node, kind, prefix=prefix)
            return
        for known in self.runs:
            use = self.file.use(node, kind, partial(expand, known=known), prefix=prefix)
            if use is None or (use.unset and self._given(use.unset)):
                continue
            source = _source(node.text, prefix, known)
            yield use if source is None else replace(use, written=self.file.inside(source))

    def _given(self, names: tuple[str, ...]) -> bool:
        """Whether other runs have a value for all of those: in a run without one the image is not meant to be used."""
        return all(any(run.get(name) for run in self.runs) for name in names)


def _source(text: str, prefix: str, known: Known) -> Scalar | None:
    """The scalar that a text comes from whole, where it is a single expression."""
    found = EXPRESSION.fullmatch(text.strip().removeprefix(prefix))
    value = evaluate(found[1], known)[0] if found else None
    return value if isinstance(value, Scalar) else None


def expand(text: str, known: Known) -> Expansion:
    """Expand the expressions in a text; without a value where one of them has none that is known."""
    names: dict[str, None] = {}
    unset: dict[str, None] = {}

    def value(found: re.Match[str]) -> str:
        result, named = evaluate(found[1], known)
        names.update(dict.fromkeys(named))
        unset.update(dict.fromkeys(named if result is None else ()))
        return result.text if isinstance(result, Scalar) else result or ""

    expanded = EXPRESSION.sub(value, text).strip()
    return Expansion(None if unset else expanded, tuple(names), tuple(unset))
