"""What is around an engine and a project: disk, folders, lock, credentials."""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING, Final

from forebear import memo
from forebear.errors import EngineRefused
from forebear.release.findings import Finding, good, note, problem
from forebear.workspace import STATE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from forebear.engine.model import EngineDetails, EngineInfo
    from forebear.pins.lock import Pin
    from forebear.project import Project
    from forebear.registry.auth import Credentials


_GIB: Final = 1 << 30
_SCARCE: Final = 2 * _GIB
_LITTLE: Final = 10 * _GIB
_PRUNE: Final = (
    "make room on it; docker system df shows what the engine holds, docker builder prune frees its build cache"
)


def disk(info: EngineInfo, details: EngineDetails) -> Iterator[Finding]:
    """The room that the engine has for images, where its folders can be seen from here."""
    if not _is_here(info, details):
        what = f"how much room the engine has cannot be seen from here: its data is in {details.folders[0]} over there"
        means = "a build that fills the disk fails, and costs only itself"
        yield note("disk", what, means, f"on that machine, run: df -h {details.folders[0]}")
        return
    for folder in details.folders:
        yield _room(folder, os.statvfs(folder))


def _is_here(info: EngineInfo, details: EngineDetails) -> bool:
    """Whether the engine runs on this machine: a unix socket may lead into a virtual one, of another kernel."""
    same = info.host.startswith("unix://") and details.kernel == platform.release()
    return same and all(_can_be_seen(folder) for folder in details.folders)


def _can_be_seen(folder: str) -> bool:
    try:
        os.statvfs(folder)
    except OSError:
        return False
    return True


def _room(folder: str, found: os.statvfs_result) -> Finding:
    free = found.f_bavail * found.f_frsize
    what = f"{free / _GIB:,.1f} GiB are free in {folder}"
    if found.f_files and found.f_favail * 50 < found.f_files:
        means = "no file can be made without one, whatever room there is"
        return problem("disk", f"under 2 % of the inodes are free in {folder}", means, _PRUNE)
    if free < _SCARCE:
        return problem("disk", what, "a build may fill it, and fail", _PRUNE)
    if free < _LITTLE:
        return note("disk", what, "a family of a few large images may fill it", _PRUNE)
    return good("disk", what, "the engine keeps its images and its build cache there")


def folders(project: Project) -> Iterator[Finding]:
    """Whether forebear can write what it has to, and what makes it quick."""
    state = project.workspace.state
    if _is_writable(state):
        yield good("state", f"{STATE} can be written", "logs, and what files and images were found to be, go there")
    else:
        means = "build, render and lock stop at once: they lock the project there"
        yield problem("state", f"{STATE} cannot be written", means, "make it, and the project, yours to write")
    if not _is_writable(memo.folder()):
        means = "lineage.yml is read anew, and all templates rendered anew, by every command"
        yield note("cache", f"{memo.folder()} cannot be written", means, "name another folder in XDG_CACHE_HOME")


def _is_writable(folder: Path) -> bool:
    """Whether a folder can be written, or made."""
    there = next(each for each in (folder, *folder.parents) if os.path.lexists(each))
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def lock(project: Project) -> Iterator[Finding]:
    """Whether every upstream is locked, and to what others can get too."""
    upstreams = project.family.lineage.upstreams
    pins = [project.lock.pin(upstream) for upstream in upstreams]
    missing = [upstream.familiar for upstream, pin in zip(upstreams, pins, strict=True) if pin is None]
    if missing:
        means = "images that start from them are blocked"
        yield problem("lock", f"{_listed(missing)} {_are(missing)} not locked", means, "run: forebear lock")
    local = [pin.upstream.familiar for pin in pins if pin and pin.local]
    if local:
        means = "another engine can have them only by docker save and docker load"
        action = "where the registry can be reached, run: forebear lock --upgrade"
        yield note("lock", f"{_listed(local)} {_are(local)} locked to an image that an engine has", means, action)
    if upstreams and not missing and not local:
        yield good("lock", "every upstream is locked", "a tag that moves changes nothing here")


def registries(pins: Iterable[Pin], credentials: Credentials) -> Iterator[Finding]:
    """For each registry that upstreams are pulled from, whether it gets credentials, and by whom."""
    names = dict.fromkeys(pin.upstream.registry for pin in pins if not pin.local)
    return (_registry(name, credentials) for name in names)


def _registry(name: str, credentials: Credentials) -> Finding:
    try:
        known = credentials(name)
    except EngineRefused as error:
        return problem("credentials", error.problem, "nothing private can be pulled from there", error.action)
    if known is None:
        means = f"public images can be pulled; private ones after: docker login {name}"
        return good("credentials", f"there are no credentials for {name}", means)
    means = (
        "forebear has the engine pull upstreams with them; the builder asks for them, in a session of the build, where "
        "a trigger of ONBUILD names an image"
    )
    return good("credentials", f"there are credentials for {name} ({known.user or 'an identity token'})", means)


def _listed(names: Iterable[str]) -> str:
    first, *more = names
    return f"{first} and {len(more)} more" if len(more) > 1 else " and ".join((first, *more))


def _are(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"
