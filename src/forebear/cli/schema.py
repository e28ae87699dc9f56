"""`forebear schema`: the JSON Schemas of lineage.yml, of a record and of the settings of an audit."""

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
  forebear schema record > record.schema.json    of releases/VERSION.json
  forebear schema audit > audit.schema.json      of .forebear-audit.yml""",
)
@click.argument(
    "file", type=click.Choice(["lineage", "record", "audit"]), default="lineage", metavar="[lineage|record|audit]"
)
@common
def command(_console: Console, file: str) -> int:
    """Print it; it is a JSON document with or without --json."""
    if file != "lineage":
        from forebear import api

        click.echo(api.record_schema() if file == "record" else api.audit_schema(), nl=False)
        return 0
    from forebear.lineage.schema import schema_text

    click.echo(schema_text(), nl=False)
    return 0
