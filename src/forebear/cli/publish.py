"""`forebear publish`: push a release, all or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from forebear.cli import outlook
from forebear.cli.common import common, open_project

if TYPE_CHECKING:
    from forebear.cli.console import Console
    from forebear.project import Project
    from forebear.release.publish import Release


@click.command(
    "publish",
    help="""Push every image of the release, check each in the registry, and only then set the version tags.

Ancestors come first: at no moment is a version there whose parent is not. A version that is published never changes:
where one is there with another image, nothing becomes visible. What was stopped is finished by the next run. In the end
releases/VERSION.json is written, the record of exactly what was published.

\b
Examples:
  forebear publish              what lineage.yml declares, as it is built
  forebear publish --dry-run    what that would do
  forebear publish --abort      take back what was stopped in the middle""",
)
@click.option("--dry-run", is_flag=True, help="Only tell what would be done.")
@click.option("--abort", is_flag=True, help="Take back a publication that was stopped.")
@click.option("--take-over", is_flag=True, help="Take the place of a publication elsewhere that will never end.")
@click.option("-j", "--jobs", type=click.IntRange(1, 64), help="How many images are pushed at once.  [8]")
@common
def command(console: Console, *, dry_run: bool, abort: bool, take_over: bool, jobs: int | None) -> int:
    """Publish, plan, or take back."""
    if dry_run and abort:
        raise click.UsageError("--dry-run does not go with --abort")
    from forebear import api

    project, engine = open_project(console.start), api.connect()
    if dry_run:
        made = api.publication_plan(project, engine, take_over=take_over)
        outlook.show(console, made, "publication")
        console.document("forebear.publish-plan/1", outlook.document(made))
        return 0
    from forebear.cli.sending import sending

    with sending(console) as emit:
        if abort:
            return _aborted(console, api.abort_publication(project, engine, emit))
        done = api.publish(project, engine, emit, jobs=jobs or 0, take_over=take_over)
    for reference, digest in done.digests:
        console.result(f"{reference}  {digest}")
    _tell(console, project, done.version, done.record, news=done.news)
    console.document("forebear.publish/1", document(done))
    return 0


def document(done: Release) -> dict[str, object]:
    """A publication, as `--json` prints it."""
    images = [{"reference": reference, "digest": digest} for reference, digest in done.digests]
    return {"version": done.version, "record": done.record, "news": done.news, "images": images}


def _tell(console: Console, project: Project, version: str, record: str, *, news: bool) -> None:
    if not news:
        console.note(f"{version} is published already; see {record}")
        return
    console.note(f"{version} is published; commit its record, {record}")
    if version != project.family.lineage.version:
        console.note(f"now run it again for {project.family.lineage.version}")


def _aborted(console: Console, version: str | None) -> int:
    console.note(f"the publication of {version} is taken back" if version else "there is nothing to take back")
    console.document("forebear.publish-abort/1", {"version": version})
    return 0
