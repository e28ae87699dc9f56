"""The entries of two layers side by side, in a database on the disk: memory does not grow with the layers."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from dataclasses import fields
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Final

from forebear.contents.entries import Entry
from forebear.errors import BuildFailed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_NAMES: Final = tuple(field.name for field in fields(Entry))
_ROW: Final = attrgetter(*_NAMES)
_COLUMNS: Final = ", ".join(_NAMES)
_TABLE: Final = f"CREATE TABLE entries ({_COLUMNS}, side, position, nth, PRIMARY KEY (side, path, nth)) WITHOUT ROWID"
_VALUES: Final = ", ".join(f"?{n + 3}" for n in range(len(_NAMES)))
_NTH: Final = "(SELECT coalesce(max(nth) + 1, 0) FROM entries WHERE side = ?1 AND path = ?3)"
_ADD: Final = f"INSERT INTO entries VALUES ({_VALUES}, ?1, ?2, {_NTH})"  # noqa: S608 (of constants alone)
_ALL: Final = "SELECT path, nth, side, * FROM entries ORDER BY path, nth, side"
_PARTING: Final = """
    SELECT path, here, there FROM (
        SELECT path, one.position AS here, two.position AS there,
               lag(two.position) OVER (ORDER BY one.position) AS before
        FROM entries AS one JOIN entries AS two USING (path, nth)
        WHERE one.side = 0 AND two.side = 1
    ) WHERE there < before ORDER BY here LIMIT 1
"""


class Index:
    """The entries of the first layer (side 0) and of the second (side 1)."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._database.execute(_TABLE)

    def add(self, side: int, entries: Iterable[Entry]) -> None:
        """Take a layer's entries, in its order."""
        rows = ((side, position, *_ROW(entry)) for position, entry in enumerate(entries))
        self._database.executemany(_ADD, rows)

    def pairs(self) -> Iterator[tuple[Entry | None, Entry | None]]:
        """By path, what each layer has; where a path is twice in a layer, the first with the first."""
        for _, rows in groupby(self._database.execute(_ALL), key=itemgetter(0, 1)):
            sides = {row[2]: Entry(*row[3 : 3 + len(_NAMES)]) for row in rows}
            yield sides.get(0), sides.get(1)

    def parting(self) -> tuple[bytes, int, int] | None:
        """The first entry that in the second layer is before its forerunner, with its places, which count from 0."""
        found: tuple[bytes, int, int] | None = self._database.execute(_PARTING).fetchone()
        return found


@contextmanager
def new_index() -> Iterator[Index]:
    """An empty one, in the temporary folder. Raises BuildFailed where that is full."""
    try:
        # The name "" is that of a database of one's own which is on the disk, and goes with its connection.
        with closing(sqlite3.connect("")) as database:
            database.execute("PRAGMA journal_mode = OFF")
            database.execute("PRAGMA synchronous = OFF")
            yield Index(database)
    except sqlite3.Error as error:
        problem = f"two layers cannot be compared in the temporary folder: {error}"
        raise BuildFailed(problem, "make room there, or name another folder in TMPDIR") from error
