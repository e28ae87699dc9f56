"""Where the logs and caches of a project are: what may be lost at any time."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from forebear.workspace import Workspace

VARIABLE: Final = "FOREBEAR_SPARE"


def spare(workspace: Workspace) -> Path:
    """The folder that FOREBEAR_SPARE names, made where it is missing; without an absolute one, the project's own."""
    named = Path(os.environ.get(VARIABLE) or "")
    if not named.is_absolute():
        return workspace.state
    with suppress(OSError):  # what cannot be written there is told of, or done without, where it is written
        named.mkdir(parents=True, exist_ok=True)
    return named
