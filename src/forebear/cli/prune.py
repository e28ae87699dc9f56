"""`forebear prune`: remove superseded images from the engine."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

import click

from forebear.cli.common import common, open_project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forebear.cli.console import Console
    from forebear.release.prune import Pruned
    from forebear.release.superseded import Decision


@click.command(
    "prune",
    help="""Remove the images of releases that are superseded from the engine.

The newest releases stay (`keep:` in lineage.yml, else 3), and all that lineage.yml declares. So does whatever is an
ancestor of something that stays, or used by a container. What goes is shown first, and asked for.

\b
Examples:
  forebear prune              show what would go, and ask
  forebear prune --yes        for scripts: do not ask
  forebear prune --keep 1     keep only the newest release""",
)
@click.option("--keep", type=click.IntRange(1), help="How many releases stay.  [keep: of lineage.yml, or 3]")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Only tell what would go.")
@common
def command(console: Console, *, keep: int | None, yes: bool, dry_run: bool) -> int:
    """Prune."""
    from forebear import api

    project, engine = open_project(console.start), api.connect()
    if dry_run:
        decisions, done = api.prune_plan(project, engine, keep), None
        _show(console, decisions)
    else:
        decisions, done = api.prune(project, engine, keep, partial(_agreed, console, yes=yes))
    if done:
        told = "the engine is too busy to tell" if done.freed is None else f"{done.freed / 1e6:.1f} MB"
        console.result(f"removed {len(done.removed)}; freed: {told}", bold=True)
    console.document("forebear.prune/1", document(decisions, done))
    return 0


def _agreed(console: Console, decisions: Sequence[Decision], *, yes: bool) -> bool:
    """Show a plan, and ask for it."""
    _show(console, decisions)
    count = sum(each.remove for each in decisions)
    if yes or not count:
        return count > 0
    if not sys.stdin.isatty():
        raise click.UsageError("nobody can be asked without a terminal; look with --dry-run, then add --yes")
    return click.confirm(f"Remove {count} from the engine?", err=True)


def _show(console: Console, decisions: Sequence[Decision]) -> None:
    width = max((len(_name(each)) for each in decisions), default=0)
    for each in decisions:
        if each.remove or console.verbose:
            word, color = ("remove", "yellow") if each.remove else ("keep", "green")
            console.result(f"{word:<6} {_name(each):<{width}}  {each.why}", fg=color)
    if not any(each.remove for each in decisions):
        console.note("nothing is superseded")


def _name(each: Decision) -> str:
    return each.tagged.reference.removeprefix("docker.io/")


def document(decisions: Sequence[Decision], done: Pruned | None) -> dict[str, object]:
    """What goes and stays, and what was removed, as `--json` prints it."""
    images = [{"reference": each.tagged.reference, "remove": each.remove, "why": each.why} for each in decisions]
    return {"images": images, "removed": list(done.removed) if done else [], "freed": done.freed if done else 0}
