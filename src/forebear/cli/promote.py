"""`forebear promote`: copy a published release to another registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from forebear.cli import outlook
from forebear.cli.common import common, open_project

if TYPE_CHECKING:
    from forebear.cli.console import Console
    from forebear.release.outlook import Outlook
    from forebear.release.promote import Promoted


@click.command(
    "promote",
    help="""Copy a release from the registry where it is published to another one, without building anything.

It is verified against its record first, and has the same digests there. Version tags are set in the end, ancestors
first. Where it was stopped, run it again, or take it back with --abort.

\b
Examples:
  forebear promote 2.1.7 --to production.example.org
  forebear promote 2.1.7 --to production.example.org --dry-run
  forebear promote 2.1.7 --to production.example.org --abort
  forebear verify 2.1.7 --registry production.example.org""",
)
@click.argument("version")
@click.option("--to", required=True, metavar="REGISTRY", help="The registry to copy to, with a folder where wanted.")
@click.option("--dry-run", is_flag=True, help="Only tell what would be done.")
@click.option("--abort", is_flag=True, help="Take back a promotion that was stopped.")
@click.option("--take-over", is_flag=True, help="Take the place of a publication elsewhere that will never end.")
@common
def command(console: Console, version: str, *, to: str, dry_run: bool, abort: bool, take_over: bool) -> int:
    """Promote, plan, or take back."""
    if dry_run and abort:
        raise click.UsageError("--dry-run does not go with --abort")
    from forebear import api
    from forebear.cli.sending import sending

    project = open_project(console.start)
    if dry_run:
        return _planned(console, version, to, api.promotion_plan(project, version, to, take_over=take_over))
    with sending(console) as emit:
        if abort:
            return _aborted(console, version, to, there_was=api.abort_promotion(project, version, to, emit))
        done = api.promote(project, version, to, emit, take_over=take_over)
    for reference, digest in done.digests:
        console.result(f"{reference}  {digest}")
    console.document("forebear.promote/1", document(done))
    return 0


def _planned(console: Console, version: str, to: str, made: Outlook) -> int:
    outlook.show(console, made, "promotion")
    console.document("forebear.promote-plan/1", {"version": version, "to": to, **outlook.document(made)})
    return 0


def document(done: Promoted) -> dict[str, object]:
    """A promotion, as `--json` prints it."""
    images = [{"reference": reference, "digest": digest} for reference, digest in done.digests]
    return {"version": done.version, "to": done.to, "images": images}


def _aborted(console: Console, version: str, to: str, *, there_was: bool) -> int:
    console.note(f"the promotion of {version} to {to} is taken back" if there_was else "there is nothing to take back")
    console.document("forebear.promote-abort/1", {"version": version if there_was else None, "to": to})
    return 0
