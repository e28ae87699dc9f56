"""`forebear schema`: the JSON Schemas of lineage.yml and of a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from forebear.cli.common import common

if TYPE_CHECKING:
    from forebear.cli.console import Console


@click.command(
    "schema",
    help="""Print the JSON Schema of lineage.yml, with which editors complete and check it, or of another file.

\b
Examples:
  forebear schema > lineage.schema.json
  forebear schema record > record.schema.json    of releases/VERSION.json""",
)
@click.argument("file", type=click.Choice(["lineage", "record"]), default="lineage", metavar="[lineage|record]")
@common
def command(_console: Console, file: str) -> int:
    """Print it; it is a JSON document with or without --json."""
    if file == "record":
        from forebear import api

        click.echo(api.record_schema(), nl=False)
        return 0
    from forebear.lineage.schema import schema_text

    click.echo(schema_text(), nl=False)
    return 0
