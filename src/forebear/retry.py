"""Faults of engines and registries that pass: which they are, and trying again with back-off."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final, TypeVar

from forebear.errors import EngineRefused, EngineUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

ATTEMPTS: Final = 6
MOST: Final = 40
"""How often at most something is tried that fails in another way each time."""

PASSING: Final = frozenset({429, 500, 502, 503, 504})
"""HTTP statuses of faults that may pass."""

_LONG: Final = 30.0
"""For how many seconds the same fault may come again and again: a server may try for long itself, each time."""

_FIRST_WAIT: Final = 0.25
_LONGEST_WAIT: Final = 30.0
_VOLATILE: Final = re.compile(r"\?\S*|[0-9a-f-]*[0-9][0-9a-f-]*")
"""What differs in the words of one and the same fault: queries, ports, digests, IDs."""


class Passing(EngineRefused):
    """A refusal that may pass; `wait` is what the server asked for, in seconds."""

    def __init__(self, problem: str, action: str = "", *, status: int, wait: float | None = None) -> None:
        super().__init__(problem, action, status=status)
        self.wait = wait


class Broken(EngineUnreachable):
    """A connection that was there and broke: what it led to may be there again."""

    wait: float | None = None


def retried(attempt: Callable[[], T], *, sleep: Callable[[float], None] = time.sleep) -> T:
    """Call until it works, with back-off, while it raises Passing or Broken: six attempts, then the last error."""
    for number in range(1, ATTEMPTS):
        try:
            return attempt()
        except (Passing, Broken) as error:
            sleep(_wait(error, number))
    return attempt()


def persevering(
    attempt: Callable[[], T],
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> T:
    """As `retried`, for work of many requests, which meets another fault each time: up to MOST attempts.

    What fails in the same words six times in a row, or again after half a minute, does not pass: the last error.
    """
    last, same, since = "", 0, clock()
    for number in range(1, MOST):
        try:
            return attempt()
        except (Passing, Broken) as error:
            words = _VOLATILE.sub("", error.problem)
            last, same, since = (last, same + 1, since) if words == last else (words, 1, clock())
            if same == ATTEMPTS or (same > 1 and clock() - since > _LONG):
                raise
            sleep(_wait(error, min(number, ATTEMPTS - 1)))
    return attempt()


def _wait(error: Passing | Broken, number: int) -> float:
    """How long to wait after an attempt, in seconds: as long as the server asks for, else twice as long each time."""
    return min(error.wait if error.wait is not None else _FIRST_WAIT * 2 ** (number - 1), _LONGEST_WAIT)


def wait_of(headers: Mapping[str, str]) -> float | None:
    """The seconds that a Retry-After header asks for (RFC 9110, section 10.2.3); a date counts as no wish."""
    text = headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else None
