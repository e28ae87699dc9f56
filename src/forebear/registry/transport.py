"""Requests to registries: where one is, what it asks of those who come, and where it sends them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from http.cookiejar import DefaultCookiePolicy
from time import sleep
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
from requests.auth import AuthBase

from forebear.errors import EngineRefused
from forebear.reference import DOCKER_HUB
from forebear.registry.auth import Authority, Credentials, basic
from forebear.registry.failures import failing, refusal
from forebear.registry.pace import SECONDS, PacedAdapter
from forebear.retry import retried

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

LIMIT: Final = 4 * 1024 * 1024
"""The size of a manifest that a registry must take (OCI distribution, "Pushing Manifests"): more is refused."""

_CONNECT_SECONDS: Final = 10.0
_REDIRECTIONS: Final = 5
_LOOPBACK: Final = re.compile(r"localhost|127(?:\.[0-9]{1,3}){3}|::1")
_CONNECTIONS: Final = 16
_CHUNK: Final = 1 << 16
_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Call:
    """A request to a registry; `path` is below /v2/, or where the registry said that an upload goes on.

    `scopes` are what it has to be allowed for; `accepted` are the statuses that are no errors.
    """

    registry: str
    method: str
    path: str
    scopes: tuple[str, ...]
    accepted: frozenset[int] = frozenset({200})
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)
    data: Any = None

    @property
    def url(self) -> str:
        """The address that is asked."""
        return urljoin(f"{base(self.registry)}/v2/", self.path)

    def __str__(self) -> str:
        """What was asked, without a query, which may hold what is secret."""
        return f"{self.method} {self.url.partition('?')[0]}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport:
    """One session with all registries, for several threads; connections are kept and used again."""

    def __init__(self, credentials: Credentials, wait: Callable[[float], None] = sleep) -> None:
        self._wait = wait
        self._authority = Authority(credentials, self._ask)
        self._session = _Session()
        self._session.headers.update({"Accept-Encoding": "identity", "User-Agent": "forebear"})
        self._session.trust_env = False  # it would look at the whole environment again for each request
        # What one registry would have us remember is no other's business, nor another thread's.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in _PORTS:
            self._session.mount(f"{scheme}://", PacedAdapter(pool_connections=_CONNECTIONS, pool_maxsize=_CONNECTIONS))

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def retried(self, attempt: Callable[[], T]) -> T:
        """Try again what may pass."""
        return retried(attempt, sleep=self._wait)

    def call(self, call: Call, limit: int = LIMIT) -> Answer:
        """The whole answer to a request, of at most `limit` bytes; what may pass is tried again.

        Raises EngineUnreachable, and EngineRefused for an answer that is not accepted.
        """
        return self.retried(lambda: self.once(call, limit))

    def once(self, call: Call, limit: int = LIMIT) -> Answer:
        """As `call`, without trying again."""
        with failing(call.registry), self.opened(call) as response:
            return Answer(response.status_code, response.headers, _whole(response, str(call), limit))

    def opened(self, call: Call) -> requests.Response:
        """The answer to a request, whose body is still to come: to be used in `with`, and within `failing`."""
        sent = self._authority.header(call.registry, call.scopes)
        response = self._followed(call, sent)
        if response.status_code == requests.codes.unauthorized:
            refused, challenge = _refused(call, response), response.headers.get("WWW-Authenticate", "")
            again = self._authority.challenged(call.registry, call.scopes, challenge, sent)
            if again is None:
                raise refused
            response = self._followed(call, again)
        if response.status_code not in call.accepted:
            raise _refused(call, response)
        return response

    def _followed(self, call: Call, authorization: str | None) -> requests.Response:
        """The answer from where the registry sends those who read; no other host gets to see the authorization."""
        url, home = call.url, _origin(base(call.registry))
        for _ in range(_REDIRECTIONS):
            shown = authorization if _origin(url) == home else None
            response = self._send(call.method, url, shown, headers=call.headers, data=call.data)
            if call.method not in ("GET", "HEAD") or not response.is_redirect:
                return response
            response.close()
            url = led(url, response.headers["Location"], call.registry)
        raise EngineRefused(f"{call.registry} sends us from address to address for {call}")

    def _send(self, method: str, url: str, authorization: str | None, **options: Any) -> requests.Response:
        return self._session.request(
            method,
            url,
            auth=_Header(authorization),
            timeout=(_CONNECT_SECONDS, SECONDS),
            stream=True,
            allow_redirects=False,
            **_surroundings(*_origin(url)),
            **options,
        )

    def _ask(
        self, registry: str, method: str, realm: str, said: Mapping[str, Any], password: tuple[str, str] | None
    ) -> Any:
        """Ask a registry's server of tokens; what it wants to know is in the address of a GET, in a POST's body."""
        host = _host_of_tokens(realm)
        carried = {"params" if method == "GET" else "data": said}
        with failing(host), self._send(method, realm, basic(password), **carried) as response:
            what = "our asking for a token"
            if response.status_code != requests.codes.ok:
                raise refusal(what, host, response, _start(response), registry)
            return _json(_whole(response, what, LIMIT), host)


class _Session(requests.Session):
    """Follows nobody: even where it need not, requests would read the whole answer, and the address in it."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: the answer is ours to judge."""


