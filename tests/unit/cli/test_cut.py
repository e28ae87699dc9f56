from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from forebear.pins import lock as locks
from forebear.pins.lock import Pin

from ..projects import FEDORA

if TYPE_CHECKING:
    from pathlib import Path

    from ..projects import Site
    from .shell import Shell


def git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(chain: Site, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project as a git repository, its first release tagged."""
    monkeypatch.setattr("forebear.api.cuts.time.time", lambda: 1_800_000_000.0)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path.parent / "none"))
    for kind in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{kind}_NAME", "A")
        monkeypatch.setenv(f"GIT_{kind}_EMAIL", "a@example.org")
        monkeypatch.setenv(f"GIT_{kind}_DATE", "2026-01-01T00:00:00Z")
    shell("render")
    shell.said.clear()
    chain.write(".gitignore", ".forebear/\n")
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "Begin")
    git(tmp_path, "tag", "-a", "-m", "x", "v2.1.7")
    return tmp_path


def snapshot(root: Path) -> dict[str, bytes]:
    return {p: (root / p).read_bytes() for p in git(root, "ls-files").splitlines()} | {
        "": git(root, "rev-parse", "HEAD").encode()
    }


def test_a_day_of_cuts(repository: Path, shell: Shell, chain: Site) -> None:
    chain.write("templates/tomcat.Dockerfile.j2", "FROM {{ parent }}\nRUN new\n")
    shell("render")
    git(repository, "commit", "-qam", "Take the new one")
    shell.said.clear()
    shell("cut", "minor", "tomcat", "--pre", "rc", "--dry-run")
    assert git(repository, "status", "--short") == ""
    shell("cut", "minor", "tomcat", "--pre", "rc")
    shell("cut", "release")
    git(repository, "checkout", "-q", ".")
    git(repository, "clean", "-fdq")
    ran = shell("cut", "patch", "--tag", "--json", "-q")
    assert json.loads(ran.out)["cuts"][0]["tag"] == "v2.1.8"
    shell.said.pop()
    shell.said.pop()
    shell("cut", "2.1.8")
    shell("cut", "2.1.8", "--lines", "2.1")
    shell.check("cut")
    assert git(repository, "status", "--short") == ""
    assert git(repository, "cat-file", "-t", "v2.1.8") == "tag"
    assert "- Take the new one (tomcat, " in (repository / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("hook", ["pre-commit", "reference-transaction"])
def test_a_git_that_refuses_leaves_everything_as_it_was(repository: Path, shell: Shell, hook: str) -> None:
    before = snapshot(repository)
    script = repository / ".git/hooks" / hook
    script.parent.mkdir(exist_ok=True)
    refusal = "exit 1" if hook == "pre-commit" else "grep -q refs/tags/ && exit 1; exit 0"
    script.write_text(f"#!/bin/sh\n{refusal}\n")
    script.chmod(0o755)
    ran = shell("cut", "patch", "--tag")
    assert ran.code == 3
    assert "nothing was kept; correct that, and cut again" in ran.err
    script.unlink()
    assert snapshot(repository) == before
    assert git(repository, "status", "--short") == ""
    assert git(repository, "tag") == "v2.1.7"


def test_what_is_in_the_way(repository: Path, shell: Shell, chain: Site) -> None:
    git(repository, "tag", "v2.1.8")
    assert shell("cut", "patch").err == "cut: git has a tag v2.1.8 already; cut a later version\n"
    (repository / "images/tomcat/Dockerfile").write_text("FROM x\n")
    assert shell("cut", "patch").err == (
        "cut: the git tree has changes: images/tomcat/Dockerfile; commit or undo them, then cut\n"
    )
    git(repository, "commit", "-qam", "Drift")
    assert shell("cut", "patch").err == (
        "cut: drifted from their templates: images/tomcat/Dockerfile; run forebear render, commit, then cut\n"
    )


def test_a_template_that_knows_the_version_of_the_family_has_to_be_cut_too(
    repository: Path, shell: Shell, chain: Site
) -> None:
    chain.write("templates/fedora.Dockerfile.j2", "FROM {{ parent }}\nRUN echo {{ version }}\n")
    shell("render")
    git(repository, "commit", "-qam", "Say it")
    ran = shell("cut", "patch", "tomcat")
    assert (ran.code, ran.err) == (
        1,
        "forebear: not cut, and yet their Dockerfiles would change: fedora\n"
        "  their templates use the family's version: select them too\n",
    )


def test_lines_are_cut_together_or_not_at_all(repository: Path, shell: Shell, chain: Site) -> None:
    git(repository, "branch", "release/2.1")
    git(repository, "checkout", "-q", "-b", "release/2.0")
    chain.write("lineage.yml", (repository / "lineage.yml").read_text().replace("2.1.7", "2.0.3"))
    git(repository, "commit", "-qam", "Drifted")
    git(repository, "checkout", "-q", "main")
    chain.lock(Pin(FEDORA, f"sha256:{'9' * 64}"))
    shell("render")
    git(repository, "commit", "-qam", "Move fedora")
    tips = git(repository, "for-each-ref")
    ran = shell("cut", "patch", "--lines", "2.1,2.0", "--tag")
    assert ran.code == 2
    assert ran.err.startswith("2.0:cut: drifted from their templates: images/tomcat/Dockerfile, ")
    assert git(repository, "for-each-ref") == tips
    assert len(git(repository, "worktree", "list").splitlines()) == 1


def test_a_pin_is_cut_into_each_line(repository: Path, shell: Shell, chain: Site) -> None:
    git(repository, "branch", "release/2.1")
    chain.lock(Pin(FEDORA, f"sha256:{'9' * 64}"))
    shell("render")
    git(repository, "commit", "-qam", "Move fedora")
    assert shell("cut", "patch", "--lines", "2.1", "--tag").code == 0
    assert "9999" in git(repository, "show", f"release/2.1:{locks.FILE}")
    assert "version: 2.1.8" in git(repository, "show", "v2.1.8:lineage.yml")
    assert "(fedora, pins, " in git(repository, "show", "release/2.1:CHANGELOG.md")
    assert "version: 2.1.7" in (repository / "lineage.yml").read_text()
