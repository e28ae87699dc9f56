"""What a cut asks of git and lets it do, through the user's own git."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forebear.errors import BuildFailed, Fault, InputError, Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit that changed something of the project: its short name, its subject, and the paths, from the project."""

    name: str
    subject: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Git:
    """The repository around a folder."""

    folder: Path

    def ask(self, *words: str) -> str | None:
        """What a command prints; None where it fails, or there is no git."""
        done = _run(self.folder, words)
        return done.stdout.strip("\n") if done and done.returncode == 0 else None

    def do(self, *words: str, given: str = "") -> str:
        """Carry out a command; what it prints. Raises BuildFailed with what git says."""
        done = _run(self.folder, words, given)
        if done is None:
            raise BuildFailed("git cannot be run", "install it, or leave out what needs it")
        if done.returncode:
            said = (done.stderr or done.stdout).strip() or f"exit code {done.returncode}"
            raise BuildFailed(f"git {words[0]} failed: {said}", "nothing was kept; correct that, and cut again")
        return done.stdout.strip("\n")

    @property
    def head(self) -> str | None:
        """The commit that is checked out; None outside of a repository, and before the first commit."""
        return self.commit("HEAD")

    def commit(self, name: str) -> str | None:
        """The commit that something names; None where nothing is called so."""
        return self.ask("rev-parse", "--verify", "-q", f"{name}^{{commit}}")

    def changed(self) -> tuple[str, ...]:
        """The files of the folder that differ from the commit, or are not in it."""
        said = self.ask("status", "--porcelain", "-z", "--no-renames", "--", ".") or ""
        return tuple(entry[3:] for entry in said.split("\0") if entry)

    def tagged(self, name: str) -> str | None:
        """The commit that a tag names."""
        return self.commit(f"refs/tags/{name}")

    def releases(self) -> tuple[str, ...]:
        """The versions that tags name as `v2.1.7` or `2.1.7`, of what the commit that is checked out goes on from."""
        said = self.ask("tag", "--list", "--merged", "HEAD") or ""
        return tuple(name.removeprefix("v") for name in said.splitlines())

    def commits(self, since: str | None, paths: Sequence[str]) -> tuple[Commit, ...]:
        """What changed some paths of the folder after a commit, or ever; the newest first."""
        span = [f"{since}..HEAD"] if since else []
        words = ("log", "--no-merges", "--relative", "--name-only", "--format=%x00%h%x09%s", *span, "--", *paths)
        entries = (self.ask(*words) or "").split("\0")[1:]
        return tuple(_commit(entry) for entry in entries)

    @contextmanager
    def worktree(self, commit: str, folder: Path) -> Iterator[None]:
        """A commit, checked out in a folder of its own, without a branch."""
        self.do("worktree", "add", "-q", "--detach", str(folder), commit)
        try:
            yield
        finally:
            self.drop(folder)

    def drop(self, folder: Path) -> None:
        """Remove a worktree, with whatever is in it."""
        self.ask("worktree", "remove", "--force", str(folder))

    def worktrees(self) -> tuple[Path, ...]:
        """The folders of all worktrees of the repository."""
        lines = (self.ask("worktree", "list", "--porcelain") or "").splitlines()
        return tuple(Path(line.partition(" ")[2]) for line in lines if line.startswith("worktree "))


def _commit(entry: str) -> Commit:
    head, *paths = entry.strip("\n").split("\n")
    name, _, subject = head.partition("\t")
    return Commit(name, subject, tuple(path for path in paths if path))


def _run(folder: Path, words: Sequence[str], given: str = "") -> subprocess.CompletedProcess[str] | None:
    try:
        return subprocess.run(  # noqa: S603 - words of our own, a shell sees none of them
            ["git", "-c", "core.quotePath=false", *words],  # noqa: S607 - wherever it is
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            input=given,
        )
    except OSError:
        return None


def refuse(problem: str, action: str) -> InputError:
    """What is in the way of a cut."""
    return InputError([Fault(Place("cut"), problem, action)])
