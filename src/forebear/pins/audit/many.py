"""Audit many files: in several processes where there are enough of them to pay for that."""

from __future__ import annotations

import multiprocessing
import os
import signal
import warnings
from itertools import islice
from typing import TYPE_CHECKING, Final

from forebear.pins.audit.kinds import Kind, kind_of, reader
from forebear.pins.audit.model import WHOLE_FILE, Trouble
from forebear.pins.audit.tree import LIMIT, Entry, Obstacle, content

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from multiprocessing.pool import Pool

    from forebear.pins.audit.judge import Judge, Judged
    from forebear.pins.audit.model import Use

_CHUNK: Final = 50
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_WORTH: Final = 200
"""From this many files on, starting processes costs less than they save."""


def judged(entries: Sequence[Entry], judge: Judge, jobs: int) -> list[Judged]:
    """What there is to tell of each file that is of a kind; in any order, by `jobs` processes at most."""
    if jobs <= 1 or len(entries) < _WORTH or "fork" not in multiprocessing.get_all_start_methods():
        return list(_judged(entries, judge))
    _Work.judge = judge
    pool = _pool(jobs)
    try:
        found = [each for chunk in pool.imap_unordered(_Work.chunk, _chunks(entries)) for each in chunk]
    except BaseException:
        pool.terminate()
        raise
    pool.close()
    pool.join()
    return found


def _pool(jobs: int) -> Pool:
    """The processes; a signal that comes before one of them has begun waits until it has."""
    with warnings.catch_warnings():  # of a process with threads, which forebear does not have here
        warnings.simplefilter("ignore", DeprecationWarning)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            return multiprocessing.get_context("fork").Pool(jobs, _Work.begin)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Work:
    """What the processes share: forked ones have it without being told."""

    judge: Judge

    @staticmethod
    def begin() -> None:
        """Leave it to the first process to be interrupted; end at once when that says so."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

    @staticmethod
    def chunk(entries: Sequence[Entry]) -> list[Judged]:
        return list(_judged(entries, _Work.judge))


def _chunks(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    rest = iter(entries)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk


def _judged(entries: Iterable[Entry], judge: Judge) -> Iterator[Judged]:
    for entry in entries:
        if (one := _one(entry, judge)) is not None:
            yield one


def _one(entry: Entry, judge: Judge) -> Judged | None:
    data = content(entry)
    if isinstance(data, Obstacle):
        return judge.judge(entry.path, b"", [data.trouble])
    kind = kind_of(entry.path, data)
    if kind is None:
        return None
    if len(data) > LIMIT:
        problem = f"this has more than {LIMIT:,} bytes"
        return judge.judge(
            entry.path, b"", [Trouble("malformed", WHOLE_FILE, problem, "make it smaller, or exclude it")]
        )
    return judge.judge(entry.path, data, _found(entry, kind, data))


def _found(entry: Entry, kind: Kind, data: bytes) -> Iterable[Use | Trouble]:
    """What a file's reader finds; a compose file gets its variables from the `.env` beside it."""
    if kind is not Kind.COMPOSE or b"$" not in data:
        return reader(kind)(data, entry.path)
    from forebear.pins.audit import compose, dotenv

    beside = os.path.join(os.path.dirname(entry.real), dotenv.FILE)  # noqa: PTH118, PTH120 - a string is enough
    environment = b"" if os.path.islink(beside) else content(Entry(dotenv.FILE, beside))  # noqa: PTH114
    return compose.read(data, entry.path, b"" if isinstance(environment, Obstacle) else environment[:LIMIT])
