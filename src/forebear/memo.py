"""What was once computed, by the digest of all it was computed from: only an accelerator.

It is kept in the user's own cache folder and never in a project: a project that somebody else wrote could
bring answers of its own.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_FORMAT: Final = 1
_KEPT: Final = 64
"""How many answers of a kind are kept: the oldest go. A family of 10,000 takes some 5 MB an answer."""

_PACKAGE: Final = Path(__file__).parent


def folder() -> Path:
    """Where it is kept (XDG Base Directory specification, XDG_CACHE_HOME)."""
    base = os.environ.get("XDG_CACHE_HOME") or ""
    home = Path(base) if Path(base).is_absolute() else Path.home() / ".cache"
    return home / "forebear"


def key(kind: str, *parts: bytes) -> str:
    """The digest of what an answer is computed from: its parts, and the code that computes it."""
    digest = hashlib.sha256(f"{_FORMAT} {kind} {_code()}".encode())
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return f"{kind}:{digest.hexdigest()}"


def _code() -> str:
    """What tells one state of forebear's code from another: its files, with the times of their last changes."""
    rooms = (_PACKAGE, _PACKAGE / "lineage", _PACKAGE / "dockerfile", _PACKAGE / "dockerfile" / "macros")
    return repr([(each.name, each.stat().st_mtime_ns) for room in rooms for each in _files(room)])


def _files(room: Path) -> Iterable[os.DirEntry[str]]:
    with os.scandir(room) as entries:
        return sorted((each for each in entries if each.name.endswith((".py", ".j2"))), key=lambda each: each.name)


def recall(name: str, compute: Callable[[], str]) -> str:
    """The answer of a key, computed where it is not known. What `compute` raises is passed on."""
    with suppress(sqlite3.Error, OSError, RuntimeError), closing(_open()) as database:
        row = database.execute("SELECT answer FROM answers WHERE key = ?", (name,)).fetchone()
        if row:
            return str(row[0])
    answer = compute()
    with suppress(sqlite3.Error, OSError, RuntimeError), closing(_open()) as database, database:
        database.execute("INSERT OR REPLACE INTO answers (key, answer) VALUES (?, ?)", (name, answer))
        database.execute(
            "DELETE FROM answers WHERE key LIKE ? AND rowid <= (SELECT max(rowid) FROM answers) - ?",
            (name.partition(":")[0] + ":%", _KEPT),
        )
    return answer


def _open() -> sqlite3.Connection:
    home = folder()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = sqlite3.connect(home / "memo.db", timeout=5)
    if database.execute("PRAGMA user_version").fetchone()[0] != _FORMAT:
        database.executescript(
            "DROP TABLE IF EXISTS answers; CREATE TABLE answers (key TEXT UNIQUE, answer TEXT);"
            f"PRAGMA user_version = {_FORMAT};"
        )
    return database
