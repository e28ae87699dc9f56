"""Files that are put in place whole or not at all."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

TEMPORARY: Final = ".forebear-write-"
"""How the name of a file begins that is being written; one that a killed process left counts for nothing."""

_STALE = 3600
_FEW = 32


class Unwritable(OSError):
    """The file of that number among those given cannot be written, for the reason of `__cause__`."""

    def __init__(self, number: int, cause: OSError) -> None:
        super().__init__(cause.errno, cause.strerror or str(cause))
        self.number = number


def replace(target: Path, data: bytes) -> None:
    """Put a file in place; raises OSError with the old one untouched."""
    temporary = _stage(target, data, flush=True)
    try:
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def replace_all(files: Sequence[tuple[Path, bytes]]) -> None:
    """Put many files in place, each as `replace` does; all are on the disk before the first is seen.

    Many are flushed together, by sync(2), which on Linux waits for the disk: a flush of each of 10,000 takes minutes.
    Raises Unwritable; while files are being written all are untouched then.
    """
    staged: list[Path] = []
    try:
        for number, (target, data) in enumerate(files):
            with _numbered(number):
                staged.append(_stage(target, data, flush=len(files) <= _FEW))
        if len(files) > _FEW:
            os.sync()
        for number, (temporary, (target, _)) in enumerate(zip(staged, files, strict=True)):
            with _numbered(number):
                temporary.replace(target)
    except BaseException:
        for temporary in staged:
            temporary.unlink(missing_ok=True)
        raise


@contextmanager
def _numbered(number: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unwritable(number, error) from error


def sweep(folder: Path) -> None:
    """Remove what a process that was killed in the middle of a write left behind, an hour ago or more."""
    with os.scandir(folder) as children:
        left = [each for each in children if each.name.startswith(TEMPORARY)]
    for each in left:
        with suppress(OSError):
            if each.stat(follow_symlinks=False).st_mtime < datetime.now(UTC).timestamp() - _STALE:
                os.unlink(each.path)  # noqa: PTH108 - a string is enough


def _stage(target: Path, data: bytes, *, flush: bool) -> Path:
    """Write what is to be `target` beside it, with its owner and mode where it exists, else the umask's."""
    temporary = target.with_name(f"{TEMPORARY}{secrets.token_hex(8)}")
    try:
        with temporary.open("xb") as file:
            with suppress(FileNotFoundError):
                _take_over(file.fileno(), target.stat())
            file.write(data)
            file.flush()
            if flush:
                os.fsync(file.fileno())
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _take_over(descriptor: int, status: os.stat_result) -> None:
    with suppress(PermissionError):
        os.fchown(descriptor, status.st_uid, status.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
