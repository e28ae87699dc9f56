"""The live display: what is being built, for how long, at which step, and what is left."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from forebear.build.events import Began, Ended, Event, Outcome, Preparing, Progress, Started
from forebear.build.plan import Action
from forebear.cli.console import clean
from forebear.cli.drawing import Drawing

if TYPE_CHECKING:
    from forebear.build.recipe import Target
    from forebear.cli.lines import Lines


class Live(Drawing):
    """Draws the builds that run below the lines of those that have ended."""

    def __init__(self, lines: Lines) -> None:
        super().__init__(colored=lines.colored)
        self._lines = lines
        self._running: dict[Target, tuple[float, str]] = {}
        self._left = 0

    def take(self, event: Event) -> None:
        """Show an event."""
        match event:
            case Preparing():
                self._above(event)
            case Began():
                self._left = event.plan.count(Action.BUILD)
                self._above(event)
            case Started():
                self._running[event.target] = (time.monotonic(), "; ".join(event.reasons))
            case Progress():
                self._progress(event)
            case Ended():
                if event.outcome not in (Outcome.REUSED, Outcome.BLOCKED):
                    self._left -= 1
                self._running.pop(event.target, None)
                self._above(event)

    def _progress(self, event: Progress) -> None:
        """Note the step that a build is at; what a step prints is indented, and only goes to the log."""
        if event.target in self._running and not event.line.startswith("  "):
            began, _ = self._running[event.target]
            self._running[event.target] = (began, event.line)

    def _above(self, event: Event) -> None:
        with self.above():
            self._lines.take(event)

    def table(self) -> Table:
        """A line for each build that runs, and how many are left."""
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
        table.add_column(no_wrap=True, overflow="ellipsis")
        now = time.monotonic()
        for target, (began, step) in list(self._running.items()):
            table.add_row(Text(target.image, "bold"), f"{now - began:.0f} s", Text(clean(step), "dim"))
        if self._left > 0:
            table.add_row(Text(f"{self._left} left", "cyan"), "", "")
        return table
