"""Locks on an engine's folder; they end with the process that holds them, however it ends."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCKS = Path("/run/lock/forebear")  # not in the folder, which may be removed while another waits for its lock


@contextmanager
def changing(folder: Path, seconds: float = 900) -> Iterator[None]:
    """Be the only one that changes `folder`; wait for another at most `seconds`."""
    lock = _open(folder, "changing")
    deadline = time.monotonic() + seconds
    while not _alone(lock):
        if time.monotonic() > deadline:
            raise EngineError(f"another tools/engine is at work on {folder} for {seconds:.0f} s; end it first")
        time.sleep(0.05)
    try:
        yield
    finally:
        os.close(lock)


@contextmanager
def using(folder: Path) -> Iterator[None]:
    """Say that the engine in `folder` is in use; any number of users at once."""
    lock = _open(folder, "using")
    fcntl.flock(lock, fcntl.LOCK_SH)
    try:
        yield
    finally:
        os.close(lock)


def in_use(folder: Path) -> bool:
    """Whether somebody uses the engine in `folder`."""
    lock = _open(folder, "using")
    try:
        return not _alone(lock)
    finally:
        os.close(lock)


def _open(folder: Path, purpose: str) -> int:
    if os.geteuid() != 0:
        raise EngineError("a private engine needs root; run this as root, or set DOCKER_HOST to an engine")
    LOCKS.mkdir(parents=True, exist_ok=True)
    return os.open(LOCKS / f"{quote(str(folder), safe='')}.{purpose}", os.O_RDWR | os.O_CREAT, 0o600)


def _alone(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
