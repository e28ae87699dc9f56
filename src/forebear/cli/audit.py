"""`forebear audit`: judge the pins of the lineage, or of any tree of files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from forebear.cli.common import common

if TYPE_CHECKING:
    from forebear.cli.console import Console


@click.command(
    "audit",
    help="""Judge every image that files name, and what else makes a build float: by fixed rules, without a network.

PATHs are files or folders. The exit code is 1 where something is found that counts.

\b
Examples:
  forebear audit .                       everything below this folder
  forebear audit docker/ compose.yml     a folder, and a file""",
)
@click.argument("path", nargs=-1, metavar="[PATH]...")
@common
def command(console: Console, path: tuple[str, ...]) -> int:
    """Audit."""
    from forebear import api
    from forebear.cli.findings import document, show, summary

    report = api.audit_files(console.start, path, jobs=os.cpu_count() or 1)
    show(console, report.findings)
    console.document("forebear.audit/1", document(report))
    console.note(summary(report))
    return 1 if report.findings else 0
