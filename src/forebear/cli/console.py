"""Output: results on standard output, progress and messages on standard error; colour where it is wanted."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_CONTROL: Final = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_AT_ONCE: Final = 1 << 16
"""How many pieces of a document are written at once."""


def clean(text: str) -> str:
    """A text without what could steer a terminal, or has no UTF-8: much of what is printed is from files and images."""
    return _SURROGATE.sub("\ufffd", _CONTROL.sub("", text))


@dataclass(frozen=True, slots=True)
class Console:
    """How a command was asked to speak."""

    start: Path
    as_json: bool = False
    quiet: bool = False
    verbose: bool = False
    plain: bool = False

    @property
    def live(self) -> bool:
        """Whether progress can be drawn over itself: a terminal that is not dumb."""
        return sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and not self.quiet and not self.as_json

    def color(self, stream: Any) -> bool:
        """Whether a stream takes colour (https://no-color.org)."""
        wanted = not self.plain and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        return bool(wanted and stream.isatty())

    def result(self, text: str = "", **style: Any) -> None:
        """A line of the result, on standard output; nothing where a document is printed instead."""
        if not self.as_json:
            click.echo(self._styled(text, sys.stdout, style))

    def results(self, lines: Iterable[tuple[str, str | None]]) -> None:
        """Lines of the result with their colours, written at once: of thousands each would be flushed by itself."""
        if not self.as_json and (text := "\n".join(self._styled(text, sys.stdout, {"fg": fg}) for text, fg in lines)):
            click.echo(text)

    def diff(self, text: str) -> None:
        """A unified diff, as a part of the result."""
        colors = {"+": "green", "-": "red", "@": "cyan"}
        for line in text.removesuffix("\n").split("\n"):
            self.result(line, fg=colors.get(line[:1]))

    def note(self, text: str, **style: Any) -> None:
        """A line about the work, on standard error."""
        if not self.quiet:
            click.echo(self._styled(text, sys.stderr, style), err=True)

    def detail(self, text: str) -> None:
        """A line that only -v shows."""
        if self.verbose:
            click.echo(clean(text), err=True)

    def alert(self, text: str, **style: Any) -> None:
        """A line that even -q shows, on standard error."""
        click.echo(self._styled(text, sys.stderr, style), err=True)

    def document(self, kind: str, body: dict[str, Any]) -> None:
        """The document of a command: `kind` is its name and version, as in forebear.plan/1."""
        if self.as_json:
            parts = json.JSONEncoder(indent=2).iterencode({"format": kind, **body})
            while some := "".join(islice(parts, _AT_ONCE)):
                click.echo(some, nl=False)
            click.echo()

    def line(self, kind: str, body: dict[str, Any]) -> None:
        """One document of many, on a line of its own."""
        if self.as_json:
            click.echo(json.dumps({"format": kind, **body}))

    def _styled(self, text: str, stream: Any, style: dict[str, Any]) -> str:
        text = clean(text)
        return click.style(text, **style) if style and self.color(stream) else text
