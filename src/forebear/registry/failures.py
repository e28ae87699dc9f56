"""What goes wrong between us and a registry, in our words."""

from __future__ import annotations

import json
import re
import socket
import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import requests
import urllib3.exceptions as beneath

from forebear.errors import EngineError, EngineRefused, EngineUnreachable
from forebear.retry import PASSING, Broken, Passing, wait_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHOWN: Final = 200
_LATER: Final = "try again later, or ask who runs it"
_NETWORK: Final = "see that the network, and any proxy in HTTPS_PROXY and NO_PROXY, leads there"
_CERTIFICATE: Final = "if it is to be trusted, let REQUESTS_CA_BUNDLE name a file with the certificate of its authority"


@contextmanager
def failing(host: str) -> Iterator[None]:
    """Turn what fails between us and a host into EngineUnreachable, or Broken where it may pass."""
    try:
        yield
    except EngineError:
        raise
    except (requests.RequestException, beneath.HTTPError, OSError) as error:
        raise _unreachable(host, error) from error


def _unreachable(host: str, error: Exception) -> EngineUnreachable:
    chain = [*_chain(error)]
    for kind, problem, action in _KINDS:
        for each in chain:
            if isinstance(each, kind):
                return EngineUnreachable(f"the registry {host} cannot be reached: {problem.format(_why(each))}", action)
    if any(isinstance(each, _BROKEN) for each in chain):
        return Broken(f"the registry {host} cannot be reached: it broke off the connection", _NETWORK)
    return EngineUnreachable(f"the registry {host} cannot be reached: {_why(chain[-1])}", _NETWORK)


_KINDS: Final[tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str, str], ...]] = (
    (ssl.SSLCertVerificationError, "its certificate is not trusted: {}", _CERTIFICATE),
    (ssl.SSLError, "it does not speak TLS as it should: {}", "see that the address is right, and its port"),
    (socket.gaierror, "there is no such host", "see its spelling"),
    (ConnectionRefusedError, "nothing answers at this address", _NETWORK),
    (
        (TimeoutError, requests.Timeout, beneath.TimeoutError),
        "it does not answer in time",
        _LATER,
    ),
)
_BROKEN: Final = (
    ConnectionError,
    beneath.ProtocolError,
    beneath.IncompleteRead,
    requests.exceptions.ChunkedEncodingError,
)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and what it came from, each once; the last is the one that began it."""
    seen: dict[int, BaseException] = {}
    waiting = [error]
    while waiting:
        each = waiting.pop(0)
        if id(each) in seen:
            continue
        seen[id(each)] = each
        inner = (each.__cause__, each.__context__, getattr(each, "reason", None), *each.args)
        waiting += [one for one in inner if isinstance(one, BaseException)]
    yield from seen.values()


def _why(error: BaseException) -> str:
    """The words of an error, without the address, whose query may hold what is secret."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return _short(re.sub(r"\S*[/?&]\S*", "…", str(error))) or type(error).__name__


def refusal(what: str, host: str, answer: requests.Response, body: bytes, registry: str) -> EngineRefused:
    """The error that a host's answer means; one that may pass where that is so.

    `body` is its first part; `registry` is whose password it wants, where the host is a server of tokens only.
    """
    status = answer.status_code
    problem = f"{host} answers {status} to {what}{_said(body)}"
    if status in PASSING:
        return Passing(problem, _ACTIONS.get(status, _LATER), status=status, wait=wait_of(answer.headers))
    return EngineRefused(problem, _ACTIONS.get(status, "").format(registry=registry), status=status)


_LOGIN: Final = "if it is there and private, run: docker login {registry}"
_FEWER: Final = "it wants to be asked less often: try again later, log in, or declare a mirror in lineage.yml"
_ACTIONS: Final = {401: _LOGIN, 403: _LOGIN, 405: "this registry does not allow that", 429: _FEWER}


def _said(body: bytes) -> str:
    """What an answer says of its error (OCI distribution, "Error Codes"): the first one, if it can be read."""
    try:
        first = json.loads(body)["errors"][0]
        said = _short(" ".join(str(first[key]) for key in ("code", "message") if first.get(key)))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        return ""
    return f": {said}" if said else ""


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"
