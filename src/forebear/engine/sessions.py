"""Build sessions: a connection on which BuildKit asks for what a build may have, and nobody else may see.

Sources: the methods and their messages are those of BuildKit (session/secrets/secrets.proto, session/auth/auth.proto);
the headers those of moby (session/grpchijack/dial.go in BuildKit).
"""

from __future__ import annotations

import threading
import uuid
from contextlib import contextmanager, suppress
from socket import SHUT_RDWR
from typing import TYPE_CHECKING, Final

from forebear.engine.dial import upgraded
from forebear.engine.protobuf import field, fields, flag
from forebear.engine.rpc import NOT_FOUND, UNKNOWN, Refused, serve
from forebear.errors import EngineRefused
from forebear.registry.auth import Login

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from forebear.engine.connect import Address
    from forebear.engine.rpc import Method
    from forebear.registry.auth import Credentials

_HUB: Final = "registry-1.docker.io"
_SERVING: Final = flag(1, 1)


def methods(secrets: Mapping[str, bytes], credentials: Credentials) -> dict[str, Method]:
    """What the engine may call: it gets a secret by name, and user and password of a registry by host."""
    return {
        "/grpc.health.v1.Health/Check": lambda _message: _SERVING,
        "/moby.buildkit.secrets.v1.Secrets/GetSecret": lambda message: _secret(secrets, message),
        "/moby.filesync.v1.Auth/Credentials": lambda message: _credentials(credentials, message),
    }


def _secret(secrets: Mapping[str, bytes], message: bytes) -> bytes:
    value = secrets.get(_name(message))
    if value is None:
        raise Refused(NOT_FOUND, "no such secret")
    return field(1, value)


def _credentials(known: Credentials, message: bytes) -> bytes:
    """A user and a password, or, as BuildKit expects it, no user and an identity token."""
    host = _name(message)
    try:
        login = known("docker.io" if host == _HUB else host) or Login("")
    except EngineRefused as error:
        raise Refused(UNKNOWN, error.problem) from error
    if login.identity_token:
        return field(1, b"") + field(2, login.identity_token.encode())
    return field(1, login.user.encode()) + field(2, login.password.encode())


def _name(message: bytes) -> str:
    """The first field of a message, a text."""
    value = dict(fields(message)).get(1)
    return value.decode() if isinstance(value, bytes) else ""


@contextmanager
def opened(address: Address, api: str, served: Mapping[str, Method]) -> Iterator[str]:
    """A session of an engine, by API version, in which it may call what is served; its ID, to be given to a build.

    Raises OSError where the engine opens none.
    """
    name = uuid.uuid4().hex
    headers = [
        ("Connection", "Upgrade"),
        ("Upgrade", "h2c"),
        ("X-Docker-Expose-Session-Uuid", name),
        ("X-Docker-Expose-Session-Name", "forebear"),
        ("X-Docker-Expose-Session-Sharedkey", ""),
        *(("X-Docker-Expose-Session-Grpc-Method", method) for method in served),
    ]
    with upgraded(address, f"/v{api}/session", headers) as connection:
        thread = threading.Thread(target=serve, args=(connection, served), name="session", daemon=True)
        thread.start()
        try:
            yield name
        finally:
            with suppress(OSError):
                connection.shutdown(SHUT_RDWR)
            thread.join()
