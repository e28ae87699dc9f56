"""The digests of files, remembered: a cache that spares a second reading and can be lost without loss."""

from __future__ import annotations

import errno
import hashlib
import os
import sqlite3
import struct
import time
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final, Self
from zlib import crc32

from forebear.build.spare import spare
from forebear.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from forebear.workspace import Workspace

FORMAT: Final = 1
DATABASE: Final = "digests.db"
_MEMORY: Final = ":memory:"

_NEW = f"""
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS file
    (path BLOB PRIMARY KEY, stamp BLOB NOT NULL, sealed BLOB NOT NULL) WITHOUT ROWID;
PRAGMA user_version = {FORMAT};
"""
_OPEN = """
PRAGMA synchronous = NORMAL;
SELECT path, stamp, sealed FROM file LIMIT 0;
"""
_STAMP = struct.Struct("=QqqQQ")
_PART = 1 << 20
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

# Within one tick of its clock a file can change twice and keep its times. Linux ticks every 10 ms or
# faster; times in whole seconds come from a file system that knows no smaller ones (FAT: every other).
_SECOND = 1_000_000_000
_FINE_TICK, _COARSE_TICK = _SECOND // 10, 2 * _SECOND

# Written at once: many small files together, a big one as soon as it has been read.
_MANY, _BIG = 2000, 16 << 20

# What says that the file is no database of this format, and not that another process has it just now.
_USELESS = {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}

Row = tuple[bytes, bytes]
"""The stamp of a file when it was read, and the SHA-256 of what was read, sealed."""


class Changed(OSError):
    """A file is no longer what its status said."""

    def __init__(self) -> None:
        super().__init__(errno.ESTALE, "it changed while it was being read")


class _Foreign(sqlite3.DatabaseError):
    """A database of another format."""

    sqlite_errorcode = sqlite3.SQLITE_NOTADB


class Digests:
    """The digests of the files of one project, kept in its `digests.db`.

    For several threads and several processes at once. A database that is damaged, of another format or
    in a folder that cannot be written to costs the memory of past runs and nothing else.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._root = os.fsencode(workspace.root) + b"/"
        self._lock = Lock()
        self._learnt: dict[bytes, Row] = {}
        self._path = _path(workspace)
        self._database = _open(self._path)
        self._empty = _is_empty(self._database)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Write what was learnt; the object is of no use afterwards."""
        self.flush()
        with self._lock:
            self._database.close()

    def of(self, path: Path, stat: os.stat_result) -> str:
        """The SHA-256 of a regular file, in hex; `stat` is its status, links not followed.

        Raises OSError where the file cannot be read, and Changed, which is one, where it is another now.
        """
        name = os.fsencode(path)
        key = self._key(name)
        known = self._learnt.get(key)
        return Folder(self, {key: known} if known else self._select(key, key + b"\0")).of(name, stat)

    def below(self, folder: Path) -> Folder:
        """What past runs knew of the files below a folder, by one query; what this one learnt may be missing."""
        if self._empty:
            return Folder(self, {})
        start = self._key(os.fsencode(folder) + b"/")
        return Folder(self, self._select(start, start[:-1] + b"0" if start else b"\xff"))

    def flush(self) -> None:
        """Write what was learnt since the last time."""
        with self._lock:
            rows = [(key, *row) for key, row in self._learnt.items()]
            self._learnt.clear()
        self._write("INSERT OR REPLACE INTO file VALUES (?, ?, ?)", rows)

    def _key(self, path: bytes) -> bytes:
        return path.removeprefix(self._root)

    def _learn(self, key: bytes, row: Row, size: int) -> None:
        with self._lock:
            self._learnt[key] = row
            enough = len(self._learnt) >= _MANY or size >= _BIG
        if enough:
            self.flush()

    def _forget(self, keys: Iterable[bytes]) -> None:
        """Drop the rows of files that are no more."""
        gone = [(key,) for key in keys if not os.path.lexists(os.path.join(self._root, key))]  # noqa: PTH118 - bytes
        self._write("DELETE FROM file WHERE path = ?", gone)

    def _select(self, start: bytes, end: bytes) -> dict[bytes, Row]:
        query = "SELECT path, stamp, sealed FROM file WHERE path >= ? AND path < ?"
        try:
            with self._lock:
                rows = self._database.execute(query, (start, end)).fetchall()
        except sqlite3.Error as error:
            self._renew(error)
            return {}
        return {key: (stamp, sealed) for key, stamp, sealed in rows}

    def _write(self, statement: str, rows: Sequence[tuple[bytes, ...]]) -> None:
        if not rows:
            return
        try:
            with self._lock, self._database:
                self._database.execute("BEGIN IMMEDIATE")
                self._database.executemany(statement, rows)
        except sqlite3.Error as error:
            self._renew(error)

    def _renew(self, error: sqlite3.Error) -> None:
        """Start again where the database turned out to be damaged; leave it where it was only in use."""
        if _is_useless(error):
            with self._lock:
                self._database.close()
                _discard(self._path)
                self._database = _open(self._path)


