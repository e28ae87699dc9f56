"""Cuts: a new version of the family, from the edit of lineage.yml to the commit."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forebear.errors import CheckFailed
from forebear.lineage.selectors import select
from forebear.release.git import Git, refuse
from forebear.workspace import LINEAGE, Workspace, find_root

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from forebear.build.plan import Plan
    from forebear.project import Project
    from forebear.registry.client import Registry
    from forebear.release.cut import Cut
    from forebear.release.cutting import Recovered


@dataclass(frozen=True, slots=True)
class CutOptions:
    """How to cut: `pre`, the label of a pre-release; whether to commit, to tag and to draft the changelog."""

    pre: str | None = None
    commit: bool = False
    tag: bool = False
    changelog: bool = True
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Cutting:
    """A cut that was made: the files that it wrote, the section of the changelog, and what is to build now.

    `commit` and `tag` are empty where none was made; `line` is the maintenance line, "" for this tree.
    """

    cut: Cut
    files: tuple[str, ...]
    notes: str
    plan: Plan
    commit: str = ""
    tag: str = ""
    line: str = ""


_DEFAULT = CutOptions()


def cut(
    project: Project,
    wanted: str,
    selected: Sequence[str] = (),
    options: CutOptions = _DEFAULT,
    *,
    registry: Registry | None = None,
    now: int | None = None,
) -> Cutting:
    """Set new versions of the selected images and their descendants in lineage.yml, and render.

    `wanted` is patch, minor, major, release or a version; `now` the moment of the cut in seconds since 1970;
    with a `registry` that is asked what is published. All or nothing: where anything fails, the files are as before.
    Raises InputError, Busy, and BuildFailed where git refuses.
    """
    with nullcontext() if options.dry_run else project.workspace.locked():
        return _cut(project, wanted, selected, options, registry, now or int(time.time()))


def _cut(
    project: Project, wanted: str, selected: Sequence[str], options: CutOptions, registry: Registry | None, now: int
) -> Cutting:
    from forebear.release import cut as cutting
    from forebear.release.notes import FILE

    git = Git(project.workspace.root)
    check_tree(project, git, options)
    chosen = select(project.family, selected)
    made = cutting.cut(project.family, cutting.own_keys(project.declaration), wanted, chosen, now, options.pre)
    after = _declared(project, made)
    _check_published(project, after, git, made, registry)
    _check_kept(project, after, made)
    files = _files(after)
    notes = _notes(project, git, made) if options.changelog and git.head else ""
    if notes:
        files[FILE] = _with_notes(project, notes)
    files = {path: data for path, data in files.items() if _differs(project, path, data)}
    return _carried_out(project, after, Cutting(made, tuple(files), notes, _plan(after, made)), files, options)


def _carried_out(
    project: Project, after: Project, done: Cutting, files: Mapping[str, bytes], options: CutOptions
) -> Cutting:
    """Write the files, and let git commit them, all or nothing."""
    from dataclasses import replace

    from forebear.release.cutjournal import CutJournal
    from forebear.release.cutting import commit, journaled, planned

    if options.dry_run:
        return done
    workspace, git = project.workspace, Git(project.workspace.root)
    _check_unchanged(project)
    journal = CutJournal(
        version=done.cut.after,
        head=git.head,
        commit=options.commit or options.tag,
        tag=f"v{done.cut.after}" if options.tag else None,
        files=planned(workspace, files),
    )
    with journaled(workspace, journal):
        for path, data in files.items():
            workspace.write(path, data)
        made = commit(git, journal, done.files) if journal.commit else ""
    return replace(done, plan=_plan(after, done.cut), commit=made, tag=journal.tag or "")


def _check_unchanged(project: Project) -> None:
    """Raises InputError where somebody wrote lineage.yml since it was read."""
    from forebear.project import LIMIT

    if project.workspace.read(LINEAGE, limit=LIMIT) != project.declaration:
        raise refuse(f"{LINEAGE} was changed meanwhile", "cut again")


def recover(folder: Path) -> Recovered | None:
    """Finish or take back a cut of the project around a folder that was stopped half way; None where there is none.

    Raises InputError where a file was changed since, and Busy where a cut is at work.
    """
    from forebear.release.cutting import recover as settled

    return settled(Workspace(find_root(folder)))


def check_tree(project: Project, git: Git, options: CutOptions) -> None:
    """Raises InputError for a tree that has changes, or that has drifted, and where git is needed and not there."""
    from forebear.api.files import drift

    if git.head is None and (options.commit or options.tag):
        raise refuse("there is no git commit to go on from", "make one, or cut without --commit and --tag")
    if git.head and (changed := git.changed()):
        shown = ", ".join(changed[:5]) + (", …" if len(changed) > 5 else "")
        raise refuse(f"the git tree has changes: {shown}", "commit or undo them, then cut")
    if drifted := [each.path for each in drift(project)]:
        raise refuse(f"drifted from their templates: {', '.join(drifted)}", "run forebear render, commit, then cut")


def _declared(project: Project, made: Cut) -> Project:
    """The project as the cut declares it."""
    from forebear.lineage.edit import edited
    from forebear.lineage.graph import Family
    from forebear.lineage.reader import read
    from forebear.project import Project

    declaration = edited(project.declaration, made.edits)
    return Project(project.workspace, Family(read(declaration, LINEAGE)), project.lock, declaration)


def _check_published(project: Project, after: Project, git: Git, made: Cut, registry: Registry | None) -> None:
    """Raises InputError for a version that is published: by the records, by git's tags, by the registry."""
    from forebear.release.files import load_records

    known = {each.reference for record in load_records(project).values() for each in record.images.values()}
    images = after.family.lineage.images
    for move in made.moves:
        reference = images[move.image].reference
        if {str(reference), reference.familiar} & known:
            raise refuse(f"{reference.familiar} is published, by the records in releases/", "cut a later version")
        if registry and registry.digest(reference):
            raise refuse(f"{reference.familiar} is in the registry", "cut a later version")
    for name in (f"v{made.after}", made.after):
        if git.tagged(name):
            raise refuse(f"git has a tag {name} already", "cut a later version")
    if project.workspace.exists(f"releases/{made.after}.json"):
        raise refuse(f"{made.after} is published: there is releases/{made.after}.json", "cut a later version")


