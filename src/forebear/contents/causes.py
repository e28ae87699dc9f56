"""Why an entry differs between two builds of the same thing, and what cures it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forebear.contents.catalogue import Cause, catalogue

if TYPE_CHECKING:
    from forebear.contents.catalogue import Row
    from forebear.contents.compare import Difference

__all__ = ["Cause", "cause_of"]


def cause_of(difference: Difference) -> Cause | None:
    """The likely cause of a difference: the first of the catalogue that fits; None where none does."""
    return next((row.cause for row in catalogue() if _fits(row, difference)), None)


def _fits(row: Row, difference: Difference) -> bool:
    kinds = row.kinds.issuperset(difference.kinds) if row.alone else row.kinds.intersection(difference.kinds)
    if not kinds or not row.paths.match(f"/{difference.path}"):
        return False
    return row.look is None or (difference.excerpt is not None and row.look(difference.excerpt))
