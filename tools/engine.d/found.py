"""Finds the engine that a person uses already: DOCKER_HOST, the active context, the default socket."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dial
from errors import EngineError

DEFAULT_SOCKET = Path("/var/run/docker.sock")
DEFAULT_PORT = 2375


def host() -> str | None:
    """The address of the engine that is there, or None; EngineError where a named one does not answer."""
    named, by = _named()
    if named is None:
        return _default()
    try:
        _reach(named)
    except OSError as error:
        raise EngineError(f"{by}: no engine answers at {named} ({error}); start it or unset {by}") from None
    return named


def _named() -> tuple[str | None, str]:
    if address := os.environ.get("DOCKER_HOST"):
        return address, "DOCKER_HOST"
    if context := os.environ.get("DOCKER_CONTEXT"):
        return _endpoint(context), "DOCKER_CONTEXT"
    context = _json(_settings() / "config.json").get("currentContext")
    return _endpoint(context) if context else None, "docker's currentContext"


def _settings() -> Path:
    return Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")


def _endpoint(context: str) -> str | None:
    if context == "default":
        return None
    name = hashlib.sha256(context.encode()).hexdigest()
    meta = _json(_settings() / f"contexts/meta/{name}/meta.json")
    address = meta.get("Endpoints", {}).get("docker", {}).get("Host")
    if address is None:
        raise EngineError(f"docker's context {context} is not in {_settings()}; see `docker context ls`")
    return str(address)


def _json(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text()))
    except OSError:
        return {}
    except ValueError as error:
        raise EngineError(f"{path}: not JSON ({error}); correct or remove it") from None


def _default() -> str | None:
    if not DEFAULT_SOCKET.exists():
        return None
    try:
        _reach(f"unix://{DEFAULT_SOCKET}")
    except PermissionError:
        raise EngineError(f"{DEFAULT_SOCKET}: no permission; join the group docker, or set DOCKER_HOST") from None
    except OSError:
        return None
    return f"unix://{DEFAULT_SOCKET}"


def _reach(address: str) -> None:
    """Ask for a sign of life; OSError without one. What is reached by ssh or TLS is taken on trust."""
    parts = urlsplit(address)
    if parts.scheme == "unix":
        dial.get(dial.Connection(Path(parts.path)), "/_ping")
    elif parts.scheme in ("tcp", "http") and not os.environ.get("DOCKER_TLS_VERIFY"):
        host, port = parts.hostname or "localhost", parts.port or DEFAULT_PORT
        dial.get(http.client.HTTPConnection(host, port, timeout=dial.ANSWERS_IN), "/_ping")
