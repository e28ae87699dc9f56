"""Maintenance lines: one cut on each of several branches, all or none of them."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from forebear.api.cuts import CutOptions, Cutting, check_tree, cut
from forebear.api.files import render
from forebear.errors import Fault, InputError
from forebear.pins import lock as locks
from forebear.project import load
from forebear.release.git import Git, refuse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from forebear.project import Project

_DEFAULT = CutOptions()


def cut_lines(
    project: Project,
    wanted: str,
    lines: Sequence[str],
    selected: Sequence[str] = (),
    options: CutOptions = _DEFAULT,
    *,
    now: int | None = None,
) -> tuple[Cutting, ...]:
    """Cut maintenance lines, each on its branch `release/LINE`, with this tree's pins of the upstreams that both have.

    Works in temporary worktrees, and always commits. All branches move in one step, or none. Raises as `cut` does.
    """
    git = Git(project.workspace.root)
    tips = {line: _tip(git, line) for line in lines}
    folder = git.do("rev-parse", "--show-prefix").strip("/")
    untagged = replace(options, commit=True, tag=False)
    done: list[Cutting] = []
    with ExitStack() as stack:
        for line, tip in tips.items():
            tree = stack.enter_context(git.worktree(tip))
            try:
                done.append(_cut(tree / folder, line, project, wanted, selected, untagged, now))
            except InputError as error:
                raise InputError(_about(error, line)) from error
        return _moved(git, tips, done, tag=options.tag) if not options.dry_run else tuple(done)


def _about(error: InputError, line: str) -> list[Fault]:
    return [replace(fault, place=replace(fault.place, file=f"{line}:{fault.place.file}")) for fault in error.faults]


def _tip(git: Git, line: str) -> str:
    """The commit of a line's branch. Raises InputError for one that is not there, or is checked out."""
    branch = f"release/{line}"
    tip = git.ask("rev-parse", "--verify", "-q", f"refs/heads/{branch}")
    if tip is None:
        raise refuse(f"there is no branch {branch}", f"make it from its last release: git branch {branch} COMMIT")
    if f"branch refs/heads/{branch}" in (git.ask("worktree", "list", "--porcelain") or "").splitlines():
        raise refuse(f"the branch {branch} is checked out", "cut it where it is, or check out another branch there")
    return tip


def _cut(
    folder: Path,
    line: str,
    source: Project,
    wanted: str,
    selected: Sequence[str],
    options: CutOptions,
    now: int | None,
) -> Cutting:
    project = load(folder)
    version = project.family.lineage.version
    if not version.startswith(f"{line}."):
        raise refuse(f"the branch release/{line} is at {version}, which is not of that line", "name the right branch")
    check_tree(project, Git(folder), options)
    _take_pins(folder, project, source)
    done = cut(load(folder), wanted, selected, options, now=now)
    if not done.cut.after.startswith(f"{line}."):
        raise refuse(f"{done.cut.after} leaves the line {line}", "cut a patch of it")
    return replace(done, line=line)


def _take_pins(folder: Path, project: Project, source: Project) -> None:
    """Lock the upstreams of a line to what another tree has locked for them, and commit that."""
    shared = {up: pin for up in project.family.lineage.upstreams if (pin := source.lock.pin(up))}
    lock = replace(project.lock, pins=dict(project.lock.pins) | shared)
    if not project.workspace.write(locks.FILE, locks.write(lock)):
        return
    paths = [locks.FILE, *render(load(folder))]
    git = Git(folder)
    git.do("add", "--", *paths)
    git.do("commit", "-q", "-m", "Move upstreams to the digests that are locked now", "--", *paths)


def _moved(git: Git, tips: dict[str, str], done: list[Cutting], *, tag: bool) -> tuple[Cutting, ...]:
    """Move all branches at once, where nobody moved one meanwhile; then set the tags."""
    moves = [(f"refs/heads/release/{each.line}", each.commit, tips[each.line]) for each in done]
    _update(git, moves)
    named: list[str] = []
    try:
        for each in done if tag else ():
            git.do("tag", "-a", "-m", f"Release {each.cut.after}", f"v{each.cut.after}", each.commit)
            named.append(f"v{each.cut.after}")
    except BaseException:
        for name in named:
            git.ask("tag", "-d", name)
        _update(git, [(ref, old, new) for ref, new, old in moves])
        raise
    return tuple(replace(each, tag=f"v{each.cut.after}" if tag else "") for each in done)


def _update(git: Git, moves: list[tuple[str, str, str]]) -> None:
    # git-update-ref: either all updates of one standard input are made, or none.
    git.do("update-ref", "--stdin", given="".join(f"update {ref} {new} {old}\n" for ref, new, old in moves))
