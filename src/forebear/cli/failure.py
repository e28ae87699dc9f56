"""How errors are told: in words on standard error, and as a document where `--json` asks for one."""

from __future__ import annotations

import tempfile
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from forebear.cli.console import Console, clean
from forebear.errors import Error, InputError


def report(error: Error, console: Console) -> int:
    """Tell of an error that a user can mend; its exit code."""
    console.line("forebear.error/1", {"exit": error.exit_code, "errors": _entries(error)})
    for line in _lines(error):
        console.alert(line)
    return error.exit_code


def misuse(problem: str, *, as_json: bool) -> int:
    """Tell of arguments that are wrong, where no command has begun; the exit code."""
    console = Console(Path(), as_json=as_json)
    error = {"problem": problem, "action": ""}
    with suppress(OSError):  # a reader that went away, a full disk
        console.line("forebear.error/1", {"exit": InputError.exit_code, "errors": [error]})
    console.alert(f"forebear: {problem}")
    return InputError.exit_code


def _lines(error: Error) -> list[str]:
    if isinstance(error, InputError):
        return [str(fault) for fault in error.faults]
    return [f"forebear: {error.problem}", *([f"  {error.action}"] if error.action else [])]


def _entries(error: Error) -> list[dict[str, Any]]:
    if not isinstance(error, InputError):
        return [{"problem": error.problem, "action": error.action}]
    return [
        {
            "file": fault.place.file,
            "line": fault.place.line,
            "column": fault.place.column,
            "path": fault.place.path,
            "problem": fault.problem,
            "action": fault.action,
        }
        for fault in error.faults
    ]


def defect(error: Exception) -> None:
    """Tell of a defect: one line, and the rest in a file that can be sent to those who can mend it."""
    text = "".join(traceback.format_exception(error))
    click.echo(f"forebear: a defect of forebear: {type(error).__name__}: {clean(str(error))}", err=True)
    with suppress(OSError), tempfile.NamedTemporaryFile("w", prefix="forebear-", suffix=".log", delete=False) as file:
        file.write(text)
        click.echo(f"  please report it, with {file.name}", err=True)
