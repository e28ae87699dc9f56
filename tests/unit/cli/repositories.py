"""A project as a git repository, for tests of what asks git."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def begin(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a repository of a folder, its first release tagged; no configuration of the user counts in it."""
    monkeypatch.setattr("forebear.api.cuts.time.time", lambda: 1_800_000_000.0)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(root.parent / "none"))
    for kind in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{kind}_NAME", "A")
        monkeypatch.setenv(f"GIT_{kind}_EMAIL", "a@example.org")
        monkeypatch.setenv(f"GIT_{kind}_DATE", "2026-01-01T00:00:00Z")
    (root / ".gitignore").write_text(".forebear/\n")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Begin")
    git(root, "tag", "-a", "-m", "x", "v2.1.7")


def snapshot(root: Path) -> dict[str, bytes]:
    """All that a cut may change: the files that git knows, the commit, the branches and the tags."""
    files = {path: (root / path).read_bytes() for path in git(root, "ls-files").splitlines()}
    return {**files, "": git(root, "for-each-ref").encode(), " ": git(root, "status", "--short").encode()}


def hook(root: Path, name: str, script: str) -> Path:
    """Give a repository a hook; its file."""
    path = root / ".git/hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path
