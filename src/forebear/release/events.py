"""What happens in a publication, as values: a display shows them, `--json` prints them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from forebear.build.recipe import Target


class Fate(StrEnum):
    """What became of a tag."""

    SET = "set"
    THERE = "there"
    REMOVED = "removed"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Sending:
    """An image is on its way: how many bytes of it are sent, of how many that the engine knows of."""

    target: Target
    sent: int
    total: int


@dataclass(frozen=True, slots=True)
class Arrived:
    """A registry has an image, as its own answer shows: under no version yet. `seconds`: how long it took."""

    target: Target
    manifest: str
    seconds: float


@dataclass(frozen=True, slots=True)
class TagMoved:
    """A tag names what it is to name."""

    reference: str
    digest: str
    fate: Fate


@dataclass(frozen=True, slots=True)
class Noted:
    """Something worth saying."""

    text: str


Event = Sending | Arrived | TagMoved | Noted
if TYPE_CHECKING:
    Emit = Callable[[Event], None]
