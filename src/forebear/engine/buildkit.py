"""Which BuildKit an engine has: one call of its control service, on a connection that the engine hands over.

Sources: BuildKit, api/services/control/control.proto (Info, since 0.11); Docker Engine API, POST /grpc.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from forebear.engine.dial import upgraded
from forebear.engine.protobuf import fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forebear.engine.connect import Address

_INFO: Final = "/moby.buildkit.v1.Control/Info"
_UPGRADE: Final = (("Connection", "Upgrade"), ("Upgrade", "h2c"))
_UNKNOWN: Final = "v0.0.0+unknown"
"""What a BuildKit says whose packager did not tell it its version."""

_SECONDS: Final = 10


def version(address: Address, api: str) -> str:
    """The version of the BuildKit in an engine, without its "v"; empty where the engine does not tell."""
    with suppress(OSError, ValueError):
        said = b"".join(_asked(address, api))
        return "" if said == _UNKNOWN.encode() else said.decode().removeprefix("v")
    return ""


def _asked(address: Address, api: str) -> Iterator[bytes]:
    """The field `version` of the field `buildkitVersion` of the answer."""
    from forebear.engine.calling import call

    with upgraded(address, f"/v{api}/grpc", _UPGRADE) as connection:
        connection.settimeout(_SECONDS)
        for found in _numbered(call(connection, _INFO, b""), 1):
            yield from _numbered(found, 2)


def _numbered(message: bytes, wanted: int) -> Iterator[bytes]:
    return (value for number, value in fields(message) if number == wanted and isinstance(value, bytes))
