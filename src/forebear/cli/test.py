"""`forebear test`: the gates alone, on what is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from forebear.cli.common import SELECT_HELP, common, open_project, selecting

if TYPE_CHECKING:
    from forebear.cli.console import Console


@click.command(
    "test",
    help=f"""Let the images that are on the engine pass their gates, the `tests` of lineage.yml.

`forebear build` does so before it moves a tag.

\b
Examples:
  forebear test            every image that has gates
  forebear test webapp     one
{SELECT_HELP}""",
)
@selecting
@common
def command(console: Console, select: tuple[str, ...]) -> int:
    """Test."""
    from forebear import api

    results = api.run_gates(open_project(console.start), api.connect(), select)
    for each in results:
        word, color = ("failed", "red") if each.problem else ("passed", "green")
        console.result(f"{word:<8} {each.image}{f': {each.problem}' if each.problem else ''}", fg=color)
    body = [{"image": each.image, "reference": each.reference, "problem": each.problem} for each in results]
    console.document("forebear.test/1", {"images": body})
    if not results:
        console.note("no image here has gates; declare them as `tests` in lineage.yml")
    return 3 if any(each.problem for each in results) else 0
