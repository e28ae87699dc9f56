from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from .repositories import git, hook, snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from ..projects import Site
    from .shell import Shell


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


@pytest.mark.parametrize(
    ("name", "script"),
    [("pre-commit", "exit 1"), ("reference-transaction", "grep -q refs/tags/ && exit 1; exit 0")],
    ids=["commit", "tag"],
)
def test_a_git_that_refuses_leaves_everything_as_it_was(repository: Path, shell: Shell, name: str, script: str) -> None:
    before = snapshot(repository)
    path = hook(repository, name, script)
    ran = shell("cut", "patch", "--tag")
    path.unlink()
    assert ran.code == 3
    assert "nothing was kept; correct that, and cut again" in ran.err
    assert snapshot(repository) == before


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
