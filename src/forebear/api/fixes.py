"""Fixes: putting digests into the files that an audit judged."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from forebear.api.diffs import unified
from forebear.errors import EngineError, EngineUnreachable, InputError
from forebear.pins.audit.fix import Left, Unresolved, applied, by_file, mend, wanted
from forebear.reference import Reference
from forebear.workspace import Workspace, find_root

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from forebear.pins.audit.fix import Digests
    from forebear.pins.audit.model import Finding
    from forebear.pins.audit.report import Report
    from forebear.project import Project

Resolve = Callable[[Reference], str | None]
"""Gives the digest that a tag names today, None where there is no such tag. Raises EngineError."""

_AT_ONCE: Final = 8
_LIMIT: Final = 16 << 20


@dataclass(frozen=True, slots=True)
class Fixed:
    """A file that got digests: the findings that they mend, each with its edit, and what that changes in it."""

    path: str
    findings: tuple[Finding, ...]
    diff: str


@dataclass(frozen=True, slots=True)
class Fixes:
    """What was fixed, by file, and the findings that a digest would mend and that were left alone."""

    files: tuple[Fixed, ...]
    left: tuple[Left, ...]

    def in_report(self, report: Report) -> Report:
        """The report, its findings with the edits that mend them."""
        mended = {(one.file, one.fingerprint): one for each in self.files for one in each.findings}
        return replace(report, findings=tuple(mended.get((one.file, one.fingerprint), one) for one in report.findings))


def fix(start: Path, findings: Sequence[Finding], resolve: Resolve, *, write: bool = True) -> Fixes:
    """Put the digests of today behind the tags that findings are about, where a file holds the whole reference.

    `start` is where the audit was started. A file is written whole or not at all, and no other byte of it changes;
    without `write` it is only told what would change. What cannot be resolved or written is left, with the reason.
    """
    digests = _resolved(wanted(findings), resolve)
    files: list[Fixed] = []
    left: list[Left] = []
    for path, found in by_file(findings):
        try:
            fixed, kept = _file(start / path, path, found, digests, write=write)
        except InputError as error:
            fixed, kept = None, [Left(one, error.faults[0].problem) for one in found if one.use is not None]
        files += [fixed] if fixed is not None else []
        left += kept
    return Fixes(tuple(files), tuple(left))


def _file(
    real: Path, path: str, findings: Sequence[Finding], digests: Digests, *, write: bool
) -> tuple[Fixed | None, Sequence[Left]]:
    workspace = Workspace(real.parent)
    if not any(one.use is not None for one in findings):
        return None, ()
    before = workspace.read(real.name, limit=_LIMIT)
    mended = mend(before, findings, digests)
    if not mended.edits:
        return None, mended.left
    after = applied(before, mended.edits)
    if write:
        workspace.write(real.name, after)
    old, new = (each.decode("utf-8", "replace") for each in (before, after))
    return Fixed(path, mended.findings, unified(old, new, path, f"{path} (fixed)")), mended.left


def _resolved(references: Iterable[Reference], resolve: Resolve) -> Digests:
    away: dict[str, Unresolved] = {}

    def one(reference: Reference) -> tuple[Reference, str | Unresolved]:
        """A registry that cannot be reached is not waited for again."""
        if reference.registry in away:
            return reference, away[reference.registry]
        try:
            return reference, resolve(reference) or Unresolved(f"{reference.registry} has no {reference.familiar}")
        except EngineUnreachable as error:
            return reference, away.setdefault(reference.registry, Unresolved(error.problem))
        except EngineError as error:
            return reference, Unresolved(error.problem)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(pool.map(one, references))


def digests_of_today(start: Path) -> Resolve:
    """Where digests come from: the lock of the project around a folder, else the registry of each reference.

    The mirrors of that project are asked first.
    """
    from forebear.engine.connect import credentials
    from forebear.registry.client import Registry

    project = _around(start)
    if project is None:
        return Registry(credentials).digest
    locked = {upstream: pin.digest for upstream, pin in project.lock.pins.items() if not pin.local}
    registry = Registry(credentials, dict(project.family.lineage.mirrors))
    return lambda reference: locked.get(reference) or registry.digest(reference)


def _around(start: Path) -> Project | None:
    try:
        find_root(start)
    except InputError:
        return None
    from forebear.project import load

    return load(start)
