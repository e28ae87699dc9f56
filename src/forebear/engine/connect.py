"""Finding the engine: DOCKER_HOST, the active Docker context, else the default socket."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import docker.errors
import requests
from docker import APIClient, auth
from docker.context import ContextAPI
from docker.utils import kwargs_from_env

from forebear.errors import EngineUnreachable

if TYPE_CHECKING:
    from docker.tls import TLSConfig

_SECONDS: Final = 120
"""How long a call may take, builds and pulls apart: listing hundreds of images on a busy engine takes its time."""

_DEFAULT: Final = "unix:///var/run/docker.sock"


@dataclass(frozen=True, slots=True)
class Address:
    """Where an engine is, and how it is spoken to."""

    host: str
    tls: TLSConfig | None = field(default=None, hash=False)


def find(host: str | None = None) -> Address:
    """The engine that was named, else the one that the environment or the active Docker context names."""
    if host:
        return Address(host)
    found = kwargs_from_env()
    if "base_url" not in found:
        try:
            found = {**ContextAPI.kwargs_from_context(environment=os.environ), **found}
        except docker.errors.DockerException as error:
            raise EngineUnreachable(
                f"the active Docker context cannot be used: {error}", "run: docker context ls"
            ) from error
    return Address(found.get("base_url") or _DEFAULT, found.get("tls"))


def connect(address: Address) -> APIClient:
    """A client of its own for an engine, at the newest API version that both know.

    Raises EngineUnreachable with what is in the way.
    """
    try:
        return APIClient(
            base_url=address.host,
            version="auto",
            timeout=_SECONDS,
            tls=address.tls or False,
            use_ssh_client=True,
        )
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


def credentials(registry: str) -> tuple[str, str] | None:
    """User and password for a registry, from the Docker configuration and its credential helpers."""
    known = auth.load_config().resolve_authconfig(registry)
    return (known["username"], known["password"]) if known and known.get("username") else None
