"""The project's files: find the root, read, write atomically, one writer at a time."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from forebear import atomic
from forebear.errors import Busy, Fault, InputError, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

LINEAGE: Final = "lineage.yml"
STATE: Final = ".forebear"
TEMPLATES: Final = "templates"
TEMPLATE_LIMIT: Final = 4 << 20
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC


def find_root(start: Path) -> Path:
    """The nearest folder, from `start` upwards, that holds lineage.yml; raises InputError if none does."""
    here = Path(os.path.realpath(start))
    if not os.path.isdir(here):  # noqa: PTH112 - Path.is_dir raises where it may not look
        _refuse(str(start), "there is no such folder", "name the folder of a project, or one inside it")
    holds = (folder for folder in (here, *here.parents) if os.path.isfile(folder / LINEAGE))  # noqa: PTH113
    if (root := next(holds, None)) is None:
        _refuse(str(start), f"there is no {LINEAGE}, here or in a folder above", "start one with: forebear init")
    return root


@dataclass(frozen=True, slots=True)
class Workspace:
    """The folder of one project. Paths given to it are relative to `root` and never leave it."""

    root: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "root", self.root.resolve())

    @property
    def state(self) -> Path:
        """Where caches, logs and the lock are; `prepare` creates it."""
        return self.root / STATE

    def prepare(self) -> Path:
        """Create `state`, out of the sight of git; raises InputError where that cannot be."""
        try:
            self.state.mkdir(exist_ok=True)
            if not (self.state / ".gitignore").exists():
                atomic.replace(self.state / ".gitignore", b"*\n")
        except OSError as error:
            _refuse_write(STATE, error)
        return self.state

    def exists(self, relative: str) -> bool:
        """Whether something is there; raises InputError for a path that leaves the root."""
        return os.path.exists(self._inside(relative))  # noqa: PTH110 - false where it may not look

    def read(self, relative: str, *, limit: int) -> bytes:
        """The bytes of a file, at most `limit`; raises InputError for anything else than such a file."""
        return _read(self.root, self._inside(relative), relative, limit)

    def read_text(self, relative: str, *, limit: int) -> str:
        """As `read`, for UTF-8; raises InputError with line and column of the first byte that is not."""
        return _decode(self.read(relative, limit=limit), relative)

    def write(self, relative: str, data: bytes) -> bool:
        """Put `data` in place whole or not at all; whether anything had to be written.

        A file's mode is kept, missing folders are created, a link inside the root is written through.
        Raises InputError with the old file untouched where that cannot be (full, read-only, a folder).
        """
        try:
            target = self._outdated(relative, data)
            if target:
                atomic.replace(target, data)
        except OSError as error:
            _refuse_write(relative, error)
        return target is not None

    def write_all(self, files: Iterable[tuple[str, bytes]]) -> tuple[str, ...]:
        """As `write` for many; the paths of those that had to be written.

        Where one cannot be written, all are untouched, but for what goes wrong while they are put in place.
        """
        changed: list[str] = []
        outdated: list[tuple[Path, bytes]] = []
        for relative, data in files:
            try:
                target = self._outdated(relative, data)
            except OSError as error:
                _refuse_write(relative, error)
            if target:
                changed.append(relative)
                outdated.append((target, data))
        try:
            atomic.replace_all(outdated)
        except atomic.Unwritable as error:
            _refuse_write(changed[error.number], error)
        return tuple(changed)

    def _outdated(self, relative: str, data: bytes) -> Path | None:
        """The path to replace, in a folder that is there; None where the file has exactly these bytes."""
        target = self._target(relative)
        if _holds(target, data):
            return None
        target.parent.mkdir(parents=True, exist_ok=True)
        atomic.sweep(target.parent)
        return target

    def template_loader(self) -> Callable[[str], str | None]:
        """Texts of templates by their path below templates/, None for one that is not there.

        Each is read once. The function raises InputError for a file that is unreadable, not UTF-8,
        or that a link takes from outside of templates/.
        """
        base = Path(os.path.realpath(self.root / TEMPLATES))

        @cache
        def load(name: str) -> str | None:
            relative = f"{TEMPLATES}/{name}"
            if not _is_below(str(base), self.root):
                _refuse_leaving(TEMPLATES)
            path = _confine(base, name, relative)
            if not os.path.lexists(path):
                return None
            return _decode(_read(base, path, relative, TEMPLATE_LIMIT), relative)

        return load

    def fingerprint(self, relative: str) -> bytes | None:
        """A digest of the names and contents of all files below a folder; None where one is no good template."""
        digest = hashlib.sha256()
        base = self._inside(relative)
        try:
            for folder, folders, files in os.walk(base):
                folders.sort()
                for path in sorted(Path(folder, name) for name in files):
                    data = _read(base, path, str(path), TEMPLATE_LIMIT)
                    digest.update(f"{path.relative_to(base)!r} {len(data)} ".encode() + data)
        except InputError:
            return None
        return digest.digest()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only writer in this project; raises Busy at once where another one is.

        The system frees the lock of a process that dies; the lock's file stays and only names its holder.
        """
        path = self.prepare() / "lock"
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            _refuse_write(f"{STATE}/lock", error)
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            _lock(descriptor)
            with suppress(OSError):
                file.truncate()
                file.write(f"{os.getpid()} {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}".encode())
            try:
                yield
            finally:
                with suppress(OSError):
                    file.truncate(0)

    def _inside(self, relative: str) -> Path:
        return _confine(self.root, relative, relative)

    def _target(self, relative: str) -> Path:
        """The path to replace: where a link leads, so that the link stays."""
        target = self._inside(relative)
        if target.is_dir():
            _refuse(relative, "is a folder; a file is to be written there", "move it away")
        real = os.path.realpath(target)
        if not _is_below(real, self.root):
            _refuse_leaving(relative)
        return Path(real)


