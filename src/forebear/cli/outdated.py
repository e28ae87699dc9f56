"""`forebear outdated`: newer tags of upstreams, tags that moved, and what was deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from forebear.cli.common import common, open_project

if TYPE_CHECKING:
    from forebear.cli.console import Console
    from forebear.pins.outdated import Standing

_SHOWN: Final = 8
_SHORT: Final = len("sha256:") + 12


@click.command(
    "outdated",
    help="""Ask the registries of upstreams what has changed there, and tell what a change would rebuild.

NAME is a whole reference, a repository, or its last part. Newer tags are those of the same form: 12-slim
is followed by 13-slim, not by 13. The constraints of lineage.yml say which are wanted.

Exits with 1 where something is outdated, with 4 where a registry could not be asked.

\b
Examples:
  forebear outdated                          all upstreams
  forebear outdated fedora                   one
  forebear lock --upgrade fedora             then take what its tag names today,
  forebear lock --upgrade --latest fedora    or move to its newest tag""",
)
@click.argument("name", nargs=-1, metavar="[NAME]...")
@common
def command(console: Console, name: tuple[str, ...]) -> int:
    """Ask, and tell."""
    from forebear import api

    project = open_project(console.start)
    found = api.outdated(project, name, lambda upstream: console.detail(f"asking for {upstream}"), console.note)
    for each in found:
        _tell(console, each)
    console.document("forebear.outdated/1", {"upstreams": [document(each) for each in found]})
    return _ended(console, found)


def _ended(console: Console, found: tuple[Standing, ...]) -> int:
    failures = [failure for each in found for failure in each.failures]
    outdated = sum(each.outdated for each in found)
    told = f"{outdated} of {len(found)} upstreams outdated" if outdated or failures else "nothing is outdated"
    console.note(told)
    if any(each.newest for each in found):
        console.note("move to the newest tags with: forebear lock --upgrade --latest")
    if any(each.moved for each in found):
        console.note("take what the tags name today with: forebear lock --upgrade")
    return max((failure.exit_code for failure in failures), default=int(outdated > 0))


def _tell(console: Console, standing: Standing) -> None:
    name, lines = standing.upstream.familiar, [*_lines(standing)]
    if lines:
        console.result(name, bold=True)
    elif not standing.failures:
        console.detail(f"{name} is up to date")
    for line in lines:
        console.result(f"  {line}")
    for failure in standing.failures:
        console.alert(f"{name}: {failure.problem}")
        if failure.action:
            console.alert(f"  {failure.action}")


def _lines(standing: Standing) -> list[str]:
    """What is to be told of an upstream."""
    tag, locked = standing.upstream.tag, _short(standing.locked)
    said = [
        (standing.newest, f"newer: {standing.newest}"),
        (standing.beyond, f'newer, but not "{standing.constraint}": {standing.beyond}'),
        (standing.moved and not standing.local, f"{tag} moved from {locked} to {_short(standing.today)}"),
        (standing.moved and standing.local, f"{tag} is in its registry now, as {_short(standing.today)}"),
        (standing.tag_deleted, f"{tag} is not in its registry"),
        (standing.digest_deleted, f"what is locked, {locked}, is not in its registry"),
    ]
    lines = [line for is_so, line in said if is_so]
    return [*lines, f"rebuilds {_listed(standing.rebuilds)}"] if standing.outdated else lines


def _short(digest: str | None) -> str:
    return (digest or "")[:_SHORT]


def _listed(names: tuple[str, ...]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names) if more < 2 else f"{', '.join(names[:_SHOWN])} and {more} more"


def document(standing: Standing) -> dict[str, object]:
    """An upstream in the document."""
    return {
        "upstream": str(standing.upstream),
        "outdated": standing.outdated,
        "locked": standing.locked,
        "local": standing.local,
        "today": standing.today,
        "moved": standing.moved,
        "newest": standing.newest,
        "beyond": standing.beyond,
        "constraint": standing.constraint,
        "tag_deleted": standing.tag_deleted,
        "digest_deleted": standing.digest_deleted,
        "rebuilds": list(standing.rebuilds),
        "failures": [{"problem": error.problem, "action": error.action} for error in standing.failures],
    }
