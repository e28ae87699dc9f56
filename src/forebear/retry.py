"""Faults of engines and registries that pass: which they are, and trying again with back-off."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, TypeVar

from forebear.errors import EngineRefused, EngineUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

ATTEMPTS: Final = 4
PASSING: Final = frozenset({429, 500, 502, 503, 504})
"""HTTP statuses of faults that may pass."""

_LONGEST_WAIT: Final = 30.0


class Passing(EngineRefused):
    """A refusal that may pass; `wait` is what the server asked for, in seconds."""

    def __init__(self, problem: str, action: str = "", *, status: int, wait: float | None = None) -> None:
        super().__init__(problem, action, status=status)
        self.wait = wait


class Broken(EngineUnreachable):
    """A connection that was there and broke: what it led to may be there again."""

    wait: float | None = None


def retried(attempt: Callable[[], T], *, sleep: Callable[[float], None] = time.sleep) -> T:
    """Call until it works, with back-off, while it raises Passing or Broken: four attempts, then the last error."""
    for number in range(1, ATTEMPTS):
        try:
            return attempt()
        except (Passing, Broken) as error:
            sleep(min(error.wait if error.wait is not None else 0.5 * 2**number, _LONGEST_WAIT))
    return attempt()


def wait_of(headers: Mapping[str, str]) -> float | None:
    """The seconds that a Retry-After header asks for (RFC 9110, section 10.2.3); a date counts as no wish."""
    text = headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else None
