from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from forebear import api
from forebear.pins import lock as locks
from forebear.pins.lock import Pin

from ..projects import FEDORA
from .repositories import git, hook, snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from ..projects import Site
    from .shell import Shell

NEW = f"sha256:{'9' * 64}"


@pytest.fixture(autouse=True)
def lines(repository: Path, chain: Site) -> None:
    """Two maintenance lines, at 2.1.7 and 2.0.3; in the tree, at 2.1.7 too, fedora has moved on."""
    git(repository, "branch", "release/2.1")
    git(repository, "checkout", "-q", "-b", "release/2.0")
    chain.write("lineage.yml", (repository / "lineage.yml").read_text().replace("2.1.7", "2.0.3"))
    api.render(chain.project)
    git(repository, "commit", "-qam", "Begin 2.0")
    git(repository, "tag", "-a", "-m", "x", "v2.0.3")
    git(repository, "checkout", "-q", "main")
    chain.lock(Pin(FEDORA, NEW))
    api.render(chain.project)
    git(repository, "commit", "-qam", "Move fedora")


def test_one_fix_of_an_upstream_is_cut_into_each_line(repository: Path, shell: Shell) -> None:
    before = snapshot(repository)
    ran = shell("cut", "patch", "--lines", "2.1,2.0", "--tag")
    assert (ran.code, [line for line in ran.out.splitlines() if "->" in line and "line" in line]) == (
        0,
        ["line 2.1: 2.1.7 -> 2.1.8", "line 2.0: 2.0.3 -> 2.0.4"],
    )
    for version, was in (("2.1.8", "v2.1.7"), ("2.0.4", "v2.0.3")):
        line = f"release/{version[:3]}"
        assert git(repository, "rev-parse", line) == git(repository, "rev-parse", f"v{version}^{{commit}}")
        changed = git(repository, "log", "--format=%s", f"{was}..{line}").splitlines()
        assert changed == [f"Cut {version}", "Move upstreams to the digests that are locked now"]
        assert f"version: {version}\nepoch: " in git(repository, "show", f"{line}:lineage.yml")
        assert NEW in git(repository, "show", f"{line}:{locks.FILE}")
        assert f"FROM docker.io/library/fedora:25@{NEW}\n" in git(
            repository, "show", f"{line}:images/fedora/Dockerfile"
        )
        assert f"FROM firethorn/fedora:{version}\n" in git(repository, "show", f"{line}:images/tomcat/Dockerfile")
        notes = git(repository, "show", f"{line}:CHANGELOG.md")
        assert re.search(
            rf"^## {version} - .*\n\n- Move upstreams .* \(fedora, pins, [0-9a-f]+\)$", notes, re.MULTILINE
        )
    git(repository, "tag", "-d", "v2.1.8", "v2.0.4")
    git(repository, "branch", "-qf", "release/2.1", "v2.1.7")
    git(repository, "branch", "-qf", "release/2.0", "v2.0.3")
    assert snapshot(repository) == before
    assert len(git(repository, "worktree", "list").splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "script", "told"),
    [
        ("pre-commit", "grep -q 2.0.4 lineage.yml && { echo not so; exit 1; }; exit 0", "git commit failed: not so"),
        ("reference-transaction", "grep -q refs/tags/v2.0.4 && exit 1; exit 0", "git tag failed: "),
        ("reference-transaction", "grep -q refs/heads/release/2.0 && exit 1; exit 0", "git update-ref failed: "),
    ],
    ids=["commit", "tag", "branch"],
)
def test_a_git_that_refuses_one_line_leaves_all_as_they_were(
    repository: Path, shell: Shell, name: str, script: str, told: str
) -> None:
    before = snapshot(repository)
    path = hook(repository, name, script)
    ran = shell("cut", "patch", "--lines", "2.1,2.0", "--tag")
    path.unlink()
    assert ran.code == 3
    assert ran.err.startswith(f"forebear: {told}")
    assert ran.err.endswith("nothing was kept; correct that, and cut again\n")
    assert snapshot(repository) == before
    assert len(git(repository, "worktree", "list").splitlines()) == 1


def test_lines_are_cut_together_or_not_at_all(repository: Path, shell: Shell, chain: Site) -> None:
    git(repository, "checkout", "-q", "release/2.0")
    chain.write("images/tomcat/Dockerfile", "FROM x\n")
    git(repository, "commit", "-qam", "Drift")
    git(repository, "checkout", "-q", "main")
    before = snapshot(repository)
    ran = shell("cut", "patch", "--lines", "2.1,2.0", "--tag")
    assert (ran.code, ran.err) == (
        2,
        "2.0:cut: drifted from their templates: images/tomcat/Dockerfile; run forebear render, commit, then cut\n",
    )
    assert snapshot(repository) == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("patch", "--lines", "1.9"),
            "cut: there is no branch release/1.9; make it from its last release: git branch release/1.9 COMMIT",
        ),
        (
            ("minor", "--lines", "2.1"),
            "2.1:cut: 2.2.0 leaves the line 2.1; cut a patch of it",
        ),
    ],
)
def test_a_line_that_cannot_be_cut_is_told(shell: Shell, words: tuple[str, ...], told: str) -> None:
    ran = shell("cut", *words)
    assert (ran.code, ran.err) == (2, f"{told}\n")


def test_a_branch_that_is_not_of_its_line_or_is_checked_out_is_told(repository: Path, shell: Shell) -> None:
    git(repository, "branch", "release/3.0")
    assert shell("cut", "patch", "--lines", "3.0").err == (
        "3.0:cut: the branch release/3.0 is at 2.1.7, which is not of that line; name the right branch\n"
    )
    git(repository, "checkout", "-q", "release/2.0")
    assert shell("cut", "patch", "--lines", "2.0").err == (
        "cut: the branch release/2.0 is checked out; cut it where it is, or check out another branch there\n"
    )