def _check_kept(project: Project, after: Project, made: Cut) -> None:
    """Raises CheckFailed where an image that is not cut would get another Dockerfile."""
    before, now = project.render(made.kept), after.render(made.kept)
    if other := [name for name in made.kept if before[name].text != now[name].text]:
        problem = f"not cut, and yet their Dockerfiles would change: {', '.join(other)}"
        raise CheckFailed(problem, "their templates use the family's version: select them too")


def _files(after: Project) -> dict[str, bytes]:
    """All files of the project that the cut changes."""
    rendered = {each.path: each.text.encode() for each in after.render().values()}
    companions = {each.path: each.text.encode() for each in after.companions()}
    return {LINEAGE: after.declaration} | rendered | companions


def _differs(project: Project, path: str, data: bytes) -> bool:
    from forebear.project import LIMIT

    return not project.workspace.exists(path) or project.workspace.read(path, limit=LIMIT) != data


def _notes(project: Project, git: Git, made: Cut) -> str:
    from forebear.release.notes import section

    lineage = project.family.lineage
    images = lineage.images.values()
    paths = {"templates", "lineage.lock", *(image.context for image in images)}
    commits = git.commits(_last_release(project, git, made), sorted(paths))
    return section(lineage, made.after, made.epoch, commits)


def _last_release(project: Project, git: Git, made: Cut) -> str | None:
    """The commit of the release before: by its tag, or by its record. Of a final one, that before all pre-releases."""
    from forebear.lineage.bumping import is_prerelease
    from forebear.release.files import load_record
    from forebear.release.notes import last_final

    version = made.before if is_prerelease(made.after) else last_final(made.before, git.releases())
    record = load_record(project, version)
    recorded = record.revision.commit if record and record.revision else None
    known = git.ask("rev-parse", "--verify", "-q", f"{recorded}^{{commit}}") if recorded else None
    return git.tagged(f"v{version}") or git.tagged(version) or known


def _with_notes(project: Project, notes: str) -> bytes:
    from forebear.project import LIMIT
    from forebear.release.notes import FILE, inserted

    there = project.workspace.exists(FILE)
    return inserted(project.workspace.read_text(FILE, limit=LIMIT) if there else "", notes).encode()


def _plan(after: Project, made: Cut) -> Plan:
    from forebear.api.builds import plan

    return plan(after, None, [move.image for move in made.moves])
