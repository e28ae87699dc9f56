"""Finding the engine: DOCKER_HOST, the active Docker context, else the default socket."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import docker.errors
import requests
from docker import APIClient, auth
from docker.context import ContextAPI
from docker.context.config import get_current_context_name
from docker.transport import UnixHTTPAdapter
from docker.utils import kwargs_from_env

from forebear.errors import EngineRefused, EngineUnreachable
from forebear.registry.auth import Login

if TYPE_CHECKING:
    from docker.tls import TLSConfig

# A credential helper that is missing is an error, too, which names it.
warnings.filterwarnings("ignore", r"docker-credential-.* not installed", UserWarning)

_SECONDS: Final = 120
"""How long a call may take, builds and pulls apart: listing hundreds of images on a busy engine takes its time."""

_CONTEXTS: Final = "choose another with docker context use, or name an engine in DOCKER_HOST"
_DEFAULT: Final = "unix:///var/run/docker.sock"


@dataclass(frozen=True, slots=True)
class Address:
    """Where an engine is, and how it is spoken to."""

    host: str
    tls: TLSConfig | None = field(default=None, hash=False)


def find(host: str | None = None) -> Address:
    """The engine that was named, else the one that the environment or the active Docker context names.

    Raises EngineUnreachable where what names it cannot be used: another engine in its place would be built on.
    """
    if host:
        return Address(host)
    try:
        found = dict[str, Any](kwargs_from_env())
    except docker.errors.DockerException as error:
        problem = f"DOCKER_TLS_VERIFY asks for TLS, which cannot be had: {error}"
        raise EngineUnreachable(problem, "correct DOCKER_TLS_VERIFY and DOCKER_CERT_PATH") from error
    if "base_url" not in found:
        found = _context() | found
    return Address(found.get("base_url") or _DEFAULT, found.get("tls"))


def _context() -> dict[str, Any]:
    """What the active Docker context says."""
    name = os.environ.get("DOCKER_CONTEXT") or get_current_context_name() or "default"
    try:
        known = ContextAPI.get_context(name) is not None
        said = dict(ContextAPI.kwargs_from_context(name))
    except Exception as error:  # the SDK raises bare ones for a context that it cannot read
        raise EngineUnreachable(f'the Docker context "{name}" cannot be used: {error}', _CONTEXTS) from error
    if not known:
        raise EngineUnreachable(f'there is no Docker context "{name}"', _CONTEXTS)
    return said


class _OnePool(UnixHTTPAdapter):
    """Keeps its connections for whatever is asked next; the SDK's own keeps one for each URL, and so none for most."""

    def get_connection(self, url: str | bytes, proxies: Any = None) -> Any:  # noqa: ARG002
        """A pool for all URLs: they are all of one socket."""
        return super().get_connection(self.socket_path)


def connect(address: Address, version: str = "auto") -> APIClient:
    """A client of its own for an engine, at an API version, or at the newest that both know.

    Raises EngineUnreachable with what is in the way.
    """
    try:
        client = APIClient(
            base_url=address.host,
            version=version,
            timeout=_SECONDS,
            tls=address.tls or False,
            use_ssh_client=True,
        )
        if isinstance(adapter := client.get_adapter(str(client.base_url)), UnixHTTPAdapter):
            client.mount("http+docker://", _OnePool(adapter.socket_path, _SECONDS))
            client.trust_env = False  # else each call looks for proxies, and no proxy stands before a socket
        return client
    except (docker.errors.DockerException, requests.RequestException, OSError, ValueError) as error:
        raise _unreachable(address.host, error) from error


def _unreachable(host: str, error: Exception) -> EngineUnreachable:
    text = str(error)
    for sign, problem, action in _SIGNS:
        if sign in text:
            return EngineUnreachable(problem.format(host=host), action)
    return EngineUnreachable(f"no Docker engine can be used at {host}: {text}", _NONE[2])


_NONE: Final = (
    "No such file",
    "there is no Docker engine at {host}",
    "start one, or name another in DOCKER_HOST or by docker context use",
)
_SIGNS: Final = (
    _NONE,
    ("FileNotFoundError", _NONE[1], _NONE[2]),
    ("Connection refused", "no Docker engine answers at {host}", "start it, or name another in DOCKER_HOST"),
    (
        "Permission denied",
        "the Docker engine at {host} may not be used by this user",
        "join the group that owns the socket (often docker), or run as root",
    ),
)


def credentials(registry: str) -> Login | None:
    """What the Docker configuration and its credential helpers know for a registry.

    Raises EngineRefused where those cannot be read.
    """
    try:
        known = auth.load_config().resolve_authconfig(registry) or {}
    except (docker.errors.DockerException, ValueError) as error:
        problem = f"the credentials for {registry} cannot be read from the Docker configuration: {error}"
        raise EngineRefused(problem, f"run: docker login {registry}") from error
    # The SDK names what comes from a helper as its engine does, and what comes from the file as the file does.
    said = {str(key).lower(): str(value or "") for key, value in known.items()}
    login = Login(said.get("username", ""), said.get("password", ""), said.get("identitytoken", ""))
    return login if login.user or login.identity_token else None
