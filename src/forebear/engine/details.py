"""Reading what an engine says of what is around it: the answer to `GET /info` in, a frozen value out."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from forebear.engine.model import EngineDetails

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PROXIES: Final = ("HttpProxy", "HttpsProxy", "NoProxy")
_SYSTEM_CONTAINERD: Final = "/run/containerd/containerd.sock"
"""Where a containerd that is not the engine's own listens; it keeps its images in a folder of its own."""


def details(said: Mapping[str, Any]) -> EngineDetails:
    """What the answer tells (Docker Engine API, SystemInfo); a field that is missing counts as empty."""
    status = [pair for pair in said.get("DriverStatus") or () if len(pair) > 1]
    return EngineDetails(
        driver=said.get("Driver", ""),
        driver_status=tuple((str(name), str(value)) for name, value, *_ in status),
        folders=tuple(_folders(said)),
        kernel=said.get("KernelVersion", ""),
        time=_time(said.get("SystemTime", "")),
        security=tuple(said.get("SecurityOptions") or ()),
        proxies=tuple((name, _bare(said[name])) for name in _PROXIES if said.get(name)),
        warnings=tuple(said.get("Warnings") or ()),
    )


def _folders(said: Mapping[str, Any]) -> Iterator[str]:
    """The engine's own, and that of a containerd beside it where its images are there."""
    yield said.get("DockerRootDir", "")
    by_containerd = any(pair[:1] == ["driver-type"] for pair in said.get("DriverStatus") or ())
    if by_containerd and (said.get("Containerd") or {}).get("Address") == _SYSTEM_CONTAINERD:
        yield "/var/lib/containerd"


def _time(text: str) -> datetime | None:
    """A moment (RFC 3339), of the engine's zone."""
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def _bare(proxy: str) -> str:
    """A proxy without user and password."""
    scheme, mark, rest = proxy.rpartition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}"
