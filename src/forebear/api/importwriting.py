"""Writing an import: all of it or nothing, also where the process is killed in between."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from forebear.errors import InputError
from forebear.jsontext import parse, refused
from forebear.workspace import STATE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forebear.workspace import Workspace

JOURNAL: Final = f"{STATE}/import.json"
"""What an import that is at work changes; it is there only as long."""

_LIMIT: Final = 1 << 30
_REMOVE: Final = "remove it, and look at what an import that was broken off has left"


@dataclass(frozen=True, slots=True)
class Change:
    """A file that an import writes: what it holds before, None where there is none, and after."""

    path: str
    before: str | None
    after: str


def write(workspace: Workspace, changes: Iterable[Change]) -> None:
    """Make all changes, in order. Raises InputError with everything as it was where one cannot be made."""
    with workspace.locked():
        undo(workspace)
        whole = list(changes)
        workspace.write(JOURNAL, _journal(whole))
        try:
            for each in whole:
                workspace.write(each.path, each.after.encode())
        except BaseException:
            undo(workspace)
            raise
        (workspace.root / JOURNAL).unlink()


def undo(workspace: Workspace) -> None:
    """Take back what an import did that did not come to its end; what was edited since stays as it is."""
    if not workspace.exists(JOURNAL):
        return
    rows = parse(workspace.read(JOURNAL, limit=_LIMIT), JOURNAL, _REMOVE)
    try:
        # New files go first: that makes room on a full disk for those that are written again.
        done = sorted(((str(p), b and str(b), str(a)) for p, b, a in rows), key=lambda row: row[1] is not None)
    except (TypeError, ValueError):
        raise refused(JOURNAL, "", "this is no journal of an import", _REMOVE) from None
    for path, before, after in done:
        if _holds(workspace, path, after):
            _restore(workspace, path, before)
    for path, before, _ in done:
        with suppress(OSError):
            if before is None:
                (workspace.root / path).parent.rmdir()  # what is not empty stays
    (workspace.root / JOURNAL).unlink()


def _journal(changes: Iterable[Change]) -> bytes:
    rows = [(each.path, each.before, sha256(each.after.encode()).hexdigest()) for each in changes]
    return json.dumps(rows).encode()


def _holds(workspace: Workspace, path: str, digest: str) -> bool:
    try:
        return sha256(workspace.read(path, limit=_LIMIT)).hexdigest() == digest
    except InputError:
        return False


def _restore(workspace: Workspace, path: str, before: str | None) -> None:
    if before is not None:
        workspace.write(path, before.encode())
    else:
        (workspace.root / path).unlink()
