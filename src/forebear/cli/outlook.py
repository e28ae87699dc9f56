"""Showing what a publication or a promotion would do to each tag."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from forebear.cli.console import Console
    from forebear.release.outlook import Outlook

_COLORS: Final = {"push": "yellow", "copy": "yellow", "move": "yellow", "skip": "green", "stay": None}


def show(console: Console, made: Outlook, what: str) -> None:
    """Print it; `what` is a publication or a promotion."""
    if made.unfinished:
        console.note(f"first, the {what} of {made.unfinished} is finished, which was stopped")
    width = max((len(each.reference) for each in made.planned), default=0)
    for each in made.planned:
        console.result(f"{each.does:<5} {each.reference:<{width}}  {each.why}", fg=_COLORS[each.does])


def document(made: Outlook) -> dict[str, object]:
    """What would be done, as `--json` prints it."""
    planned = [{"reference": each.reference, "does": each.does, "why": each.why} for each in made.planned]
    return {"unfinished": made.unfinished, "tags": planned}
