"""Runs of the cascade in tests: engines that behave in some way, and what a run told."""

from __future__ import annotations

import signal
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from forebear.build.events import Began, Ended, Event, Progress, Started
from forebear.errors import BuildFailed
from forebear.testing import FakeEngine

from ..projects import CHAIN, Site, outcomes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from forebear.engine.model import BuildRequest, EngineInfo, Log

FORK = """\
  fedora: {from: "fedora:25"}
  tomcat: {from: fedora}
  webapp: {from: tomcat}
  jdk: {from: fedora}
  tool: {from: jdk}
"""
SECONDS = 10
"""How long a thread waits for another before the test fails."""


class Overlay(FakeEngine):
    """An engine where an ID is no digest: parents are given by throw-away tags."""

    def info(self) -> EngineInfo:
        return replace(super().info(), store="overlay2")


class Slow(FakeEngine):
    """An engine whose builds of some images go on until they are cancelled."""

    def __init__(self, *endless: str) -> None:
        super().__init__()
        self.endless = endless
        self.cancelled = threading.Event()
        self.begun = threading.Event()

    def build(self, request: BuildRequest, log: Log) -> str:
        if dict(request.labels)["forebear.image"] in self.endless:
            self.begun.set()
            assert self.cancelled.wait(SECONDS)
            raise BuildFailed("interrupted")
        return super().build(request, log)

    def cancel(self) -> None:
        self.cancelled.set()


def on(engine: FakeEngine, root: Path, images: str = CHAIN) -> Site:
    """A project on an engine of its own."""
    made = Site(root, engine)
    engine.add("fedora:25", "os")
    made.declare(images)
    made.lock()
    return made


def ended(events: list[Event]) -> dict[str, Ended]:
    """How each image ended, in the order of the ends."""
    return {event.target.image: event for event in events if isinstance(event, Ended)}


def told(events: list[Event]) -> dict[str, str]:
    return outcomes([event for event in events if isinstance(event, Ended)])


def thrown_away(engine: FakeEngine) -> list[str]:
    return [tag for tag in engine.tags if tag.startswith("127.0.0.1:0/forebear/")]


def meeting(*names: str) -> Callable[[str], None]:
    """What lets the builds of these images begin only when all of them do."""
    together = threading.Barrier(len(names))

    def wait(name: str) -> None:
        if name in names:
            together.wait(SECONDS)

    return wait


def interrupt_when(begun: threading.Event) -> threading.Thread:
    """Do what Ctrl-C does as soon as a build has begun."""

    def interrupt() -> None:
        ident = threading.main_thread().ident
        assert begun.wait(SECONDS)
        assert ident is not None
        signal.pthread_kill(ident, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    return thread


def check(events: list[Event], images: int) -> None:
    """The events of any run are complete and in order."""
    assert isinstance(events[0], Began)
    assert sum(isinstance(event, Began) for event in events) == 1
    for target in {event.target for event in events if not isinstance(event, Began)}:
        own = [event for event in events if not isinstance(event, Began) and event.target == target]
        kinds = [type(event) for event in own]
        assert kinds.count(Ended) == 1
        assert kinds[-1] is Ended
        assert kinds.count(Started) <= 1
        assert Progress not in kinds or kinds[0] is Started
    assert len(ended(events)) == images
