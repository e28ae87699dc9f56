"""What was once asked of the engine: the facts of an image never change for its ID. Only an accelerator."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any, Final

from forebear.engine.model import Facts

if TYPE_CHECKING:
    from pathlib import Path

_FORMAT: Final = 1
_KEPT: Final = 20_000
"""How many images are remembered, the last ones learnt: two large families. What is forgotten is asked again."""


class Memory:
    """Facts by image ID, or by a reference with a digest; kept in a file, for several threads and processes.

    A file that cannot be read or written costs time and nothing else.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._known: dict[str, str] = {}
        self._new: dict[str, str] = {}
        try:
            with suppress(sqlite3.OperationalError):  # in use just now, or not to be had
                self._load()
        except sqlite3.DatabaseError:
            _discard(path)

    def _load(self) -> None:
        with closing(self._open()) as database:
            self._known = dict(database.execute("SELECT id, facts FROM images"))

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, timeout=10)
        try:
            _prepare(database)
        except sqlite3.Error:
            database.close()
            raise
        return database

    def get(self, image: str) -> Facts | None:
        """The facts of an image, if they are known."""
        text = self._known.get(image)
        return _read(text) if text else None

    def put(self, image: str, facts: Facts) -> None:
        """Remember the facts of an image."""
        with self._lock:
            self._known[image] = self._new[image] = _write(facts)

    def save(self) -> None:
        """Write what is new to the file."""
        if not self._new:
            return
        with self._lock, suppress(sqlite3.Error, OSError), closing(self._open()) as database, database:
            database.executemany("INSERT OR REPLACE INTO images VALUES (?, ?)", self._new.items())
            database.execute("DELETE FROM images WHERE rowid <= (SELECT max(rowid) FROM images) - ?", (_KEPT,))
            self._new.clear()


def _prepare(database: sqlite3.Connection) -> None:
    if database.execute("PRAGMA user_version").fetchone()[0] != _FORMAT:
        database.executescript(
            "DROP TABLE IF EXISTS images; CREATE TABLE images (id TEXT PRIMARY KEY, facts TEXT);"
            f"PRAGMA user_version = {_FORMAT};"
        )


def _discard(path: Path) -> None:
    """Remove a file that is no database any more, so that the next `save` begins a new one."""
    with suppress(OSError):
        path.unlink()


def _write(facts: Facts) -> str:
    return json.dumps([getattr(facts, name) for name in Facts.__slots__], separators=(",", ":"))


def _read(text: str) -> Facts | None:
    try:
        return Facts(*(_frozen(value) for value in json.loads(text)))
    except (ValueError, TypeError, RecursionError):
        return None


def _frozen(value: Any) -> Any:
    return tuple(_frozen(each) for each in value) if isinstance(value, list) else value
