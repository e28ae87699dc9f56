"""The build context of an image: which files go into it, and the digest of exactly those."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

from forebear.atomic import TEMPORARY
from forebear.build.archive import stream
from forebear.build.ignore import Ignore, parse_ignore
from forebear.build.summary import EMPTY, Pairs, changes, mark, summarise
from forebear.errors import Fault, InputError, Place
from forebear.lineage.model import DOCKERFILE
from forebear.workspace import STATE

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping
    from pathlib import Path

    from forebear.build.digests import Digests, Folder
    from forebear.build.ignore import Hits

__all__ = ["Context", "Entry", "changes", "read_context", "stream"]

FORMAT: Final = "forebear context 1"
_IGNORE_LIMIT = 4 << 20
_LINKS = 40
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

Kind = Literal["file", "directory", "link"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One path of a context.

    `path` is relative to the context, with `/`. `mode` is 0o644, or 0o755 for folders and for files that
    their owner may execute: git keeps no more, so that the umask of a clone changes nothing. `size` and
    `digest` (SHA-256, hex) are a file's, `target` is a link's.
    """

    path: str
    kind: Kind
    mode: int
    size: int = 0
    digest: str = ""
    target: str = ""

    def record(self) -> bytes:
        """Everything about it as bytes: each field ends in NUL, which none can hold."""
        fields = (self.kind, f"{self.mode:o}", str(self.size), self.digest, self.path, self.target)
        return "".join(f"{field}\0" for field in fields).encode()


@dataclass(frozen=True, slots=True)
class Context:
    """What one image is built from beside its Dockerfile.

    `label` is its path as messages show it, `dockerfile` that of the Dockerfile in it. `entries` are in the
    order of their paths' bytes. `digest` is the SHA-256 of FORMAT, a line break, and the entries' records,
    written `sha256:…`.
    """

    root: Path
    label: str
    entries: tuple[Entry, ...]
    digest: str
    dockerfile: str = DOCKERFILE

    @property
    def size(self) -> int:
        """The bytes of its files."""
        return sum(entry.size for entry in self.entries)

    def summary(self, limit: int = 200) -> Pairs:
        """At most `limit` paths with a mark of everything about them, for `changes` to compare."""
        return summarise(map(_pair, self.entries), limit)


def read_context(root: Path, label: str, digests: Digests, dockerfile: str = DOCKERFILE) -> Context:
    """Read what goes into an image from the folder `root`, which messages call `label`.

    The Dockerfile, the files that say what to leave out and forebear's own folder are no part of it; a folder
    that does not exist is an empty context. Raises InputError with everything that cannot go into
    an image: links that leave the context, sockets, pipes and devices, names that are not UTF-8 or hold control
    characters, and what cannot be read.
    """
    entries = tuple(sorted(_Reader(root, label, digests, dockerfile).read(), key=lambda entry: entry.path))
    digest = hashlib.sha256(f"{FORMAT}\n".encode())
    for entry in entries:
        digest.update(entry.record())
    return Context(root, label, entries, f"sha256:{digest.hexdigest()}", dockerfile)


def _pair(entry: Entry) -> tuple[str, str]:
    return (entry.path + "/", EMPTY) if entry.kind == "directory" else (entry.path, mark(entry.record()))


def _read_small(path: bytes) -> bytes:
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        data = file.read(_IGNORE_LIMIT + 1)
    if len(data) > _IGNORE_LIMIT:
        raise OSError(errno.EFBIG, f"more than {_IGNORE_LIMIT:,} bytes")
    return data


