"""`forebear lock`: fix the digest of every upstream."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from forebear.cli.common import common, open_project

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forebear.cli.console import Console
    from forebear.errors import EngineError
    from forebear.pins.lock import Pin
    from forebear.pins.locking import Locking
    from forebear.pins.resolve import Difference
    from forebear.reference import Reference


@click.command(
    "lock",
    help="""Resolve the tag of each upstream to a digest, and write it to lineage.lock.

What is locked stays as it is, until you upgrade it: no tag that moved slips in.

\b
Examples:
  forebear lock                     lock what is not locked yet
  forebear lock --upgrade           take what all tags name today
  forebear lock --upgrade fedora    take what fedora's tag names today
  forebear lock --upgrade --latest fedora
                                    move fedora to its newest tag, in lineage.yml too
  forebear lock --check             exit with 1 if lock, lineage.yml and tags disagree
  forebear lock --local             without a network: take what the engine has""",
)
@click.argument("name", nargs=-1, metavar="[NAME]...")
@click.option("--check", is_flag=True, help="Write nothing; fail if the lock is not what it should be.")
@click.option("--upgrade", is_flag=True, help="Resolve NAMEs anew, or all.")
@click.option("--latest", is_flag=True, help="With --upgrade: move to the newest tags, in lineage.yml too.")
@click.option("--local", is_flag=True, help="Where a registry cannot be asked, lock the engine's own image by its ID.")
@common
def command(console: Console, name: tuple[str, ...], *, check: bool, upgrade: bool, latest: bool, local: bool) -> int:
    """Lock, or check."""
    if (name or latest) and not upgrade:
        raise click.UsageError(f"{'NAME' if name else '--latest'} goes with --upgrade")
    if latest and (check or local):
        raise click.UsageError("--latest goes with neither --check nor --local")
    from forebear import api

    project, engine = open_project(console.start), api.connect()

    def tell(upstream: object) -> None:
        console.detail(f"resolving {upstream}")

    if check:
        return _checked(console, api.check_lock(project, engine, tell))
    if latest:
        return _moved(console, *api.move_upstreams(project, engine, name, tell))
    done = api.write_lock(project, engine, tell, upgrade=name if upgrade else None, local=local)
    _tell(console, done.changes)
    console.document(
        "forebear.lock/1",
        {
            "upstreams": [_entry(pin) for pin in done.lock.pins.values()],
            "failures": _failures(done),
        },
    )
    if done.changes or not done.failures:
        console.note("lineage.lock written; now run: forebear render" if done.changes else "lineage.lock is up to date")
    return max((_told(console, error) for error in done.failures), default=0)


def _moved(console: Console, moves: Mapping[Reference, Reference], done: Locking) -> int:
    for upstream, target in moves.items():
        console.result(f"{upstream.familiar} -> {target.familiar}")
    _tell(console, [each for each in done.changes if each.upstream not in moves])
    console.document("forebear.lock-latest/1", latest_document(moves, done))
    written = "lineage.yml and lineage.lock written" if moves else "lineage.lock written" if done.changes else ""
    if written or not done.failures:
        console.note(f"{written}; now run: forebear render" if written else "nothing is newer")
    return max((_told(console, error) for error in done.failures), default=0)


def latest_document(moves: Mapping[Reference, Reference], done: Locking) -> dict[str, object]:
    """What moved, and what the lock holds then."""
    return {
        "moved": [{"upstream": str(upstream), "to": str(target)} for upstream, target in moves.items()],
        "upstreams": [_entry(pin) for pin in done.lock.pins.values()],
        "failures": _failures(done),
    }


def _failures(done: Locking) -> list[dict[str, str]]:
    return [{"problem": error.problem, "action": error.action} for error in done.failures]


def _told(console: Console, error: EngineError) -> int:
    console.alert(f"forebear: {error.problem}")
    if error.action:
        console.alert(f"  {error.action}")
    return error.exit_code


def _checked(console: Console, done: Locking) -> int:
    _tell(console, done.changes)
    console.document("forebear.lock-check/1", check_document(done))
    if done.changes:
        console.note("mend it with: forebear lock, or forebear lock --upgrade where a tag moved")
    elif not done.failures:
        console.note(f"{len(done.lock.pins)} locked, and their tags have not moved")
    return max((_told(console, error) for error in done.failures), default=int(bool(done.changes)))


def check_document(done: Locking) -> dict[str, object]:
    """How lock, lineage.yml and tags disagree."""
    found = [{"upstream": str(each.upstream), "problem": each.problem} for each in done.changes]
    return {"differences": found, "failures": _failures(done)}


def _tell(console: Console, changes: Iterable[Difference]) -> None:
    for each in changes:
        console.result(f"{each.upstream.familiar} {each.problem}")


def _entry(pin: Pin) -> dict[str, object]:
    return {
        "upstream": str(pin.upstream),
        "digest": pin.digest,
        "local": pin.local,
        "platforms": dict(pin.platforms),
    }
