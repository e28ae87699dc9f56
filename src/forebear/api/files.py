"""What needs the files of a project only: its first ones, its Dockerfiles, its pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forebear.api.diffs import unified
from forebear.lineage.selectors import select
from forebear.project import LIMIT, Companion, Project, Rendered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Drift:
    """A rendered Dockerfile, or a compose file, that is not what it ought to be; `diff` is a unified diff to that."""

    path: str
    diff: str


def render(project: Project, selected: Sequence[str] = ()) -> tuple[str, ...]:
    """Write the Dockerfiles of the selected images, and the versions in compose files; the paths of those that changed.

    Raises InputError.
    """
    rendered = project.render(select(project.family, selected))
    with project.workspace.locked():
        return project.write([*rendered.values(), *project.companions()])


def drift(project: Project, selected: Sequence[str] = ()) -> tuple[Drift, ...]:
    """The rendered Dockerfiles, and compose files, that differ from what they ought to be today. Raises InputError."""
    rendered = project.render(select(project.family, selected)).values()
    return tuple(_drift(project, [*rendered, *project.companions()]))


def _drift(project: Project, rendered: Iterable[Rendered | Companion]) -> Iterator[Drift]:
    for each in rendered:
        there = project.workspace.exists(each.path)
        text = project.workspace.read_text(each.path, limit=LIMIT) if there else ""
        if text != each.text:
            old = each.path if there else "/dev/null"
            yield Drift(each.path, unified(text, each.text, old, f"{each.path} (rendered)"))


def graph(project: Project, form: str = "tree", selected: Sequence[str] = ()) -> str:
    """A picture of the selected images as text: "tree", "mermaid", "dot" or "json". Raises InputError."""
    from forebear.pictures import document, dot, mermaid, tree

    draw = {
        "tree": tree.tree,
        "mermaid": mermaid.mermaid,
        "dot": dot.dot,
        "json": lambda family, names: document.text(document.document(family, names)),
    }
    return draw[form](project.family, select(project.family, selected))


def init(
    folder: Path, project: str | None = None, upstream: str = "docker.io/library/debian:12-slim"
) -> tuple[str, ...]:
    """Write a first lineage.yml and template into a folder; the paths of what was written. Raises InputError."""
    from forebear.starting import start

    return start(folder, project, upstream)