def _confine(base: Path, name: str, shown: str) -> Path:
    """`base / name`, which by its words alone must stay inside."""
    parts = name.split("/")
    if not name or name.startswith("/") or ".." in parts or "\0" in name:
        _refuse(shown, f"the path is not one inside {base.name}/", "write it without `..` and a leading `/`")
    return base.joinpath(*parts)


def _read(base: Path, path: Path, shown: str, limit: int) -> bytes:
    """A regular file below `base`. What was opened is judged, not what the path said a moment ago."""
    try:
        descriptor = os.open(path, _READ)
    except OSError as error:
        _refuse_read(shown, error)
    try:
        if not _is_below(_real(descriptor, path), base):
            _refuse_leaving(shown)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            _refuse(shown, "is a folder, or no regular file", "put a file in its place")
        data = _read_all(descriptor, limit)
    except OSError as error:
        _refuse_read(shown, error)
    finally:
        os.close(descriptor)
    if len(data) > limit:
        _refuse(shown, f"has more than {limit:,} bytes, which is the limit", "make it smaller")
    return data


def _read_all(descriptor: int, limit: int) -> bytes:
    """All bytes, or one more than `limit` of them."""
    data = bytearray()
    while part := os.read(descriptor, min(1 << 16, limit + 1 - len(data))):
        data += part
    return bytes(data)


def _real(descriptor: int, path: Path) -> str:
    """Where an open file is, all links followed; by its path where there is no /proc."""
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115 - a string is enough
    except OSError:
        return os.path.realpath(path)


def _is_below(real: str, folder: Path) -> bool:
    return real.startswith(str(folder).rstrip("/") + "/")


def _decode(data: bytes, shown: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before.rpartition(b"\n")[2].decode()) + 1
        place = Place(shown, line, column)
        raise InputError([Fault(place, "is not UTF-8 here", "save the file as UTF-8")]) from None


def _holds(path: Path, data: bytes) -> bool:
    """Whether the file has exactly these bytes."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size == len(data) and path.read_bytes() == data


def _lock(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid, _, since = os.pread(descriptor, 100, 0).decode(errors="replace").partition(" ")
        holder = f" (process {pid}, since {since})" if since else ""
        problem = f"another forebear is at work in this project{holder}"
        raise Busy(problem, "wait until it is done, then run this again") from None
    except OSError as error:
        _refuse_write(f"{STATE}/lock", error)


def _refuse_leaving(shown: str) -> NoReturn:
    _refuse(shown, "a symbolic link takes it outside of its folder", "replace the link by the file itself")


def _refuse_read(shown: str, error: OSError) -> NoReturn:
    if isinstance(error, FileNotFoundError):
        _refuse(shown, "there is no such file", "create it, or correct the path")
    problem = f"cannot be read: {(error.strerror or str(error)).lower()}"
    _refuse(shown, problem, "correct that, then run this again")


def _refuse_write(shown: str, error: OSError) -> NoReturn:
    problem = f"cannot be written: {(error.strerror or str(error)).lower()}; what was there is untouched"
    _refuse(shown, problem, "correct that, then run this again")


def _refuse(shown: str, problem: str, action: str) -> NoReturn:
    raise InputError([Fault(Place(shown), problem, action)]) from None
