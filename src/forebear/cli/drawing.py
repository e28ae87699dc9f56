"""A drawing at the foot of a terminal, below the lines that stay; rich draws it, and wipes it in the end."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.live import Live

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from rich.table import Table


class Drawing:
    """To be derived from: `table` says what is drawn, eight times a second. A context: it is drawn within."""

    def __init__(self, *, colored: bool) -> None:
        self._console = Console(stderr=True, no_color=not colored)
        self._live: Live

    def table(self) -> Table:
        """What there is to see now."""
        raise NotImplementedError

    @contextmanager
    def above(self) -> Iterator[None]:
        """Lines that are printed meanwhile stay above the drawing, which is begun anew."""
        self._live.stop()
        yield
        self._begin()

    def _begin(self) -> None:
        """Draw; what is drawn is wiped when it stops, and the streams are left alone."""
        self._live = Live(
            get_renderable=self.table,
            console=self._console,
            transient=True,
            refresh_per_second=8,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()

    def __enter__(self) -> Self:
        self._begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()
