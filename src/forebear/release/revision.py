"""The git commit that a project is at, if it is in a repository and git is there."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from forebear.release.record import Revision

if TYPE_CHECKING:
    from pathlib import Path


def revision(root: Path) -> Revision | None:
    """The commit, and whether nothing in the project's folder differs from it; None without git or a commit."""
    commit = _git(root, "rev-parse", "--verify", "HEAD")
    changes = _git(root, "status", "--porcelain", "--", ".")
    return Revision(commit=commit, clean=not changes) if commit and changes is not None else None


def _git(root: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - words of our own
            ["git", *words],  # noqa: S607 - wherever it is
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
