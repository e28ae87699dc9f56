"""`forebear schema`: the JSON Schema of lineage.yml."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from forebear.cli.common import common

if TYPE_CHECKING:
    from forebear.cli.console import Console


@click.command(
    "schema",
    help="""Print the JSON Schema of lineage.yml, with which editors complete and check it.

\b
Example:
  forebear schema > lineage.schema.json""",
)
@common
def command(_console: Console) -> int:
    """Print it; it is a JSON document with or without --json."""
    from forebear.lineage.schema import schema_text

    click.echo(schema_text(), nl=False)
    return 0
