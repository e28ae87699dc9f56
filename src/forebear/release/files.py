"""The files of a project that tell of its releases: the records, and the journals of what is under way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from forebear.errors import Fault, InputError, Place
from forebear.release import journal as journals
from forebear.release import record

if TYPE_CHECKING:
    from forebear.project import Project
    from forebear.release.journal import Journal
    from forebear.release.record import Record

LIMIT: Final = 64 << 20
"""The size in bytes up to which journals and records are read."""


def load_journal(project: Project, file: str = journals.FILE) -> Journal | None:
    """The journal of a publication or promotion that was stopped. Raises InputError for a damaged one."""
    if not project.workspace.exists(file):
        return None
    return journals.read(project.workspace.read(file, limit=LIMIT), file)


def save_journal(project: Project, journal: Journal, file: str = journals.FILE) -> None:
    """Write the journal, whole or not at all."""
    project.workspace.write(file, journals.write(journal))


def remove_journal(project: Project, file: str = journals.FILE) -> None:
    """The publication or promotion is over."""
    (project.workspace.root / file).unlink(missing_ok=True)


def load_record(project: Project, version: str) -> Record | None:
    """The record of a release. Raises InputError for a damaged one, or one of another project."""
    path = record.path_of(version)
    if not project.workspace.exists(path):
        return None
    found = record.read(project.workspace.read(path, limit=LIMIT), path)
    for key, has, wanted in (
        ("project", found.project, project.family.lineage.project),
        ("version", found.version, version),
    ):
        if has != wanted:
            raise InputError([Fault(Place(path, path=key), f"it is {has}, not {wanted}", "get the right record back")])
    return found


def load_records(project: Project) -> dict[str, Record]:
    """All records, by version. Raises InputError for a damaged one."""
    folder = project.workspace.root / record.FOLDER
    versions = sorted(path.stem for path in folder.glob("*.json"))
    return {version: found for version in versions if (found := load_record(project, version))}
