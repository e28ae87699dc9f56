"""Audits: judging the pins of any tree of files, and of the lineage."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from forebear.errors import Fault, InputError, Place
from forebear.pins.audit.report import Report
from forebear.workspace import LINEAGE, Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from forebear.engine.model import Engine
    from forebear.pins.audit.model import Rule
    from forebear.pins.audit.settings import Settings
    from forebear.pins.audit.tree import Entry
    from forebear.project import Project


def audit_rules() -> tuple[Rule, ...]:
    """Every rule, in the order of their codes."""
    from forebear.pins.audit.rules import rules

    return tuple(rules().values())


def audit_schema() -> str:
    """The JSON Schema of .forebear-audit.yml, as text."""
    from forebear.pins.audit.configured import schema_text

    return schema_text()


def audit_settings(start: Path, paths: Sequence[str] = (), file: str | None = None) -> Settings:
    """The settings for an audit: of a file, else of `.forebear-audit.yml` in the one folder of `paths`, or in `start`.

    Raises InputError with every fault of the file, or where a file that was named is not there.
    """
    from forebear.pins.audit.settings import FILE, Settings

    folders = [path for path in paths if len(paths) == 1 and (start / path).is_dir()]
    usual = [os.path.join(folder, FILE) for folder in (*folders, "")]  # noqa: PTH118 - a string is enough
    for path in usual if file is None else [file]:
        if file is not None or (start / path).exists():
            from forebear.pins.audit.configured import LIMIT, read

            return read(_read(start, path, LIMIT), os.path.normpath(path))
    return Settings()


def _read(start: Path, path: str, limit: int) -> bytes:
    """The bytes of a file, relative to `start`. Raises InputError."""
    there = start / path
    try:
        return Workspace(there.parent).read(there.name, limit=limit)
    except InputError as error:
        raise InputError(replace(fault, place=replace(fault.place, file=path)) for fault in error.faults) from None


def audit_files(start: Path, paths: Sequence[str], settings: Settings | None = None, *, jobs: int = 1) -> Report:
    """Judge the files at and below some paths, which are relative to `start`, in `jobs` processes at most.

    Without settings those of `audit_settings` count. More than one process takes a program without threads. Raises
    InputError for a path that is not there, and for bad settings.
    """
    from forebear.pins.audit.globs import matcher
    from forebear.pins.audit.judge import Judge
    from forebear.pins.audit.many import judged
    from forebear.pins.audit.settle import settle
    from forebear.pins.audit.tree import Obstacle, walk

    roots = _roots(start, paths)
    settings = settings or audit_settings(start, paths)
    excluded = matcher(settings.exclude)
    met = {each.path: each for root in roots for each in walk(root, excluded)}
    entries = [each for each in met.values() if not isinstance(each, Obstacle)]
    judge = Judge(settings, _own(entries))
    files = judged(entries, judge, jobs)
    obstacles = [judge.judge(each.path, b"", [each.trouble]) for each in met.values() if isinstance(each, Obstacle)]
    settled = settle([*files, *obstacles], judge)
    judged_paths = tuple(sorted(each.path for each in files))
    return Report(settled.findings, settled.suppressed, files=judged_paths, fail_on=settings.fail_on)


def audit_lineage(project: Project, engine: Engine | None = None, settings: Settings | None = None) -> Report:
    """Judge a lineage as it is declared, rendered and locked, and, on an engine, built.

    Raises InputError for bad settings and for templates that cannot be rendered, EngineError.
    """
    from forebear.release.audit import audit

    return audit(project, engine, settings or audit_settings(project.workspace.root))


def compare_baseline(
    report: Report, start: Path, file: str, settings: Settings, paths: Sequence[str] = (), *, write: bool = False
) -> Report:
    """A report without the findings that a baseline holds, and with what it holds in vain.

    `paths` are those that were audited, none for the lineage. With `write` the baseline is made if it is not there,
    and else loses what no longer occurs; it never grows. Raises InputError.
    """
    from forebear.pins.audit import baseline
    from forebear.pins.audit.rules import rules

    fresh = write and not (start / file).exists()
    entries = baseline.of(report.findings) if fresh else baseline.read(_read(start, file, baseline.LIMIT), file)
    compared = baseline.compare(report.findings, entries, _below([each.path for each in _roots(start, paths)]))
    if write:
        gone = set(compared.gone)
        left = [each for each in entries if each not in gone]
        Workspace((start / file).parent).write((start / file).name, baseline.write(left))
        return replace(report, findings=compared.new, known=compared.known, written=len(left))
    told = baseline.needless(compared.gone, file, settings.severity(rules()["needless-baseline"]))
    return replace(report, findings=(*compared.new, *told), known=compared.known)


def _below(roots: Sequence[str]) -> Callable[[str], bool]:
    """Whether a path is at or below one of some roots; true for all where there are none, and for "", the start."""
    return lambda path: not roots or any(not root or path == root or path.startswith(f"{root}/") for root in roots)


def _own(entries: Iterable[Entry]) -> frozenset[str]:
    """The references that the lineages among some files build or lock themselves; those with faults have none."""
    found: frozenset[str] = frozenset()
    for entry in entries:
        if entry.real.endswith(f"/{LINEAGE}"):
            from forebear.project import load
            from forebear.release.audit import references

            with suppress(InputError):
                found |= references(load(Path(entry.real).parent))
    return found


def _roots(start: Path, paths: Sequence[str]) -> list[Entry]:
    roots = [_root(start, path) for path in paths]
    missing = [root.path or "." for root in roots if not os.path.lexists(root.real)]
    if missing:
        raise InputError(Fault(Place(path), "there is no such file or folder", "correct the path") for path in missing)
    return roots


def _root(start: Path, path: str) -> Entry:
    """A path as messages call it: relative to where the audit is started, if it is below that."""
    from forebear.pins.audit.tree import Entry

    real = os.path.join(start, path)  # noqa: PTH118 - a string is enough
    relative = os.path.relpath(real, start)
    shown = os.path.normpath(path) if relative.startswith("..") else relative
    return Entry("" if shown == "." else shown.replace(os.sep, "/"), real)
