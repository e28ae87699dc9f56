"""The log of each target: a file for the output of its last build."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TextIO

from forebear.build.spare import spare
from forebear.errors import Fault, InputError, Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from forebear.build.recipe import Target
    from forebear.engine.model import Log
    from forebear.workspace import Workspace

FOLDER: Final = "logs"


@dataclass(frozen=True, slots=True)
class Logs:
    """The logs of a project; those for the engine's own platform are named after the image alone."""

    workspace: Workspace
    platform: str

    @contextmanager
    def open(self, target: Target) -> Iterator[tuple[str, Log]]:
        """The log of a target: its path, as it is shown, and what takes its lines, which may raise InputError."""
        suffix = "" if target.platform == self.platform else "-" + target.platform.replace("/", "-")
        path = spare(self.workspace) / FOLDER / f"{target.image}{suffix}.log"
        shown = str(path.relative_to(self.workspace.root) if path.is_relative_to(self.workspace.root) else path)
        with ExitStack() as stack:
            yield shown, _lines_of(path, shown, stack)


def _lines_of(path: Path, shown: str, stack: ExitStack) -> Log:
    """What takes lines; the first of them makes an end of the log before, which is kept for what is not built."""
    file: TextIO | None = None

    def take(line: str) -> None:
        nonlocal file
        try:
            if file is None:
                path.parent.mkdir(parents=True, exist_ok=True)
                file = path.open("w", encoding="utf-8", errors="replace", buffering=1)
                stack.callback(_close, file)
            print(line, file=file)
        except OSError as error:
            raise _unwritable(shown, error) from error

    return take


def _close(file: TextIO) -> None:
    """What could not be written was told of when the line came."""
    with suppress(OSError):
        file.close()


def _unwritable(shown: str, error: OSError) -> InputError:
    problem = f"the log cannot be written: {(error.strerror or str(error)).lower()}"
    return InputError([Fault(Place(shown), problem, "correct that, then run this again")])
