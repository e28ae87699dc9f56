"""Pure: what an engine's storage driver, or snapshotter, costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from forebear.release.findings import Finding, good, note, problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forebear.engine.model import EngineDetails

_CODE: Final = "storage-driver"
_COW: Final = "a new layer costs what it changes: the files below are shared (copy on write)"
_WHOLE: Final = (
    "it has no copy on write: every step copies the whole file system below it, so that each costs the time and the "
    "space of the whole image"
)
MEASURED: Final = "a chain of eight images took 2.1 times the time of overlay2 on vfs, and 6.1 times its space"
"""From docs/storage-drivers.md."""

_MOVE: Final = 'set "storage-driver": "overlay2" in the engine\'s daemon.json, or turn on the containerd image store'
_GOOD: Final = ("overlay2", "overlayfs", "btrfs", "zfs")
_COPYING: Final = ("vfs", "native")
_OLD: Final = ("aufs", "overlay", "devicemapper")


def driver(details: EngineDetails) -> Finding:
    """Judge the driver by its name and by what it says of itself."""
    status = dict(details.driver_status)
    what = f"the storage driver is {details.driver}"
    if details.driver in _COPYING:
        return problem(
            _CODE, what, f"{_WHOLE} ({MEASURED})", f"{_MOVE}; both keep their own images, so build or pull again"
        )
    if _is_on_loopback(status):
        means = "every read and write goes through a file on another file system, and space is not given back"
        return problem(_CODE, f"{what}, on a loopback device", means, _MOVE)
    if details.driver in _OLD and not _is_podmans(status):
        means = "newer engines do not have it any more: its images will not survive an update"
        return note(_CODE, what, means, f"before the next update, {_MOVE}")
    return _overlay(details.driver, status, what)


def _is_on_loopback(status: Mapping[str, str]) -> bool:
    """As the driver itself tells it (moby, daemon/graphdriver/devmapper, Status)."""
    return bool(status.get("Data loop file") or status.get("Metadata loop file"))


def _is_podmans(status: Mapping[str, str]) -> bool:
    """Podman's overlay is what Docker calls overlay2; it alone tells of metacopy (containers/storage, overlay.go)."""
    return "Using metacopy" in status


def _overlay(name: str, status: Mapping[str, str], what: str) -> Finding:
    backing = status.get("Backing Filesystem", "")
    where = f"{what}, on {backing}" if backing else what
    if status.get("Supports d_type") == "false":
        means = "files that a layer removes may show up again: the file system does not tell types of entries (d_type)"
        return problem(_CODE, where, means, "move the engine's data to ext4, or to xfs made with ftype=1")
    if status.get("Native Overlay Diff") == "false":
        means = "layers are found by comparing whole trees, which is slow for large images"
        action = (
            "the kernel's overlay module wants redirect_dir=off; without root in the engine, that cannot be changed"
        )
        return note(_CODE, f"{where}, without native diffs", means, action)
    if name == "fuse-overlayfs":
        means = f"{_COW}; but every access goes through a process of its own"
        return note(_CODE, what, means, "a kernel of 5.13 or newer lets a rootless engine use overlay2 itself")
    if name in _GOOD or _is_podmans(status):
        return good(_CODE, where, _COW)
    return note(_CODE, what, "forebear knows nothing of its cost", "compare it with overlay2 on the same machine")
