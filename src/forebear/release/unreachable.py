"""What is in the way of an engine that cannot be reached."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from forebear.release.findings import Finding, note, problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forebear.errors import EngineUnreachable

_UNIX: Final = "unix://"
MARKS: Final = (Path("/.dockerenv"), Path("/run/.containerenv"))
_INSIDE: Final = "the engine of the machine around it is used over a socket that is mounted into the container"
_MOUNT: Final = "start it with --volume /var/run/docker.sock:/var/run/docker.sock"
_NOTHING: Final = "no image can be planned on it, built or tested; render, graph and plan --offline work without"


def unreachable(error: EngineUnreachable) -> Iterator[Finding]:
    """The error, how the engine was chosen, what there is to see of its socket, and other sockets."""
    yield problem("engine", error.problem, _NOTHING, error.action)
    host = _host()
    yield note("address", f"the engine was looked for at {host}, {_chosen()}", "no other one is tried", _CHOOSE)
    path = Path(host.removeprefix(_UNIX))
    if host.startswith(_UNIX):
        yield from _socket(path)
    others = [found for found in _usual() if _is_other(found, path)]
    if others:
        means = "other engines listen here, or did; forebear takes none of them by itself"
        yield note(
            "other-engines", f"there is {' and '.join(map(str, others))}", means, f"try DOCKER_HOST={_UNIX}{others[0]}"
        )


_CHOOSE: Final = "name another in DOCKER_HOST or by docker context use"


def _host() -> str:
    from forebear.engine.connect import find
    from forebear.errors import EngineUnreachable

    try:
        return find().host
    except EngineUnreachable:
        return "an address that cannot be used"


def _chosen() -> str:
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT"):
        if os.environ.get(name):
            return f"as {name} says"
    return "as the active Docker context says, or by default"


def _socket(path: Path) -> Iterator[Finding]:
    """What keeps this user from a socket that is there."""
    try:
        found = path.stat()
    except PermissionError:
        means = "this user may not look into a folder on its way"
        yield problem("socket", f"{path} cannot be seen", means, "run as a user who may, or name another socket")
        return
    except OSError:
        if _in_container():
            yield problem("container", "this runs in a container, without an engine's socket", _INSIDE, _MOUNT)
        return
    if not stat.S_ISSOCK(found.st_mode):
        yield problem("socket", f"{path} is no socket", "no engine can listen there", "name the engine's socket")
    elif not os.access(path, os.R_OK | os.W_OK):
        group = _group(found.st_gid)
        what = f"{path} is for user {_user(found.st_uid)} and group {group}, mode {stat.S_IMODE(found.st_mode):04o}"
        action = f"run: sudo usermod -aG {group} {_user(os.getuid())}; then log in again"
        if _in_container():
            action = f"start the container with --group-add {found.st_gid}, or group_add in its compose file"
        yield problem("socket", what, f"this user ({_user(os.getuid())}) is in neither", action)


def _in_container() -> bool:
    """Whether this runs in a container of Docker or Podman, each of which leaves a mark."""
    return any(mark.exists() for mark in MARKS)


def _user(number: int) -> str:
    with suppress(KeyError):
        return pwd.getpwuid(number).pw_name
    return str(number)


def _group(number: int) -> str:
    with suppress(KeyError):
        return grp.getgrgid(number).gr_name
    return str(number)


def _usual() -> tuple[Path, ...]:
    """Where engines listen by default: Docker's own, rootless Docker, Docker Desktop."""
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}")
    home = Path.home() / ".docker"
    return (
        Path("/var/run/docker.sock"),
        runtime / "docker.sock",
        home / "run/docker.sock",
        home / "desktop/docker.sock",
    )


def _is_other(path: Path, chosen: Path) -> bool:
    with suppress(OSError):
        return path.is_socket() and path.resolve() != chosen.resolve()
    return False
