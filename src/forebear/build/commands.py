"""Running the command of a preparation, on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from forebear.errors import BuildFailed

if TYPE_CHECKING:
    from pathlib import Path

    from forebear.engine.model import Log
    from forebear.lineage.model import Preparation

_TAIL: Final = 20
"""How many of its last lines are shown where a command fails."""


def carry_out(preparation: Preparation, root: Path, epoch: int, log: Log) -> None:
    """Run the command in its folder, with the image's epoch in SOURCE_DATE_EPOCH; its output goes to `log`.

    Interrupted, everything that the command started is ended. Raises BuildFailed where it cannot run, or ends with
    another exit code than 0.
    """
    said = deque[str](maxlen=_TAIL)
    with _started(preparation, root, epoch) as process:
        try:
            for line in process.stdout or ():
                said.append(line.rstrip())
                log(line.rstrip())
            code = process.wait()
        except BaseException:
            _end(process)
            raise
    if code:
        raise BuildFailed("\n".join([f"{shown(preparation)} ended with exit code {code}", *said]))


def _started(preparation: Preparation, root: Path, epoch: int) -> subprocess.Popen[str]:
    """The command at work, leader of a process group of its own."""
    try:
        return subprocess.Popen(  # noqa: S603 - the command that lineage.yml declares
            preparation.run,
            cwd=root / preparation.folder,
            env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise BuildFailed(f"{shown(preparation)} cannot run: {error}", "is it installed here?") from error


def shown(preparation: Preparation) -> str:
    """The command as people write it."""
    run = preparation.run
    return run[2] if run[:2] == ("/bin/sh", "-c") else " ".join(run)


def _end(process: subprocess.Popen[str]) -> None:
    """End a command and all that it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)
            return
