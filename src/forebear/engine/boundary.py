"""Where the SDK's errors become ours, and passing faults are tried again."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, TypeVar

import docker.errors
import requests
import urllib3.exceptions

from forebear.errors import EngineRefused, EngineUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

ATTEMPTS: Final = 4
PASSING: Final = frozenset({429, 500, 502, 503, 504})
"""HTTP statuses of faults that may pass."""

_LONGEST_WAIT: Final = 30.0
_PASSING_TEXT: Final = re.compile(
    r"toomanyrequests|too many requests|429 Too Many|\b50[0234] (Internal|Bad|Service|Gateway)"
    r"|connection reset by peer|TLS handshake timeout|i/o timeout|unexpected EOF",
    re.IGNORECASE,
)


class Passing(EngineRefused):
    """A refusal that may pass; `wait` is what the server asked for, in seconds."""

    def __init__(self, problem: str, *, status: int, wait: float | None = None) -> None:
        super().__init__(problem, status=status)
        self.wait = wait


def may_pass(message: str) -> bool:
    """Whether a message inside a stream tells of a fault that may pass: 429, 5xx, a reset connection."""
    return _PASSING_TEXT.search(message) is not None


@contextmanager
def translated(doing: str, host: str) -> Iterator[None]:
    """Turn what the SDK raises into EngineRefused, Passing or EngineUnreachable; `doing` tells what was done."""
    try:
        yield
    except docker.errors.APIError as error:
        raise _refusal(doing, error) from error
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise EngineUnreachable(
            f"while {doing}: the engine at {host} went away ({_innermost(error)})",
            "start it again and run the same command: what was done is kept",
        ) from error
    except docker.errors.DockerException as error:
        raise EngineRefused(f"while {doing}: {error}") from error


def retried(attempt: Callable[[], T], *, sleep: Callable[[float], None] = time.sleep) -> T:
    """Call until it works, with back-off, as long as it raises Passing; four attempts, then the last error."""
    for number in range(1, ATTEMPTS):
        try:
            return attempt()
        except Passing as error:
            sleep(min(error.wait if error.wait is not None else 0.5 * 2**number, _LONGEST_WAIT))
    return attempt()


def _refusal(doing: str, error: docker.errors.APIError) -> EngineRefused:
    status = int(error.status_code or 0)
    problem = f"while {doing}: {error.explanation or error}"
    if status in PASSING and (status != HTTPStatus.INTERNAL_SERVER_ERROR or may_pass(problem)):
        return Passing(problem, status=status, wait=_retry_after(error.response))
    return EngineRefused(problem, status=status)


def _retry_after(response: requests.Response | None) -> float | None:
    """The seconds that a Retry-After header asks for (RFC 9110, section 10.2.3); a date counts as no wish."""
    text = response.headers.get("Retry-After", "") if response is not None else ""
    return float(text) if text.isascii() and text.isdigit() else None


def _innermost(error: BaseException) -> str:
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return str(error) or type(error).__name__