class Folder:
    """What was known of some files at one moment, for one thread to ask and to add to."""

    def __init__(self, digests: Digests, known: dict[bytes, Row]) -> None:
        self._digests = digests
        self._known = known

    def of(self, path: bytes, stat: os.stat_result) -> str:
        """As Digests.of, without a query."""
        key = self._digests._key(path)
        stamp = _stamp(stat)
        before = self._known.pop(key, None)
        if before and before[0] == stamp and (known := _unseal(*before)):
            return known.hex()
        started = time.time_ns()
        digest = _read(path, stamp)
        if _settled(stat, started):
            self._digests._learn(key, (stamp, _seal(stamp, digest)), stat.st_size)
        return digest.hex()

    def forget_rest(self) -> None:
        """Drop what was known of files that nobody asked for, where they are no more."""
        self._digests._forget(self._known)


def _stamp(stat: os.stat_result) -> bytes:
    return _STAMP.pack(stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino, stat.st_dev)


def _seal(stamp: bytes, digest: bytes) -> bytes:
    """With a check sum: SQLite has none, and would hand out what a damaged disk made of a row."""
    return digest + crc32(stamp + digest).to_bytes(4, "big")


def _unseal(stamp: bytes, sealed: bytes) -> bytes | None:
    digest = sealed[:-4]
    return digest if sealed == _seal(stamp, digest) else None


def _settled(stat: os.stat_result, started: int) -> bool:
    """Whether a file that was read from `started` on (ns) cannot have changed since without a trace.

    A time of change that lies ahead was set by hand, and would not survive a change.
    """
    changed = max(stat.st_ctime_ns, stat.st_mtime_ns if stat.st_mtime_ns <= started else 0)
    tick = _FINE_TICK if stat.st_ctime_ns % _SECOND else _COARSE_TICK
    return changed + tick <= started


def _read(path: bytes, stamp: bytes) -> bytes:
    """The SHA-256 of a file that has this stamp before and after."""
    digest = hashlib.sha256()
    descriptor = os.open(path, _FLAGS)
    try:
        while part := os.read(descriptor, _PART):
            digest.update(part)
        if _stamp(os.fstat(descriptor)) != stamp:
            raise Changed
    finally:
        os.close(descriptor)
    return digest.digest()


def _path(workspace: Workspace) -> str:
    try:
        workspace.prepare()
    except InputError:
        return _MEMORY
    return str(spare(workspace) / DATABASE)


def _open(path: str) -> sqlite3.Connection:
    """The database, a new one where the old one is useless, or one in memory where none can be had."""
    for _ in range(2):
        try:
            return _connect(path)
        except sqlite3.Error as error:
            if not _is_useless(error):
                break
            _discard(path)
    return _connect(_MEMORY)


def _connect(path: str) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        found = database.execute("PRAGMA user_version").fetchone()[0]
        if found not in (0, FORMAT):
            raise _Foreign
        database.executescript(_OPEN if found else _NEW + _OPEN)
    except sqlite3.Error:
        database.close()
        raise
    return database


def _is_empty(database: sqlite3.Connection) -> bool:
    """Whether it holds nothing of past runs; one that cannot be read will tell when it is asked."""
    with suppress(sqlite3.Error):
        return database.execute("SELECT 1 FROM file LIMIT 1").fetchone() is None
    return False


def _is_useless(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF in _USELESS


def _discard(path: str) -> None:
    for suffix in ("", "-wal", "-shm"):
        with suppress(OSError):
            Path(path + suffix).unlink()
