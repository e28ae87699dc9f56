"""`forebear graph`: the tree of images, as a person would draw it, or for another tool."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from forebear.cli.common import SELECT_HELP, common, open_project, selecting

if TYPE_CHECKING:
    from forebear.cli.console import Console

FORMATS = ("tree", "mermaid", "dot", "json")


@click.command(
    "graph",
    help=f"""Draw the images that lineage.yml declares, each below what it inherits from.

\b
Examples:
  forebear graph                         the tree, as text
  forebear graph --format mermaid        for a page of Markdown
  forebear graph --format dot | dot -Tsvg > family.svg
  forebear graph webapp                  one image, and what it stands on
{SELECT_HELP}""",
)
@selecting
@click.option("--format", "form", type=click.Choice(FORMATS), default="tree", show_default=True, help="How to draw.")
@common
def command(console: Console, select: tuple[str, ...], *, form: str) -> int:
    """Draw."""
    from forebear import api

    project = open_project(console.start)
    click.echo(api.graph(project, "json" if console.as_json else form, select), nl=False)
    return 0
