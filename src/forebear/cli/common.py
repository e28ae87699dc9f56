"""What all commands share: their options, and the console that these make."""

from __future__ import annotations

from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

import click

from forebear.cli.console import Console, clean
from forebear.errors import Busy, Error, Fault, InputError, Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from forebear.project import Project

P = ParamSpec("P")

SELECT = "[SELECT]..."
SELECT_HELP = """
\b
SELECT picks images:
  tomcat       that one
  tomcat+      and its descendants      tomcat+1  one level of them
  +webapp      and its ancestors        1+webapp  one level of them
  a+,b+        what is in both
  'web*'       by pattern; several arguments add up
"""


def common(function: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options that all have; it gets a Console and returns its exit code."""

    @click.option("-C", "directory", metavar="DIR", help="Work as if started in DIR.")
    @click.option("--json", "as_json", is_flag=True, help="Print a JSON document on standard output.")
    @click.option("-q", "--quiet", is_flag=True, help="Say only what matters.")
    @click.option("-v", "--verbose", is_flag=True, help="Say more.")
    @click.option("--no-color", is_flag=True, help="Print without colour.")
    @click.pass_context
    @wraps(function)
    def wrapped(
        ctx: click.Context,
        /,
        directory: str | None,
        *,
        as_json: bool,
        quiet: bool,
        verbose: bool,
        no_color: bool,
        **rest: Any,
    ) -> int:
        start = Path(directory or ctx.obj or ".")
        console = Console(start, as_json=as_json, quiet=quiet, verbose=verbose, plain=no_color)
        try:
            _check(start)
            return function(console, **rest)
        except Error as error:
            from forebear.cli.failure import report

            return report(error, console)

    return wrapped


def _check(start: Path) -> None:
    """Raise InputError where the current folder, which a relative path needs, was removed meanwhile."""
    try:
        start.absolute()
    except FileNotFoundError:
        fault = Fault(Place(str(start)), "this folder was removed", "go to another one")
        raise InputError([fault]) from None


def selecting(function: Callable[..., int]) -> Callable[..., int]:
    """Give a command the SELECT arguments, completed from lineage.yml."""
    return click.argument("select", nargs=-1, metavar=SELECT, shell_complete=_complete)(function)


def _complete(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """The names of images that go on from what is typed, behind any operator."""
    from forebear.project import load

    start = max(incomplete.rfind("+"), incomplete.rfind(",")) + 1
    try:
        images = load(Path(ctx.params.get("directory") or ".")).family.lineage.images
    except Error:
        return []
    return [incomplete[:start] + name for name in images if name.startswith(incomplete[start:])]


def open_project(start: Path) -> Project:
    """The project around a folder; a cut of it that was stopped half way is finished or taken back first."""
    from forebear.project import CUTTING, load
    from forebear.workspace import find_root

    if (find_root(start) / CUTTING).exists():
        _recover(start)
    return load(start)


def _recover(start: Path) -> None:
    """Tell what became of a cut that was stopped; one that is at work is left alone."""
    from forebear.api.cuts import recover

    with suppress(Busy):
        if done := recover(start):
            click.echo(f"forebear: {clean(str(done))}", err=True)
