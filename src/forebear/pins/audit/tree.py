"""Walk trees of files: what may be audited, and what is in the way. No link to a folder is followed."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING, Final, NamedTuple

from forebear.pins.audit.kinds import wanted
from forebear.pins.audit.model import WHOLE_FILE, Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LIMIT: Final = 8 << 20
"""The size in bytes up to which a file is read."""

SKIPPED: Final = frozenset(
    {".git", ".hg", ".svn", ".bzr", ".jj", ".forebear", "node_modules", ".venv", ".tox", ".nox", "__pycache__"}
)
"""Folders that hold no files of the tree itself."""

_READ: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC


class Entry(NamedTuple):
    """A file: what messages call it, and its path for the system; `named`: whether the user named it."""

    path: str
    real: str
    named: bool = False


class Obstacle(NamedTuple):
    """What messages call a file or folder, and what is in the way of reading it."""

    path: str
    trouble: Trouble


def walk(root: Entry, excluded: Callable[[str], bool]) -> Iterator[Entry | Obstacle]:
    """The files that may be audited at and below a path, folders in the order of their names, links last."""
    try:
        is_folder = stat.S_ISDIR(os.stat(root.real).st_mode)  # noqa: PTH116 - a string is enough
    except OSError as error:
        yield _unreadable(root.path, error)
        return
    if not is_folder:
        yield root._replace(named=True)
        return
    links: list[Entry] = []
    yield from _below(root, excluded, links)
    base = os.path.realpath(root.real)
    for link in links:
        yield from _at_link(link, base)


def _below(root: Entry, excluded: Callable[[str], bool], links: list[Entry]) -> Iterator[Entry | Obstacle]:
    rest = [root]
    while rest:
        folder = rest.pop()
        try:
            with os.scandir(folder.real) as listing:
                entries = sorted(listing, key=lambda each: each.name, reverse=True)
        except OSError as error:
            yield _unreadable(folder.path or ".", error)
            continue
        for entry in entries:
            here = Entry(joined(folder.path, entry.name), entry.path)
            if excluded(here.path):
                continue
            if entry.is_symlink():
                links.append(here)
            elif entry.is_dir(follow_symlinks=False):
                rest += [] if entry.name in SKIPPED else [here]
            elif wanted(here.path):
                yield here


def joined(folder: str, name: str) -> str:
    """A name below a folder as messages call it; "" is where the audit was started."""
    return f"{folder.rstrip('/')}/{name}" if folder else name


def _at_link(link: Entry, base: str) -> Iterator[Entry | Obstacle]:
    """What a symbolic link adds to the tree at `base`: a file that no other name in the tree leads to."""
    try:
        mode = os.stat(link.real).st_mode  # noqa: PTH116
    except OSError as error:
        if error.errno == errno.ELOOP:
            yield _loop(link.path)
        elif wanted(link.path):
            yield _unreadable(link.path, error)
        return
    real = os.path.realpath(link.real)
    if stat.S_ISDIR(mode):
        yield from [_loop(link.path)] if _is_inside(link.real, real) else []
    elif wanted(link.path):
        yield from _linked_file(link, real, base)


def _is_inside(path: str, folder: str) -> bool:
    """Whether a path is below a folder, or in it."""
    return f"{os.path.realpath(os.path.dirname(path))}/".startswith(f"{folder.rstrip('/')}/")  # noqa: PTH120


def _linked_file(link: Entry, real: str, base: str) -> Iterator[Entry | Obstacle]:
    if not _is_inside(real, base):
        problem = "this symbolic link leads out of what is audited, and is not followed"
        yield Obstacle(link.path, Trouble("unreadable", WHOLE_FILE, problem, "audit that file too, or exclude this"))
    elif not wanted(real):
        yield link


def content(entry: Entry) -> bytes | Obstacle:
    """The bytes of a file, at most one more than LIMIT."""
    try:
        descriptor = os.open(entry.real, _READ)
    except OSError as error:
        return _unreadable(entry.path, error)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            problem = "this is no regular file"
            return Obstacle(entry.path, Trouble("unreadable", WHOLE_FILE, problem, "remove it, or exclude it"))
        return _all(descriptor)
    except OSError as error:
        return _unreadable(entry.path, error)
    finally:
        os.close(descriptor)


def _all(descriptor: int) -> bytes:
    data = os.read(descriptor, 1 << 16)
    if len(data) < 1 << 16:
        return data
    parts = [data]
    left = LIMIT + 1 - len(data)
    while left > 0 and (part := os.read(descriptor, min(1 << 20, left))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _unreadable(path: str, error: OSError) -> Obstacle:
    problem = f"this cannot be read: {(error.strerror or str(error)).lower()}"
    return Obstacle(path, Trouble("unreadable", WHOLE_FILE, problem, "allow it to be read, or exclude it"))


def _loop(path: str) -> Obstacle:
    problem = "this symbolic link leads to itself, or to a folder around it"
    return Obstacle(path, Trouble("link-loop", WHOLE_FILE, problem, "remove the link"))
