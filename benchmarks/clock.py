"""What running a command costs: seconds, peak memory, bytes read."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MIB: Final = 1 << 20
LAUNCH: Final = (sys.executable, "-I", "-S", str(Path(__file__).with_name("launch.py")))


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one run of a command.

    `seconds` on the wall; `peak` the most memory of its process, in bytes; `read` the bytes that it read,
    files and sockets together, cached or not (proc_pid_io(5), rchar); `output` its last line.
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
    log, result = (folder.parent / f"{folder.name}.{end}" for end in ("log", "json"))
    with log.open("wb") as file:
        subprocess.run(
            [*LAUNCH, result, *command],
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            check=True,
        )
    seconds, peak, read, code = json.loads(result.read_text())
    lines = log.read_text(errors="replace").split("\n")
    return Cost(seconds, peak, read, code, next(filter(None, reversed(lines)), ""))


def sure(command: Sequence[str | Path], folder: Path, env: Mapping[str, str]) -> Cost:
    """Run a command that has to work; raises CommandFailed."""
    found = cost(command, folder, env)
    if found.code:
        raise CommandFailed(f"{' '.join(map(str, command))} in {folder} failed with {found.code}: {found.output}")
    return found
