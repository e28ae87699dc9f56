"""`forebear audit`: judge the pins of the lineage, or of any tree of files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from forebear.cli.common import common
from forebear.cli.reporting import Reporting, reporting, tell

if TYPE_CHECKING:
    from forebear.cli.console import Console


@click.command(
    "audit",
    help="""Judge every image that files name, and what else makes a build float: by fixed rules, without a network.

PATHs are files or folders. The exit code is 1 where something is found that counts.

\b
Examples:
  forebear audit .                       everything below this folder
  forebear audit docker/ compose.yml     a folder, and a file
  forebear audit . --format sarif -o audit.sarif
  forebear audit . --fix                 write the digests that tags have today""",
)
@click.argument("path", nargs=-1, metavar="[PATH]...")
@reporting
@common
def command(console: Console, path: tuple[str, ...], wanted: Reporting) -> int:
    """Audit."""
    from forebear import api

    return tell(console, wanted, lambda: api.audit_files(console.start, path, jobs=os.cpu_count() or 1))
