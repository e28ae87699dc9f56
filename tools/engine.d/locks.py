"""File locks that vanish with the process that holds them."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def held(path: Path, seconds: float = 600) -> Iterator[None]:
    """Hold the lock file `path` alone; wait for another holder at most `seconds`."""
    deadline = time.monotonic() + seconds
    while (lock := _try(path, fcntl.LOCK_EX)) is None:
        if time.monotonic() > deadline:
            raise Fault(f"another tools/engine has held {path} for {seconds:.0f} s; end it, then try again")
        time.sleep(0.1)
    try:
        yield
    finally:
        os.close(lock)


def in_use(path: Path) -> bool:
    """Whether some process holds a lock, shared or not, on `path`."""
    if not path.exists():
        return False
    lock = _try(path, fcntl.LOCK_EX)
    if lock is not None:
        os.close(lock)
    return lock is None


def share(path: Path) -> int:
    """Take a shared lock on `path` until the descriptor that is returned is closed, or its process ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def _try(path: Path, kind: int) -> int | None:
    """A descriptor that holds the lock; None when another has it or its holder has just removed the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        if _same(descriptor, path):
            return descriptor
    except BlockingIOError:
        pass
    os.close(descriptor)
    return None


def _same(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
