"""`forebear import`: bring existing Dockerfiles under a lineage."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from forebear.cli.common import common

if TYPE_CHECKING:
    from forebear.api.imports import Import
    from forebear.cli.console import Console


@click.command(
    "import",
    help="""Make lineage.yml and templates from the Dockerfiles in a folder, which becomes the project's root.

An image is imported only if its template renders its Dockerfile byte for byte, apart from its pins and the line
that names its template. What changes is shown as a diff, what cannot be imported is listed with the reason.
Compose files and docker-bake.json tell contexts, targets, arguments and names.

\b
Examples:
  forebear import .                     all Dockerfiles here
  forebear import images --dry-run      show what would change, and write nothing
  forebear import . --project acme --registry registry.example.org --version 2.1.0""",
)
@click.argument("tree", metavar="DIR")
@click.option("--dry-run", is_flag=True, help="Write nothing; show what would be written.")
@click.option("--project", metavar="NAME", help="The family's name.  [what the tree's references say]")
@click.option("--registry", metavar="HOST", help="Where the family is published.  [what the references say]")
@click.option(
    "--version", metavar="VERSION", default="0.1.0", show_default=True, help="The version where no tag says one."
)
@common
def command(
    console: Console, *, tree: str, dry_run: bool, project: str | None, registry: str | None, version: str
) -> int:
    """Import."""
    from forebear.api.imports import import_tree

    folder = Path(console.start, tree)
    result = import_tree(folder, project=project, registry=registry, version=version, write=not dry_run)
    _show(console, result)
    console.document("forebear.import/1", _document(result, dry_run))
    if not result.images:
        console.alert("no Dockerfile can be imported; nothing was written")
        return 1
    console.note(f"{len(result.images)} imported, {len(result.refused)} not" + (" (dry run)" if dry_run else ""))
    if not dry_run:
        console.note("now run: forebear lock, then forebear plan")
    return 1 if result.refused else 0


def _show(console: Console, result: Import) -> None:
    for each in result.images:
        if each.diff and not console.quiet:
            console.diff(each.diff)
    for each in result.images:
        if each.crlf:
            console.result(f"{each.path}: its line ends become LF")
    for path, names in result.shared:
        console.result(f"{path} is shared by {', '.join(names)}")
    for note in result.notes:
        console.result(f"{note.path}: {' '.join(note.text.split())}")
    for refusal in result.refused:
        place = f"{refusal.path}:{refusal.line}" if refusal.line else refusal.path
        console.result(f"{place}: not imported: {refusal.reason}; {refusal.action}", fg="yellow")


def _document(result: Import, dry_run: bool) -> dict[str, object]:
    return {
        "written": [] if dry_run else [path for path, _ in result.files],
        "images": [
            {
                "name": each.name,
                "path": each.path,
                "context": each.context,
                "template": each.template,
                "crlf": each.crlf,
                "diff": each.diff,
            }
            for each in result.images
        ],
        "shared": [{"template": path, "images": list(names)} for path, names in result.shared],
        "notes": [{"path": each.path, "text": each.text} for each in result.notes],
        "refused": [
            {"path": each.path, "line": each.line, "reason": each.reason, "action": each.action}
            for each in result.refused
        ],
    }
