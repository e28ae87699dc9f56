"""Showing a publication: what is on its way drawn over itself on a terminal, lines for what is done."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from forebear.cli.console import clean
from forebear.release.events import Arrived, Event, Fate, Noted, Sending, TagMoved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.table import Table

    from forebear.build.recipe import Target
    from forebear.cli.console import Console


@contextmanager
def sending(console: Console) -> Iterator[Callable[[Event], None]]:
    """What shows the events of a publication in the way that the console asks for."""
    if console.live:
        with _drawn(console) as take:
            yield take
    else:
        yield lambda event: tell(console, event)


def tell(console: Console, event: Event) -> None:
    """Show an event as a line, if it is worth one."""
    match event:
        case Arrived():
            console.note(f"pushed {event.target.image} in {event.seconds:.1f} s: {event.manifest}")
        case TagMoved(fate=Fate.THERE):
            console.detail(f"{event.reference} is there")
        case TagMoved():
            console.note(f"{event.fate} {event.reference}")
        case Noted():
            console.note(event.text)
        case Sending():
            pass


@contextmanager
def _drawn(console: Console) -> Iterator[Callable[[Event], None]]:
    """Draw what is on its way below the lines of what has arrived; it is wiped in the end."""
    import sys

    from rich.console import Console as RichConsole
    from rich.live import Live

    under_way: dict[Target, Sending] = {}
    rich = RichConsole(stderr=True, no_color=not console.color(sys.stderr))
    live = Live(
        get_renderable=lambda: _table(under_way),
        console=rich,
        transient=True,
        refresh_per_second=8,
        redirect_stdout=False,
        redirect_stderr=False,
    )

    def take(event: Event) -> None:
        if isinstance(event, Sending):
            under_way[event.target] = event
            return
        if isinstance(event, Arrived):
            under_way.pop(event.target, None)
        live.stop()
        tell(console, event)
        live.start()

    with live:
        yield take


def _table(under_way: dict[Target, Sending]) -> Table:
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    for target, event in list(under_way.items()):
        bar = ProgressBar(total=event.total, completed=event.sent, width=30)
        table.add_row(Text(clean(target.image), "bold"), bar, f"{event.sent / 1e6:.1f} of {event.total / 1e6:.1f} MB")
    return table
