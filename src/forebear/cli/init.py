"""`forebear init`: start a lineage in a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from forebear.cli.common import common

if TYPE_CHECKING:
    from forebear.cli.console import Console


@click.command(
    "init",
    help="""Write a first lineage.yml and template: one image of your own on an upstream one.

\b
Examples:
  forebear init                                  on docker.io/library/debian:12-slim
  forebear init --project acme --from fedora:41  for the project acme, on fedora:41""",
)
@click.option("--project", metavar="NAME", help="The project's name.  [the folder's]")
@click.option(
    "--from",
    "upstream",
    metavar="REFERENCE",
    default="docker.io/library/debian:12-slim",
    show_default=True,
    help="What the first image starts from.",
)
@common
def command(console: Console, *, project: str | None, upstream: str) -> int:
    """Start."""
    from forebear import api

    written = api.init(console.start, project, upstream)
    for path in written:
        console.result(path)
    console.document("forebear.init/1", {"written": list(written)})
    console.note("now run: forebear lock, then forebear build")
    return 0