@dataclass(frozen=True, slots=True)
class _Header(AuthBase):
    """An authorization, or none: without this, requests would send what ~/.netrc has for the host."""

    text: str | None = field(repr=False)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.text:
            request.headers["Authorization"] = self.text
        return request


@cache
def _surroundings(scheme: str, host: str | None, port: int | None) -> Mapping[str, Any]:
    """The proxies and the authorities that the environment names for a host."""
    shown = f"[{host}]" if host and ":" in host else host
    said = requests.Session().merge_environment_settings(f"{scheme}://{shown}:{port}", {}, None, None, None)
    return {name: said[name] for name in ("proxies", "verify")}


def _host_of_tokens(realm: str) -> str:
    try:
        parts = urlsplit(realm)
        if parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and _is_local(realm))):
            return parts.netloc.rpartition("@")[2]
    except ValueError:
        pass
    raise EngineRefused(f"a registry wants us to ask for a token, unencrypted or nowhere, at {realm!r:.200}")


def base(registry: str) -> str:
    """Where a registry is: Docker Hub's is not where its name says; one on loopback speaks plain HTTP."""
    if registry == DOCKER_HUB:
        return "https://registry-1.docker.io"
    return f"http://{registry}" if _is_local(f"http://{registry}") else f"https://{registry}"


def _is_local(url: str) -> bool:
    return bool(_LOOPBACK.fullmatch(urlsplit(url).hostname or ""))


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def led(url: str, target: str, registry: str) -> str:
    """The address that a registry leads us to from another: never from TLS to what is not. Raises EngineRefused."""
    try:
        found = urljoin(url, target)
        scheme, host, _ = _origin(found)
    except ValueError as error:
        raise EngineRefused(f"{registry} leads us to what is no address: {target!r:.200}") from error
    if scheme not in ("https", urlsplit(url).scheme):
        raise EngineRefused(f"{registry} leads us to an address that does not speak TLS, on {host}")
    return found


def _refused(call: Call, response: requests.Response) -> EngineRefused:
    """The error that an answer means; the answer is closed."""
    with response:
        return refusal(str(call), call.registry, response, _start(response), call.registry)


def _start(response: requests.Response) -> bytes:
    """The first part of an answer, for the words that it may have of an error."""
    return next(response.iter_content(_CHUNK), b"")


def _whole(response: requests.Response, what: str, limit: int) -> bytes:
    body = bytearray()
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if len(body) > limit:
            raise EngineRefused(f"the answer to {what} has more than {limit:,} bytes")
    return bytes(body)


def _json(body: bytes, host: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise EngineRefused(f"{host} answers what is no JSON to our asking for a token") from error
