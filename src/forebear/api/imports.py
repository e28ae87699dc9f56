"""Importing a tree of Dockerfiles: found, drafted, rendered to see that they come out the same, only then written."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forebear.api.diffs import unified
from forebear.errors import Fault, InputError, Place
from forebear.workspace import LINEAGE, Workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forebear.api.importsources import Found
    from forebear.api.importwriting import Change
    from forebear.importing.model import Draft, Note, Refusal, Source, Wish


@dataclass(frozen=True, slots=True)
class Imported:
    """An image as it was imported; `diff` shows what changes in its Dockerfile, but for CRLF, which becomes LF."""

    name: str
    path: str
    template: str
    diff: str
    context: str
    crlf: bool


@dataclass(frozen=True, slots=True)
class Import:
    """A tree that was brought under a lineage, or would be; `files` are what is written, by path."""

    images: tuple[Imported, ...]
    shared: tuple[tuple[str, tuple[str, ...]], ...]
    refused: tuple[Refusal, ...]
    files: tuple[tuple[str, str], ...]
    notes: tuple[Note, ...] = ()


def import_tree(
    folder: Path,
    *,
    project: str | None = None,
    registry: str | None = None,
    version: str = "0.1.0",
    write: bool = True,
) -> Import:
    """Make lineage.yml and templates from the Dockerfiles of a folder, which becomes the project's root.

    Every Dockerfile is rendered in a temporary folder first, and has to come out byte for byte but for its pins
    and the line that names its template. Raises InputError, with nothing written.
    """
    from forebear.api import importwriting
    from forebear.api.importsources import find
    from forebear.importing.model import Wish

    workspace = Workspace(folder)
    if not workspace.root.is_dir():
        raise InputError([Fault(Place(str(folder)), "there is no such folder", "name the folder to import")])
    if write and workspace.exists(importwriting.JOURNAL):
        with workspace.locked():
            importwriting.undo(workspace)
    if workspace.exists(LINEAGE):
        raise InputError([Fault(Place(LINEAGE), "there is one already", "import another folder")])
    found = find(workspace.root)
    if not found.sources and not found.refused:
        raise InputError([Fault(Place(str(folder)), "there is no Dockerfile in it", "name another folder")])
    result = _proven(found, Wish(workspace.root.name, version, project, registry))
    _check_free(workspace, result)
    if write and result.images:
        importwriting.write(workspace, _changes(result, found.sources))
    return result


def _proven(found: Found, wish: Wish) -> Import:
    """A draft that renders as it has to; what does not is left out, with those that are built on it."""
    from forebear.importing.draft import draft

    known = list(found.refused)
    while True:
        drafted = draft(found.sources, wish, known)
        if not drafted.members:
            return Import((), (), drafted.refused, (), _beside(found, drafted))
        rendered, wrong = _rendered(drafted)
        if not wrong:
            return _result(drafted, rendered, _beside(found, drafted))
        known += wrong


def _beside(found: Found, drafted: Draft) -> tuple[Note, ...]:
    """The notes, without those on Dockerfiles that are not imported."""
    refused = {each.path for each in drafted.refused}
    return tuple(each for each in found.notes if each.path not in refused)


def _rendered(drafted: Draft) -> tuple[dict[str, str], list[Refusal]]:
    """What rendering gives for each image, and those for which that is not what it has to be."""
    from forebear.importing.model import Refusal
    from forebear.project import load

    texts: dict[str, str] = {}
    wrong: list[Refusal] = []
    with tempfile.TemporaryDirectory(prefix="forebear-import-") as folder:
        trial = Workspace(Path(folder))
        for path, text in {**drafted.templates, LINEAGE: drafted.lineage}.items():
            _put(trial.root / path, text)
        project = load(trial.root)
        for each in drafted.members:
            try:
                text = texts[each.name] = project.render([each.name])[each.name].text
            except InputError as error:
                fault = error.faults[0]
                wrong.append(Refusal(each.source.path, 0, fault.problem, fault.action))
                continue
            if _without_header(text) != drafted.expected[each.name]:
                reason = "its template does not render it byte for byte"
                wrong.append(Refusal(each.source.path, 0, reason, "write its template by hand"))
    return texts, wrong


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


def _without_header(text: str) -> str:
    """A rendered text without the first line that names the template."""
    from forebear.dockerfile.model import GENERATED

    lines = text.split("\n")
    at = next(number for number, line in enumerate(lines) if line.startswith(GENERATED))
    return "\n".join(lines[:at] + lines[at + 1 :])


def _result(drafted: Draft, rendered: dict[str, str], notes: tuple[Note, ...]) -> Import:
    template = {name: path for path, names in drafted.shared.items() for name in names}
    images = tuple(
        Imported(
            each.name,
            each.source.path,
            template.get(each.name, f"templates/{each.name}.Dockerfile.j2"),
            unified(each.source.text, rendered[each.name], each.source.path, f"{each.source.path} (rendered)"),
            each.source.folder,
            each.source.crlf,
        )
        for each in drafted.members
    )
    dockerfiles = ((each.source.path, rendered[each.name]) for each in drafted.members)
    files = (*drafted.templates.items(), (LINEAGE, drafted.lineage), *dockerfiles)
    return Import(images, tuple(drafted.shared.items()), drafted.refused, files, notes)


def _changes(result: Import, sources: Sequence[Source]) -> list[Change]:
    """What is written, in order: lineage.yml behind its templates, the Dockerfiles last."""
    from forebear.api.importwriting import Change

    before = {each.path: each.original for each in sources}
    return [Change(path, before.get(path), text) for path, text in result.files]


def _check_free(workspace: Workspace, result: Import) -> None:
    kept = {each.path for each in result.images}
    there = [path for path, _ in result.files if path not in kept and workspace.exists(path)]
    if there:
        raise InputError(Fault(Place(path), "there is one already", "move it away") for path in there)
