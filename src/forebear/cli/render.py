"""`forebear render`: write every Dockerfile, or show where one has drifted from its template."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from forebear.cli.common import SELECT_HELP, common, open_project, selecting

if TYPE_CHECKING:
    from forebear.cli.console import Console


@click.command(
    "render",
    help=f"""Write images/NAME/Dockerfile from its template, for every image or those selected.

\b
Examples:
  forebear render            all of them
  forebear render tomcat+    tomcat's and its descendants'
  forebear render --check    write none; show what differs, and exit with 1 if anything does
{SELECT_HELP}""",
)
@selecting
@click.option("--check", is_flag=True, help="Write nothing; show drift as a diff, and fail if there is any.")
@common
def command(console: Console, select: tuple[str, ...], *, check: bool) -> int:
    """Render, or check."""
    return _check(console, select) if check else _render(console, select)


def _render(console: Console, select: tuple[str, ...]) -> int:
    from forebear import api

    written = api.render(open_project(console.start), select)
    for path in written:
        console.result(path)
    console.document("forebear.render/1", {"written": list(written)})
    console.note(f"{len(written)} written" if written else "every Dockerfile is as its template says")
    return 0


def _check(console: Console, select: tuple[str, ...]) -> int:
    from forebear import api

    drifts = api.drift(open_project(console.start), select)
    for drift in drifts:
        console.diff(drift.diff)
    console.document("forebear.drift/1", {"drift": [{"path": d.path, "diff": d.diff} for d in drifts]})
    if not drifts:
        console.note("every Dockerfile is as its template says")
        return 0
    console.note(f"{len(drifts)} drifted from their templates; write them with: forebear render")
    return 1
