"""Where the SDK's errors become ours."""

from __future__ import annotations

import re
from contextlib import contextmanager
from http import HTTPStatus
from http.client import IncompleteRead
from typing import TYPE_CHECKING, Final

import docker.errors
import requests
import urllib3.exceptions

from forebear.errors import EngineRefused, EngineUnreachable
from forebear.retry import PASSING, Broken, Passing, wait_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_PASSING_TEXT: Final = re.compile(
    r"toomanyrequests|too many requests|429 Too Many|\b50[0234] (Internal|Bad|Service|Gateway)"
    r"|HTTP (?:429|50[0234])\b|connection reset by peer|broken pipe|: EOF$"
    r"|TLS handshake timeout|i/o timeout|unexpected EOF"
    r"|transport connection broken|use of closed network connection|server closed idle connection",
    re.IGNORECASE,
)


_BROKEN: Final = (ConnectionResetError, BrokenPipeError, IncompleteRead, urllib3.exceptions.ProtocolError)
"""What tells that a connection was there."""


_DENIED: Final = re.compile(
    r"401 Unauthorized|403 Forbidden|pull access denied|failed to authorize|no basic auth|authentication required"
)


_LOG_IN: Final = "if that image is there and private, let docker login know its registry, then run it again"


def log_in(message: str) -> str:
    """What to do where a message of an engine tells of a registry that wants to know who asks; else ""."""
    return _LOG_IN if _DENIED.search(message) else ""


def may_pass(message: str) -> bool:
    """Whether a message inside a stream tells of a fault that may pass: 429, 5xx, a reset connection."""
    return _PASSING_TEXT.search(message) is not None


@contextmanager
def translated(doing: str, host: str) -> Iterator[None]:
    """Turn what the SDK raises into EngineRefused or EngineUnreachable, or into Passing or Broken, which are such.

    `doing` tells what was done.
    """
    try:
        yield
    except docker.errors.APIError as error:
        raise _refusal(doing, error) from error
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        cause = _innermost(error)
        raise (Broken if isinstance(cause, _BROKEN) else EngineUnreachable)(
            f"while {doing}: the engine at {host} went away ({str(cause) or type(cause).__name__})",
            "start it again and run the same command: what was done is kept",
        ) from error
    except docker.errors.DockerException as error:
        raise EngineRefused(f"while {doing}: {error}") from error


def _refusal(doing: str, error: docker.errors.APIError) -> EngineRefused:
    status = int(error.status_code or 0)
    problem = f"while {doing}: {error.explanation or error}"
    if status in PASSING and (status != HTTPStatus.INTERNAL_SERVER_ERROR or may_pass(problem)):
        headers = error.response.headers if error.response is not None else {}
        return Passing(problem, status=status, wait=wait_of(headers))
    return EngineRefused(problem, log_in(problem), status=status)


def _innermost(error: BaseException) -> BaseException:
    """What an error came from."""
    while cause := error.__cause__ or (None if error.__suppress_context__ else error.__context__):
        error = cause
    return error


def check(response: requests.Response) -> None:
    """Raise the SDK's error for an answer that is one."""
    try:
        response.raise_for_status()
    except requests.HTTPError as error:
        docker.errors.create_api_error_from_http_exception(error)
