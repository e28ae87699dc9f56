"""`forebear cut`: a new version of the family, or of a part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from forebear.cli.common import SELECT_HELP, common, open_project, selecting

if TYPE_CHECKING:
    from forebear.api.cuts import Cutting
    from forebear.cli.console import Console


@click.command(
    "cut",
    help=f"""Set a new version for the selected images and all their descendants: edit lineage.yml, render, plan.

VERSION is patch, minor, major, a version, or release, which ends a pre-release; with --pre it may be left out.
What is not cut stays as it was. Nothing is built and nothing is published; a changelog of what
changed since the last release is drafted.

\b
Examples:
  forebear cut patch                     2.1.7 becomes 2.1.8
  forebear cut minor --pre rc            2.2.0-rc.1
  forebear cut --pre rc                  the next one: 2.2.0-rc.2
  forebear cut release --commit --tag    2.2.0, committed, with the tag v2.2.0
  forebear cut patch tomcat              tomcat and its descendants; fedora stays
  forebear cut patch --lines 2.1,2.0     on the branches release/2.1 and release/2.0
{SELECT_HELP}""",
)
@click.argument("version", required=False)
@selecting
@click.option("--pre", metavar="LABEL", help="Make a pre-release on the way there: rc.1, then rc.2.")
@click.option("--commit", is_flag=True, help="Commit the cut with git.")
@click.option("--tag", is_flag=True, help="Commit it, and set the annotated tag vVERSION.")
@click.option("--no-changelog", is_flag=True, help="Leave CHANGELOG.md alone.")
@click.option("--published", is_flag=True, help="Also ask the registry whether the versions are published.")
@click.option("--lines", metavar="A,B", help="Cut these maintenance lines instead of this tree, with its pins.")
@click.option("--dry-run", is_flag=True, help="Write nothing; tell what would be done.")
@common
def command(
    console: Console,
    version: str | None,
    select: tuple[str, ...],
    *,
    pre: str | None,
    commit: bool,
    tag: bool,
    no_changelog: bool,
    published: bool,
    lines: str | None,
    dry_run: bool,
) -> int:
    """Cut this tree, or lines."""
    from forebear import api
    from forebear.api.releases import registries

    project, wanted = open_project(console.start), version or _going_on(pre)
    options = api.CutOptions(pre, commit, tag, not no_changelog, dry_run)
    if lines is not None:
        if published:
            raise click.UsageError("--published does not go with --lines")
        done = api.cut_lines(project, wanted, _names(lines), select, options)
    else:
        done = (api.cut(project, wanted, select, options, registry=registries() if published else None),)
    for each in done:
        _show(console, each)
    console.document("forebear.cut/1", {"cuts": [document(each) for each in done]})
    if dry_run:
        console.note("nothing was written")
    elif lines is None:
        console.note("now build and publish it" if commit or tag else "now commit, build and publish it")
    return 0


def _going_on(pre: str | None) -> str:
    """The level that goes on with a pre-release that is there."""
    if pre is None:
        raise click.UsageError("what is the new version? write patch, minor, major, release, or the version itself")
    return "patch"


def _names(lines: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in lines.split(",") if name.strip()))
    if not names:
        raise click.UsageError("--lines names no line")
    return names


def document(done: Cutting) -> dict[str, object]:
    """A cut, as `--json` prints it."""
    from forebear.cli.plan import document as plan

    return {
        "line": done.line,
        "before": done.cut.before,
        "version": done.cut.after,
        "epoch": done.cut.epoch,
        "images": [{"image": each.image, "before": each.before, "after": each.after} for each in done.cut.moves],
        "kept": list(done.cut.kept),
        "files": list(done.files),
        "changelog": done.notes,
        "commit": done.commit,
        "tag": done.tag,
        "plan": plan(done.plan)["steps"],
    }


def _show(console: Console, done: Cutting) -> None:
    from forebear.cli.plan import show

    where = f"line {done.line}: " if done.line else ""
    console.result(f"{where}{done.cut.before} -> {done.cut.after}", bold=True)
    width = max((len(each.image) for each in done.cut.moves), default=0)
    for each in done.cut.moves:
        console.result(f"  {each.image:<{width}}  {each.before} -> {each.after}")
    if done.cut.kept:
        console.result(f"  not cut: {', '.join(done.cut.kept)}")
    show(console, done.plan)
    if done.notes:
        console.detail(done.notes)
    for path in done.files:
        console.note(path)
    if done.commit:
        console.note(f"committed as {done.commit[:12]}{f', tagged {done.tag}' if done.tag else ''}")
