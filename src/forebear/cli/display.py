"""Showing a run: drawn over itself on a terminal, plain lines elsewhere, an event a line with `--json`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from forebear.cli.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from forebear.build.events import Event
    from forebear.cli.console import Console


@contextmanager
def display(console: Console, *, rebuild: bool = False) -> Iterator[Callable[[Event], None]]:
    """What shows the events of a run in the way that the console asks for; a summary comes last.

    A rebuild is compared and graded afterwards: until then there is no grade to tell, and no summary.
    """
    lines = Lines(console, graded=not rebuild)
    if console.live:
        from forebear.cli.live import Live

        with Live(lines) as live:
            yield live.take
    else:
        yield lines.take
    if not rebuild:
        lines.finish()
