"""What running a command costs: seconds, peak memory, bytes read."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one run of a command.

    `seconds` on the wall; `peak` the most memory of its process, in bytes; `read` the bytes that it read,
    files and sockets together, cached or not; `output` its last line.
    """

    seconds: float
    peak: int
    read: int
    code: int
    output: str


class CommandFailed(Exception):
    """A command that had to work did not."""


def cost(command: Sequence[str | Path], folder: Path, env: Mapping[str, str]) -> Cost:
    """Run a command to its end, which may be a failure."""
    started = time.perf_counter()
    log = folder.parent / f"{folder.name}.log"
    with log.open("w+b") as file:
        process = subprocess.Popen(
            command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT
        )
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        seconds = time.perf_counter() - started
        read = _read(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    lines = log.read_text(errors="replace").split("\n")
    return Cost(seconds, usage.ru_maxrss * 1024, read, process.returncode, next(filter(None, reversed(lines)), ""))


def sure(command: Sequence[str | Path], folder: Path, env: Mapping[str, str]) -> Cost:
    """Run a command that has to work; raises CommandFailed."""
    found = cost(command, folder, env)
    if found.code:
        raise CommandFailed(f"{' '.join(map(str, command))} in {folder} failed with {found.code}: {found.output}")
    return found


def _read(process: int) -> int:
    """What a process that has ended, but is not yet waited for, had read (proc_pid_io(5), rchar)."""
    lines = Path(f"/proc/{process}/io").read_text().splitlines()
    return int(dict(line.split(": ") for line in lines)["rchar"])
