"""Carrying a cut out: the files, the commit and the tag, all or nothing, also where the process was killed."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from forebear.errors import Fault, InputError, Place
from forebear.release import cutjournal
from forebear.release.cutjournal import CutJournal, State, Written
from forebear.release.git import Git

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from forebear.workspace import Workspace

LIMIT: Final = 64 << 20
"""The size in bytes up to which a journal and what it names are read."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of a cut that was stopped: `finished`, or taken back; `changed` names the files and tags."""

    version: str
    finished: bool
    changed: tuple[str, ...]

    def __str__(self) -> str:
        """A sentence about it."""
        what = ", ".join(self.changed)
        if self.finished:
            return f"the cut of {self.version}, which was stopped, is complete{f': {what} is set' if what else ''}"
        return f"the cut of {self.version}, which was stopped, is taken back{f': {what}' if what else ''}"


def planned(workspace: Workspace, files: Mapping[str, bytes]) -> tuple[Written, ...]:
    """What a journal says of files that are to be written."""
    return tuple(
        Written(path=path, before=None if (now := _now(workspace, path)) is None else now.decode(), after=digest)
        for path, digest in ((path, cutjournal.digest(data)) for path, data in files.items())
    )


@contextmanager
def journaled(workspace: Workspace, journal: CutJournal) -> Iterator[None]:
    """Keep a journal as long as the context lasts; where anything fails in it, its files are as before."""
    save(workspace, journal)
    try:
        yield
    except BaseException:
        _take_back(workspace, journal)
        remove(workspace)
        raise
    remove(workspace)


def save(workspace: Workspace, journal: CutJournal) -> None:
    """Write a journal, whole or not at all."""
    workspace.prepare()
    workspace.write(cutjournal.FILE, cutjournal.write(journal))


def remove(workspace: Workspace) -> None:
    """The cut is over."""
    (workspace.root / cutjournal.FILE).unlink(missing_ok=True)


def commit(git: Git, journal: CutJournal, files: tuple[str, ...]) -> str:
    """Let git commit files, and tag that; the commit. Raises BuildFailed, with index and commit as before."""
    try:
        git.do("add", "--", *files)
        git.do("commit", "-q", "-m", f"Cut {journal.version}", "--", *files)
        if journal.tag:
            tag(git, journal.tag, journal.version, "HEAD")
    except BaseException:
        git.ask("reset", "-q", "--soft", journal.head or "")
        git.ask("reset", "-q", "--", *files)
        raise
    return git.head or ""


def tag(git: Git, name: str, version: str, commit: str) -> None:
    """Set the annotated tag of a release. Raises BuildFailed."""
    git.do("tag", "-a", "-m", f"Release {version}", name, commit)


def recover(workspace: Workspace) -> Recovered | None:
    """Finish a cut that was stopped, where only its tags are missing, else take it back; None where there is none.

    Raises InputError where a file was changed since, with all as it is; Busy, BuildFailed.
    """
    if not workspace.exists(cutjournal.FILE):
        return None
    with workspace.locked():
        if not workspace.exists(cutjournal.FILE):
            return None
        journal = cutjournal.read(workspace.read(cutjournal.FILE, limit=LIMIT))
        done = _settled(workspace, Git(workspace.root), journal)
        remove(workspace)
        return done


def _settled(workspace: Workspace, git: Git, journal: CutJournal) -> Recovered:
    if journal.lines:
        moved = all(git.commit(line.branch) == line.after for line in journal.lines)
        wanted = [(line.tag, line.version, line.after) for line in journal.lines if line.tag]
        return Recovered(journal.version, moved, _tag_missing(git, wanted) if moved else ())
    states = {each.path: each.state(_now(workspace, each.path)) for each in journal.files}
    _check_untouched(journal.version, states)
    whole = cutjournal.all_are(State.AFTER, states.values())
    if whole and (not journal.commit or git.commit("HEAD^") == journal.head):
        wanted = [(journal.tag, journal.version, "HEAD")] if journal.tag else []
        return Recovered(journal.version, finished=True, changed=_tag_missing(git, wanted))
    _take_back(workspace, journal)
    if journal.commit:
        git.ask("reset", "-q", "--", *states)
    return Recovered(journal.version, finished=False, changed=tuple(p for p, s in states.items() if s is State.AFTER))


def _check_untouched(version: str, states: Mapping[str, State]) -> None:
    action = f"put it back, for example with git; or keep all as it is, and remove {cutjournal.FILE}"
    faults = [
        Fault(Place(path), f"it was changed since a cut of {version} was stopped half way", action)
        for path, state in states.items()
        if state is State.OTHER
    ]
    if faults:
        raise InputError(faults)


def _tag_missing(git: Git, wanted: list[tuple[str, str, str]]) -> tuple[str, ...]:
    """Set the tags that are not there, each with its version and its commit; their names."""
    missing = [each for each in wanted if not git.tagged(each[0])]
    for name, version, at in missing:
        tag(git, name, version, at)
    return tuple(name for name, _, _ in missing)


def _take_back(workspace: Workspace, journal: CutJournal) -> None:
    for each in journal.files:
        if each.before is not None:
            workspace.write(each.path, each.before.encode())
        elif workspace.exists(each.path):
            (workspace.root / each.path).unlink()


def _now(workspace: Workspace, path: str) -> bytes | None:
    return workspace.read(path, limit=LIMIT) if workspace.exists(path) else None
