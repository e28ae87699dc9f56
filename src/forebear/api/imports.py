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
    from collections.abc import Iterator, Sequence

    from forebear.importing.model import Draft, Refusal, Source, Wish


@dataclass(frozen=True, slots=True)
class Imported:
    """An image as it was imported; `diff` shows what changes in its Dockerfile."""

    name: str
    path: str
    template: str
    diff: str


@dataclass(frozen=True, slots=True)
class Import:
    """A tree that was brought under a lineage, or would be; `files` are what is written, by path."""

    images: tuple[Imported, ...]
    shared: tuple[tuple[str, tuple[str, ...]], ...]
    refused: tuple[Refusal, ...]
    files: tuple[tuple[str, str], ...]


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
    from forebear.importing.model import Wish

    workspace = Workspace(folder)
    if not workspace.root.is_dir():
        raise InputError([Fault(Place(str(folder)), "there is no such folder", "name the folder to import")])
    if workspace.exists(LINEAGE):
        raise InputError([Fault(Place(LINEAGE), "there is one already", "import another folder")])
    sources, refused = _found(workspace.root)
    if not sources and not refused:
        raise InputError([Fault(Place(str(folder)), "there is no Dockerfile in it", "name another folder")])
    result = _proven(sources, Wish(workspace.root.name, version, project, registry), refused)
    _check_free(workspace, result)
    if write and result.images:
        _write(workspace, result)
    return result


def _found(root: Path) -> tuple[list[Source], list[Refusal]]:
    """The Dockerfiles that can be imported, each alone in its folder, and the others."""
    from forebear.importing.model import Refusal, Source
    from forebear.pins.audit.kinds import Kind, kind_of
    from forebear.pins.audit.tree import Entry, Obstacle, content, walk

    sources, refused = [], []
    for entry in walk(Entry("", str(root)), lambda _path: False):
        data = entry if isinstance(entry, Obstacle) else content(entry)
        if kind_of(entry.path, data if isinstance(data, bytes) else b"") != Kind.DOCKERFILE:
            continue
        if isinstance(data, Obstacle):
            refused.append(Refusal(data.path, 0, data.trouble.problem, data.trouble.action))
            continue
        problem = _problem(entry.path, (root / entry.path).is_symlink(), data)
        if problem is None:
            sources.append(Source(entry.path, data.decode()))
        else:
            refused.append(Refusal(entry.path, 0, *problem))
    return sources, refused


def _problem(path: str, link: bool, data: bytes) -> tuple[str, str] | None:
    from forebear.importing.model import LIMIT

    if not path.isprintable():
        return "its path holds what cannot be printed", "rename it"
    if path.rpartition("/")[2] != "Dockerfile":
        return "it is not called Dockerfile, and would be rendered as another file", "give it a folder of its own"
    if link:
        return "it is a symbolic link", "put the file itself in its place"
    if len(data) > LIMIT:
        return f"it has more than {LIMIT:,} bytes", "make it smaller"
    try:
        data.decode()
    except UnicodeDecodeError:
        return "it is not UTF-8", "save it as UTF-8"
    return None


def _proven(sources: Sequence[Source], wish: Wish, refused: Sequence[Refusal]) -> Import:
    """A draft that renders as it has to; what does not is left out, with those that are built on it."""
    from forebear.importing.draft import draft

    known = list(refused)
    while True:
        drafted = draft(sources, wish, known)
        if not drafted.members:
            return Import((), (), drafted.refused, ())
        rendered, wrong = _rendered(drafted)
        if not wrong:
            return _result(drafted, rendered)
        known += wrong


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


def _result(drafted: Draft, rendered: dict[str, str]) -> Import:
    template = {name: path for path, names in drafted.shared.items() for name in names}
    images = tuple(
        Imported(
            each.name,
            each.source.path,
            template.get(each.name, f"templates/{each.name}.Dockerfile.j2"),
            unified(each.source.text, rendered[each.name], each.source.path, f"{each.source.path} (rendered)"),
        )
        for each in drafted.members
    )
    dockerfiles = ((each.source.path, rendered[each.name]) for each in drafted.members)
    files = (*drafted.templates.items(), (LINEAGE, drafted.lineage), *dockerfiles)
    return Import(images, tuple(drafted.shared.items()), drafted.refused, files)


def _new(result: Import) -> Iterator[tuple[str, str]]:
    """The files that must not be there yet."""
    kept = {each.path for each in result.images}
    return ((path, text) for path, text in result.files if path not in kept)


def _check_free(workspace: Workspace, result: Import) -> None:
    there = [path for path, _ in _new(result) if workspace.exists(path)]
    if there:
        raise InputError(Fault(Place(path), "there is one already", "move it away") for path in there)


def _write(workspace: Workspace, result: Import) -> None:
    """Write all; what is new is taken away again where anything of it cannot be written, Dockerfiles come last."""
    written: list[str] = []
    with workspace.locked():
        try:
            for path, text in _new(result):
                workspace.write(path, text.encode())
                written.append(path)
        except BaseException:
            for path in written:
                (workspace.root / path).unlink(missing_ok=True)
            raise
        texts = dict(result.files)
        for each in result.images:
            workspace.write(each.path, texts[each.path].encode())
