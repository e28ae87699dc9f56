"""Showing a publication: what is on its way drawn over itself on a terminal, lines for what is done."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from forebear.release.events import Arrived, Event, Fate, Noted, Sending, TagMoved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from forebear.cli.console import Console


@contextmanager
def sending(console: Console) -> Iterator[Callable[[Event], None]]:
    """What shows the events of a publication in the way that the console asks for."""
    if console.live:
        from forebear.cli.uploads import Uploads

        with Uploads(partial(tell, console), colored=console.color(sys.stderr)) as uploads:
            yield uploads.take
    else:
        yield partial(tell, console)


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
