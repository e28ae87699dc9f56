"""The engine: finding one, and what it can promise."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from forebear.errors import InputError
from forebear.project import load as open_project
from forebear.workspace import find_root

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from forebear.engine.model import Engine
    from forebear.release.doctor import Diagnosis


def connect(address: str | None = None) -> Engine:
    """The engine at an address, else the one of DOCKER_HOST, the active Docker context or the default socket.

    Raises EngineUnreachable.
    """
    from forebear.engine.client import Docker

    return Docker(address)


def doctor(start: Path, find: Callable[[], Engine] = connect) -> Diagnosis:
    """What the engine that `find` finds can promise to the project around a folder; there may be none.

    An engine that cannot be reached, and a project with faults, are findings. Raises InputError where no folder is.
    """
    from forebear.release.doctor import examine

    load = open_project if _is_in_project(start) else lambda _start: None
    return examine(find, lambda: load(start))


def _is_in_project(folder: Path) -> bool:
    try:
        find_root(folder)
    except InputError:
        if os.path.isdir(folder):  # noqa: PTH112 - Path.is_dir raises where it may not look
            return False
        raise
    return True
