"""Audits: judging the pins of any tree of files, and of the lineage."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from forebear.errors import Fault, InputError, Place
from forebear.pins.audit.report import Report

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from forebear.pins.audit.settings import Settings
    from forebear.pins.audit.tree import Entry


def audit_files(start: Path, paths: Sequence[str], settings: Settings | None = None, *, jobs: int = 1) -> Report:
    """Judge the files at and below some paths, which are relative to `start`, in `jobs` processes at most.

    Without settings, those of the file that lies in `start`, or in the only folder of `paths`, count. More than one
    process takes a program without threads. Raises InputError for a path that is not there, and for bad settings.
    """
    from forebear.pins.audit.globs import matcher
    from forebear.pins.audit.judge import Judge
    from forebear.pins.audit.many import judged
    from forebear.pins.audit.settings import Settings
    from forebear.pins.audit.settle import settle
    from forebear.pins.audit.tree import Obstacle, walk

    roots = _roots(start, paths)
    settings = settings or Settings()
    excluded = matcher(settings.exclude)
    met = {each.path: each for root in roots for each in walk(root, excluded)}
    judge = Judge(settings)
    files = judged([each for each in met.values() if not isinstance(each, Obstacle)], judge, jobs)
    obstacles = [judge.judge(each.path, b"", [each.trouble]) for each in met.values() if isinstance(each, Obstacle)]
    settled = settle([*files, *obstacles], judge)
    return Report(settled.findings, settled.suppressed, files=tuple(sorted(each.path for each in files)))


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
