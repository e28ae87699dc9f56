"""What of a publication is on its way, drawn: how much of each image has been sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from forebear.cli.console import clean
from forebear.cli.drawing import Drawing
from forebear.release.events import Arrived, Event, Sending

if TYPE_CHECKING:
    from collections.abc import Callable

    from forebear.build.recipe import Target


class Uploads(Drawing):
    """Draws what is under way; all other events are told by `tell`, above it."""

    def __init__(self, tell: Callable[[Event], None], *, colored: bool) -> None:
        super().__init__(colored=colored)
        self._tell = tell
        self._under_way: dict[Target, Sending] = {}

    def take(self, event: Event) -> None:
        """Show an event."""
        if isinstance(event, Sending):
            self._under_way[event.target] = event
            return
        if isinstance(event, Arrived):
            self._under_way.pop(event.target, None)
        with self.above():
            self._tell(event)

    def table(self) -> Table:
        """A bar for each image."""
        table = Table.grid(padding=(0, 2))
        for target, event in list(self._under_way.items()):
            bar = ProgressBar(total=event.total, completed=event.sent, width=30)
            table.add_row(
                Text(clean(target.image), "bold"), bar, f"{event.sent / 1e6:.1f} of {event.total / 1e6:.1f} MB"
            )
        return table
