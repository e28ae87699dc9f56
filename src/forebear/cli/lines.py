"""Events as lines: what came to an end on standard output, all else on standard error."""

from __future__ import annotations

import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Final

from forebear.build.events import Began, Ended, Event, Outcome, Preparing, Progress, Started
from forebear.cli.events import document
from forebear.cli.plan import summary

if TYPE_CHECKING:
    from forebear.cli.console import Console

COLORS: Final = {
    Outcome.BUILT: "yellow",
    Outcome.REUSED: "green",
    Outcome.SPARED: "green",
    Outcome.PULLED: "green",
    Outcome.FAILED: "red",
    Outcome.SKIPPED: "magenta",
    Outcome.BLOCKED: "red",
    Outcome.INTERRUPTED: "magenta",
}


class Lines:
    """Events as lines: what came to an end on standard output, all else on standard error.

    `graded`: whether to say how far a rebuild of an image comes out the same.
    """

    def __init__(self, console: Console, *, graded: bool = True) -> None:
        self._console = console
        self._graded = graded
        self.colored = console.color(sys.stderr)
        self._began = time.monotonic()
        self._outcomes: Counter[Outcome] = Counter()

    def take(self, event: Event) -> None:
        """Show an event."""
        self._console.line("forebear.event/1", document(event))
        match event:
            case Preparing():
                self._console.note(f"preparing {event.target.image}: {event.command} ({event.why})")
            case Began():
                self._start(event)
            case Started():
                self._console.note(f"building {event.target.image}: {'; '.join(event.reasons)}")
            case Progress():
                self._console.detail(f"{event.target.image}: {event.line}")
            case Ended():
                self.end(event)

    def _start(self, event: Began) -> None:
        self._console.note(str(event.engine))
        if event.capabilities:
            self._console.note(str(event.capabilities))
        self._console.note(summary(event.plan))

    def end(self, ended: Ended) -> None:
        """Show how a target came to its end; of what failed, the last lines of its log."""
        self._outcomes[ended.outcome] += 1
        if ended.outcome is Outcome.REUSED and not self._console.verbose:
            return
        grade = _grade(ended) if self._graded else ""
        took = f" in {ended.seconds:.1f} s{grade}" if ended.outcome is Outcome.BUILT else ""
        why = f": {'; '.join(ended.why)}" if ended.why and ended.outcome is not Outcome.BUILT else ""
        name = f"{ended.target.image} {ended.reference.rpartition(':')[2]}"
        self._console.result(f"{ended.outcome:<8} {name}{took}{why}", fg=COLORS[ended.outcome])
        for line in ended.tail:
            self._console.alert(f"    {line}")
        if ended.tail:
            self._console.alert(f"    the whole log: {ended.log}")

    def finish(self) -> None:
        """The counts of all outcomes."""
        counts = ", ".join(f"{self._outcomes[outcome]} {outcome}" for outcome in Outcome if self._outcomes[outcome])
        self._console.result(f"{counts or 'nothing to do'} in {time.monotonic() - self._began:.1f} s", bold=True)


def _grade(ended: Ended) -> str:
    """How far a rebuild comes out the same, and what stops the next grade."""
    if ended.graded is None:
        return ""
    why = f" ({ended.graded.obstacle})" if ended.graded.obstacle else ""
    return f"; grade {ended.graded.grade}{why}"
