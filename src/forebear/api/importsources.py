"""What an import finds in a tree: the Dockerfiles, what build files say of them, and what is in the way."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from forebear.importing.model import Hint, Note, Refusal, Source
    from forebear.pins.audit.tree import Entry, Obstacle

_LINK: Final = ("it is a symbolic link", "put the file itself in its place")
_HCL: Final = "docker-bake.hcl"


@dataclass(slots=True)
class Found:
    """The Dockerfiles that can be imported, those that cannot, and what the user should know."""

    sources: list[Source] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def find(root: Path) -> Found:
    """Walk a tree; links to folders are not followed."""
    from forebear.importing.hinted import hinted
    from forebear.importing.model import Note

    found = Found()
    said = list(_read(root, found))
    hints = [each for each in said if not isinstance(each, Note)]
    found.notes += [each for each in said if isinstance(each, Note)]
    if (root / _HCL).is_file():
        text = "not read, since only bake knows its functions; run: docker buildx bake --print >docker-bake.json"
        found.notes.append(Note(_HCL, text))
    known = {each.path for each in found.refused}
    found.sources, notes = hinted(found.sources, hints, known)
    found.sources = sorted((_placed(each, root) for each in found.sources), key=lambda each: each.path)
    found.notes += [*notes, *_open_roots(found.sources, root)]
    return found


def _read(root: Path, found: Found) -> Iterator[Hint | Note]:
    from forebear.importing.buildfiles import BAKE, hints
    from forebear.pins.audit.kinds import Kind, kind_of
    from forebear.pins.audit.tree import Entry, Obstacle, content, walk

    for entry in walk(Entry("", str(root)), lambda _path: False):
        data = entry if isinstance(entry, Obstacle) else content(entry)
        kind = kind_of(entry.path, data if isinstance(data, bytes) else b"")
        if isinstance(data, Obstacle):
            _hinder(data, root, found, dockerfile=kind == Kind.DOCKERFILE)
        elif kind == Kind.DOCKERFILE and isinstance(data, bytes) and isinstance(entry, Entry):
            _take(entry, data, found)
        elif (kind == Kind.COMPOSE or BAKE.search(entry.path)) and isinstance(data, bytes):
            yield from hints(entry.path, data)


def _hinder(obstacle: Obstacle, root: Path, found: Found, *, dockerfile: bool) -> None:
    """Tell of what cannot be read; of other files than Dockerfiles, and of folders, as of something beside."""
    from forebear.importing.model import Note, Refusal

    path, problem = obstacle.path, obstacle.trouble.problem
    if not dockerfile:
        found.notes.append(Note(path, f"left out: {problem}"))
    elif os.path.islink(root / path):  # noqa: PTH114 - a loop is one too
        found.refused.append(Refusal(path, 0, *_LINK))
    else:
        found.refused.append(Refusal(path, 0, problem, "mend it, or remove it"))


def _take(entry: Entry, data: bytes, found: Found) -> None:
    from forebear.importing.lineends import unix
    from forebear.importing.model import Refusal, Source
    from forebear.importing.refused import Refused

    problem = _problem(entry, data)
    if problem is not None:
        found.refused.append(Refusal(entry.path, 0, *problem))
        return
    text = data.decode()
    try:
        found.sources.append(Source(entry.path, unix(text), raw=text if "\r" in text else ""))
    except Refused as refused:
        found.refused.append(refused.of(entry.path))


def _problem(entry: Entry, data: bytes) -> tuple[str, str] | None:
    from forebear.importing.model import LIMIT

    if not entry.path.isprintable():
        return "its path holds what cannot be printed", "rename it"
    if os.path.islink(entry.real):  # noqa: PTH114 - a string is enough
        return _LINK
    if len(data) > LIMIT:
        return f"it has more than {LIMIT:,} bytes", "make it smaller"
    if b"\0" in data:
        return "it is no text", "rename it, if it is no Dockerfile"
    try:
        data.decode()
    except UnicodeDecodeError:
        return "it is not UTF-8", "save it as UTF-8"
    return None


def _placed(source: Source, root: Path) -> Source:
    """With the context that holds what it copies, where nothing says which that is."""
    from forebear.dockerfile.model import DockerfileFault
    from forebear.dockerfile.reader import read
    from forebear.importing.contexts import context_of

    if source.context:
        return source
    try:
        dockerfile = read(source.text)
    except DockerfileFault:
        return source
    return replace(source, context=context_of(source.path, dockerfile, lambda path: os.path.lexists(root / path)))


def _open_roots(sources: list[Source], root: Path) -> Iterator[Note]:
    """A context that is the whole project changes with every change in it, git's own files included."""
    from forebear.importing.model import Note

    if not (root / ".dockerignore").exists():
        for each in sources:
            if each.folder == "." and not (root / f"{each.path}.dockerignore").exists():
                text = "its context is the whole folder: every change in it rebuilds the image; write a .dockerignore"
                yield Note(each.path, text)
