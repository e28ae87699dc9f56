"""Maintenance lines: one cut on each of several branches, all or none of them."""

from __future__ import annotations

import hashlib
import shutil
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from forebear.api.cuts import CutOptions, Cutting, check_tree, cut
from forebear.api.files import render
from forebear.errors import Fault, InputError
from forebear.pins import lock as locks
from forebear.project import load
from forebear.release.git import Git, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from forebear.project import Project
    from forebear.release.cutjournal import Line

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
    with project.workspace.locked(), _folder(project, git) as trees, ExitStack() as stack:
        for number, (line, tip) in enumerate(tips.items()):
            tree = trees / str(number)
            stack.enter_context(git.worktree(tip, tree))
            try:
                done.append(_cut(tree / folder, line, project, wanted, selected, untagged, now))
            except InputError as error:
                raise InputError(_about(error, line)) from error
        return _moved(project, git, tips, done, tag=options.tag) if not options.dry_run else tuple(done)


@contextmanager
def _folder(project: Project, git: Git) -> Iterator[Path]:
    """A temporary folder for worktrees; those that a cut of this project left, which was killed, are removed first."""
    prefix = f"forebear-line-{hashlib.sha256(str(project.workspace.root).encode()).hexdigest()[:12]}-"
    for left in git.worktrees():
        if left.parent.name.startswith(prefix):
            git.drop(left)
            shutil.rmtree(left.parent, ignore_errors=True)
    with TemporaryDirectory(prefix=prefix) as folder:
        yield Path(folder).resolve()


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


def _moved(project: Project, git: Git, tips: dict[str, str], done: list[Cutting], *, tag: bool) -> tuple[Cutting, ...]:
    """Move all branches at once, where nobody moved one meanwhile; then set the tags."""
    from forebear.release.cutjournal import CutJournal, Line
    from forebear.release.cutting import journaled

    lines = tuple(
        Line(
            branch=f"refs/heads/release/{each.line}",
            before=tips[each.line],
            after=each.commit,
            version=each.cut.after,
            tag=f"v{each.cut.after}" if tag else None,
        )
        for each in done
    )
    with journaled(project.workspace, CutJournal(version=", ".join(each.version for each in lines), lines=lines)):
        _update(git, [(each.branch, each.after, each.before) for each in lines])
        _tag(git, lines)
    return tuple(replace(each, tag=line.tag or "") for each, line in zip(done, lines, strict=True))


def _tag(git: Git, lines: Sequence[Line]) -> None:
    """Set the tags of lines; where one cannot be set, there are none, and the branches are as before."""
    from forebear.release.cutting import tag as set_tag

    try:
        for each in lines:
            if each.tag:
                set_tag(git, each.tag, each.version, each.after)
    except BaseException:
        for each in lines:
            if each.tag and git.tagged(each.tag) == each.after:
                git.ask("tag", "-d", each.tag)
        _update(git, [(each.branch, each.before, each.after) for each in lines])
        raise


def _update(git: Git, moves: list[tuple[str, str, str]]) -> None:
    # git-update-ref: either all updates of one standard input are made, or none.
    git.do("update-ref", "--stdin", given="".join(f"update {ref} {new} {old}\n" for ref, new, old in moves))