class _Reader:
    """One walk through a context."""

    def __init__(self, root: Path, label: str, digests: Digests, dockerfile: str) -> None:
        self._root = root
        self._base = os.fsencode(root) + b"/"
        self._label = label
        self._digests = digests
        # Where the patterns are read: the first that exists, as BuildKit's Dockerfile frontend does.
        self._ignore_files = (f"{dockerfile}.dockerignore", ".dockerignore")
        self._apart = {dockerfile, *self._ignore_files, STATE}
        self._entries: dict[str, Entry] = {}
        self._faults: list[Fault] = []

    @cached_property
    def _known(self) -> Folder:
        """What was known of the files; a context without any costs no query."""
        return self._digests.below(self._root)

    def read(self) -> Iterable[Entry]:
        top = self._children("")
        self._ignore = self._read_ignore({child.name for child in top})
        folders = [*self._judge("", top, self._ignore.top)]
        while folders:
            prefix, hits = folders.pop()
            folders.extend(self._judge(prefix, self._children(prefix), hits))
        self._settle()
        return self._entries.values()

    def _settle(self) -> None:
        """What can be said only at the end."""
        if "_known" in self.__dict__:
            self._known.forget_rest()
        links = {entry.path: entry.target for entry in self._entries.values() if entry.kind == "link"}
        self._faults.extend(self._leaving(path, links[path]) for path in links if _leaves(path, links))
        if self._faults:
            raise InputError(self._faults)

    def _read_ignore(self, names: Container[bytes]) -> Ignore:
        name = next((name for name in self._ignore_files if self._has(name.encode(), names)), None)
        if name is None:
            return Ignore(())
        try:
            data = _read_small(self._base + name.encode())
        except OSError as error:
            raise InputError([_unreadable(self._shown(name), error, "correct that, then run this again")]) from None
        return parse_ignore(data, self._shown(name))

    def _has(self, name: bytes, names: Container[bytes]) -> bool:
        """Whether a file is there; `names` are those at the top."""
        return os.path.lexists(self._base + name) if b"/" in name else name in names

    def _judge(self, prefix: str, children: Iterable[os.DirEntry[bytes]], hits: Hits) -> Iterator[tuple[str, Hits]]:
        """Add what is in a folder, and say which folders in it are to be read."""
        for child in children:
            name = child.name.decode("utf-8", "surrogateescape")
            path = prefix + name
            if name.startswith(TEMPORARY) or path in self._apart:
                continue
            excluded, below = self._ignore.judge(path, hits)
            if not excluded:
                self._add(path, name, child)
            kept = not excluded or self._ignore.may_return(path, below)
            if kept and _is_folder(child):
                yield path + "/", below

    def _children(self, prefix: str) -> list[os.DirEntry[bytes]]:
        """What is in a folder; a folder that is left out may be unreadable, the context may be missing."""
        try:
            with os.scandir(self._base + prefix.encode("utf-8", "surrogateescape")) as children:
                return list(children)
        except OSError as error:
            missing = isinstance(error, FileNotFoundError)
            if prefix[:-1] in self._entries or not (prefix or missing):
                self._faults.append(_unreadable(self._shown(prefix[:-1]), error))
            return []

    def _add(self, path: str, name: str, child: os.DirEntry[bytes]) -> None:
        if _UNFIT.search(name):
            self._refuse(path, "the name is not UTF-8, or holds a control character", "rename it")
            return
        try:
            entry = self._entry(path, child)
        except OSError as error:
            self._faults.append(_unreadable(self._shown(path), error))
            return
        if entry:
            self._entries[path] = entry
            self._add_above(path)

    def _add_above(self, path: str) -> None:
        """The folders that hold it, which are in where it is in."""
        folder = path.rpartition("/")[0]
        while folder and folder not in self._entries:
            self._entries[folder] = Entry(folder, "directory", 0o755)
            folder = folder.rpartition("/")[0]

    def _entry(self, path: str, child: os.DirEntry[bytes]) -> Entry | None:
        if child.is_symlink():
            return self._link(path, os.readlink(child.path))  # noqa: PTH115 - bytes
        if child.is_dir(follow_symlinks=False):
            return Entry(path, "directory", 0o755)
        status = child.stat(follow_symlinks=False)
        if not stat.S_ISREG(status.st_mode):
            self._refuse(path, "is a socket, a pipe or a device, which no image can hold", "remove it")
            return None
        mode = 0o755 if status.st_mode & stat.S_IXUSR else 0o644
        return Entry(path, "file", mode, status.st_size, self._known.of(child.path, status))

    def _link(self, path: str, name: bytes) -> Entry | None:
        target = name.decode("utf-8", "surrogateescape")
        if _UNFIT.search(target):
            problem = f"a symbolic link to {_printable(target)}, which is not UTF-8 or holds a control character"
            self._refuse(path, problem, "let it lead elsewhere")
            return None
        return Entry(path, "link", 0o777, target=target)

    def _leaving(self, path: str, target: str) -> Fault:
        problem = f"a symbolic link that leaves the context, to {_printable(target)}"
        action = f"leave it out in {self._label}/.dockerignore, and create it in the Dockerfile: RUN ln -s"
        return Fault(Place(self._shown(path)), problem, action)

    def _refuse(self, path: str, problem: str, action: str) -> None:
        action = f"{action}, or leave it out in {self._label}/.dockerignore"
        self._faults.append(Fault(Place(self._shown(path)), problem, action))

    def _shown(self, path: str) -> str:
        return f"{self._label}/{_printable(path)}".rstrip("/")


def _is_folder(child: os.DirEntry[bytes]) -> bool:
    """Some file systems do not tell kinds with names; what cannot be asked for its kind is told in `_add`."""
    try:
        return child.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _leaves(path: str, links: Mapping[str, str]) -> bool:
    """Whether the link at `path` leaves the context, by itself or through other links of the context."""
    here = path.split("/")[:-1]
    ahead, followed = _parts(links[path]), 0
    while ahead:
        part = ahead.pop()
        if part == "" or (part == ".." and not here):
            return True
        here = here[:-1] if part == ".." else [*here, part]
        if (onward := links.get("/".join(here))) and followed < _LINKS:
            here, followed = here[:-1], followed + 1
            ahead.extend(_parts(onward))
    return False


def _parts(target: str) -> list[str]:
    """The steps of a link, the first one last; "" is the step to the root of the file system."""
    steps = [part for part in target.split("/") if part not in ("", ".")]
    return [*reversed(steps), *([""] if target.startswith("/") else [])]


def _printable(path: str) -> str:
    r"""A path for a message: bytes that are not UTF-8 and control characters as `\x1b`."""
    text = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return _UNFIT.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def _unreadable(shown: str, error: OSError, action: str = "correct that, or leave it out in .dockerignore") -> Fault:
    if error.errno in (errno.ENOENT, errno.ESTALE):
        return Fault(Place(shown), "it changed while it was being read", "run this again")
    problem = f"cannot be read: {(error.strerror or str(error)).lower()}"
    return Fault(Place(shown), problem, action)
