"""Work that two processes share: the same comes of it, whatever becomes of the second one."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from forebear.errors import Fault, InputError, Place
from forebear.halves import WORTH, shared

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HERE = os.getpid()
MANY = range(WORTH + 1)


def where(items: Sequence[int]) -> tuple[bool, list[int]]:
    """Whether this process did it, and the items."""
    return os.getpid() == HERE, list(items)


@pytest.fixture(autouse=True)
def _two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(threading, "active_count", lambda: 1)  # a test runner may have threads of its own


def test_the_second_half_is_done_elsewhere() -> None:
    assert shared(where, MANY) == ((True, list(MANY[: WORTH // 2])), (False, list(MANY[WORTH // 2 :])))


def test_few_are_done_here() -> None:
    assert shared(where, MANY[:-2]) == ((True, list(MANY[:-2])),)


def test_with_threads_or_one_processor_all_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "active_count", lambda: 2)
    assert shared(where, MANY) == ((True, list(MANY)),)
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert shared(where, MANY) == ((True, list(MANY)),)


def killed(items: Sequence[int]) -> tuple[bool, list[int]]:
    """As `where`, but elsewhere it is killed."""
    if os.getpid() != HERE:
        os.kill(os.getpid(), signal.SIGKILL)
    return where(items)


def failing(items: Sequence[int]) -> tuple[bool, list[int]]:
    """As `where`, but elsewhere it fails."""
    if os.getpid() != HERE:
        raise ValueError
    return where(items)


@pytest.mark.parametrize("work", [killed, failing])
def test_what_the_second_process_did_not_do_is_done_here(work: object, capfd: pytest.CaptureFixture[str]) -> None:
    assert callable(work)
    assert [each for _, each in shared(work, MANY)] == [list(MANY[: WORTH // 2]), list(MANY[WORTH // 2 :])]
    assert capfd.readouterr() == ("", "")


def test_what_the_work_raises_is_passed_on_and_leaves_no_process() -> None:
    def work(items: Sequence[int]) -> None:
        if os.getpid() == HERE:
            raise KeyboardInterrupt
        signal.pause()

    with pytest.raises(KeyboardInterrupt):
        shared(work, MANY)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_faults_come_back_as_they_are(tmp_path: Path) -> None:
    def work(items: Sequence[int]) -> list[Fault]:
        return [Fault(Place("lineage.yml", items[0], 1, "a"), "is wrong", "correct it")]

    first, second = shared(work, MANY)
    assert second == work(MANY[WORTH // 2 :])
    assert str(InputError([*first, *second])).count("is wrong") == 2
