"""Pure: a build context in a few lines, so that a later plan can name what changed in it."""

from __future__ import annotations

import hashlib
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Pairs = tuple[tuple[str, str], ...]
"""Paths, each with its mark (12 hex digits); `lib/` stands for all that is below that folder."""

TOP: Final = "./"
"""The path that stands for the whole context."""


def mark(data: bytes) -> str:
    """A digest to tell contents apart in messages: 12 hex digits of the SHA-256."""
    return hashlib.sha256(data).hexdigest()[:12]


EMPTY: Final = mark(b"")


def summarise(pairs: Iterable[tuple[str, str]], limit: int) -> Pairs:
    """At most `limit` pairs for all of these, by path; an empty folder is `name/` with the mark EMPTY.

    Where they are too many, folders stand for what is below them: those with the most entries first,
    so that as many paths as possible keep a pair of their own.
    """
    tree = _tree(pairs)
    count = len(tree[""])
    if count > limit:
        return ((TOP, _fold(tree[""])),)
    opened, closed = {""}, _folders(tree, "")
    while closed and count + closed[0][0] - 1 <= limit:
        size, folder = heappop(closed)
        count += size - 1
        opened.add(folder)
        for found in _folders(tree, folder):
            heappush(closed, found)
    listed = ((folder + name, mark) for folder in opened for name, mark in tree[folder].items())
    return tuple(sorted(pair for pair in listed if pair[0] not in opened))


def changes(before: Pairs, after: Pairs) -> tuple[str, ...]:
    """`app.war changed`, `x added`, `y removed`, by path; what one side has only as a folder, as that."""
    old = dict(_coarsen(before, _closed(after)))
    new = dict(_coarsen(after, _closed(before)))
    told = {folder for path in old.keys() ^ new.keys() for folder in _above(path)}
    differing = sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path) and path not in told)
    return tuple(f"{path} {_word(path in old, path in new)}" for path in differing)


def _closed(pairs: Pairs) -> set[str]:
    """The folders that stand for what is below them; one that is empty stands for nothing."""
    return {path for path, own in pairs if path.endswith("/") and own != EMPTY}


def _word(was: bool, is_now: bool) -> str:
    return "changed" if was and is_now else "added" if is_now else "removed"


def _coarsen(pairs: Pairs, folders: set[str]) -> Iterator[tuple[str, str]]:
    """The same pairs, those below one of the folders as the one pair that the folder would have had."""
    below: dict[str, list[tuple[str, str]]] = {}
    for path, own in pairs:
        home = next((folder for folder in (TOP, *_above(path)) if folder in folders), path)
        if home == path:
            yield path, own
        else:
            below.setdefault(home, []).append((path.removeprefix(home), own))
    yield from ((folder, _fold(_tree(found)[""])) for folder, found in below.items())


def _above(path: str) -> Iterator[str]:
    """The folders that hold a path, from the top: `a/`, `a/b/`."""
    end = path.find("/")
    while 0 <= end < len(path) - 1:
        yield path[: end + 1]
        end = path.find("/", end + 1)


def _tree(pairs: Iterable[tuple[str, str]]) -> dict[str, dict[str, str]]:
    """For each folder that is not empty, the marks of what is in it, by name; "" is the top."""
    tree: dict[str, dict[str, str]] = {"": {}}
    for path, own in pairs:
        folder, name = _split(path)
        tree.setdefault(folder, {})[name] = own
    for folder in [*tree]:
        for above in _above(folder):
            tree.setdefault(above, {})
    for folder in sorted(tree, key=lambda folder: -folder.count("/")):
        if folder:
            above, name = _split(folder)
            tree[above][name] = _fold(tree[folder])
    return tree


def _split(path: str) -> tuple[str, str]:
    """A path's folder and name, each with its slash: `a/b/` is `b/` in `a/`."""
    start = path.rfind("/", 0, -1) + 1
    return path[:start], path[start:]


def _fold(marks: Mapping[str, str]) -> str:
    return mark("".join(f"{name}\0{own}\n" for name, own in sorted(marks.items())).encode())


def _folders(tree: Mapping[str, Mapping[str, str]], folder: str) -> list[tuple[int, str]]:
    """The folders in a folder that are not empty, as a heap: the smallest first."""
    names = (folder + name for name in tree[folder] if name.endswith("/"))
    return sorted((len(tree[name]), name) for name in names if name in tree)
