"""`forebear build`: the cascade."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from forebear.cli.common import SELECT_HELP, common, open_project, selecting

if TYPE_CHECKING:
    from forebear.cli.console import Console


@click.command(
    "build",
    help=f"""Build what has changed, and all that descends from it, in order.

Each image is built on exactly the parent that was meant, verified, and only then tagged. Where one
fails, its descendants are skipped, and the next run carries on from what is done.

\b
Examples:
  forebear build             the whole family
  forebear build tomcat+     tomcat and its descendants
  forebear build --jobs 4    four images at once
  forebear build --from-registry webapp    webapp alone, on its published ancestors
{SELECT_HELP}""",
)
@selecting
@click.option("-j", "--jobs", type=click.IntRange(1, 256), help="How many images to build at once.  [four a processor]")
@click.option("--from-registry", is_flag=True, help="Pull what is up to date in the registry, and build only the rest.")
@click.option("--fail-fast", is_flag=True, help="Start nothing more after the first failure.")
@common
def command(
    console: Console, select: tuple[str, ...], *, jobs: int | None, fail_fast: bool, from_registry: bool
) -> int:
    """Build."""
    from forebear import api
    from forebear.cli.display import display

    project, engine = open_project(console.start), api.connect()
    with display(console) as emit:
        options = api.Options(jobs or 0, fail_fast=fail_fast, from_registry=from_registry)
        ended = api.build(project, engine, select, options, emit)
    return 3 if any(each.outcome in ("failed", "skipped", "blocked") for each in ended) else 0
