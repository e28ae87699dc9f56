from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from forebear import api

from ..projects import HEAD
from ..registry.server import Answer, index, serving
from ..release.test_record import DOCUMENT
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


def test_what_is_published_is_refused_by_its_record(repository: Path, shell: Shell, chain: Site) -> None:
    def publish(version: str, reference: str) -> None:
        record = {**DOCUMENT, "version": version}
        image = {**DOCUMENT["images"]["fedora"], "reference": reference}
        chain.write(f"releases/{version}.json", json.dumps({**record, "images": {"fedora": image}}))
        git(repository, "add", "-A")
        git(repository, "commit", "-qm", "Publish")

    publish("2.1.8", "docker.io/firethorn/fedora:2.1.8")
    assert shell("cut", "patch").err == (
        "cut: firethorn/fedora:2.1.8 is published, by the records in releases/; cut a later version\n"
    )
    assert shell("cut", "patch", "tomcat").err == (
        "cut: 2.1.8 is published: there is releases/2.1.8.json; cut a later version\n"
    )
    chain.write("releases/2.1.8.json", "{")
    git(repository, "commit", "-qam", "Damage")
    assert shell("cut", "minor").err == (
        "releases/2.1.8.json:1:2: it is cut short; a record is never changed: get it back from version control\n"
    )


def test_what_is_published_is_refused_by_the_registry_where_that_is_asked(
    repository: Path, shell: Shell, chain: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    with serving(index(), index(), Answer(status=404)) as server:
        chain.declare(head=f"{HEAD}registry: {server.address}\n")
        api.render(chain.project)
        git(repository, "commit", "-qam", "Name a registry")
        assert shell("cut", "patch").code == 0
        assert not server.asked
        git(repository, "checkout", "-q", ".")
        git(repository, "clean", "-fdq")
        ran = shell("cut", "patch", "--published")
        assert (ran.code, ran.err) == (
            2,
            f"cut: {server.address}/firethorn/fedora:2.1.8 is in the registry; cut a later version\n",
        )
        assert git(repository, "status", "--short") == ""
        server.answers[:] = [Answer(status=404)]
        assert shell("cut", "patch", "--published").code == 0


def test_a_final_version_tells_what_its_pre_releases_told(repository: Path, shell: Shell, chain: Site) -> None:
    def change(name: str) -> None:
        chain.write(f"templates/{name}.Dockerfile.j2", "FROM {{ parent }}\nRUN new\n")
        api.render(chain.project)
        git(repository, "commit", "-qam", f"Change {name}")

    change("fedora")
    assert "2.1.7 -> 2.2.0-rc.1" in shell("cut", "minor", "--pre", "rc", "--tag").out
    change("tomcat")
    assert "2.2.0-rc.1 -> 2.2.0-rc.2" in shell("cut", "--pre", "rc", "--tag").out
    assert "2.2.0-rc.2 -> 2.2.0" in shell("cut", "release", "--tag").out
    notes = re.sub(r", [0-9a-f]{7,}\)", ")", (repository / "CHANGELOG.md").read_text())
    assert notes == (
        "# Changelog\n\n"
        "## 2.2.0 - 2027-01-15\n\n- Change tomcat (tomcat)\n- Change fedora (fedora)\n\n"
        "## 2.2.0-rc.2 - 2027-01-15\n\n- Change tomcat (tomcat)\n\n"
        "## 2.2.0-rc.1 - 2027-01-15\n\n- Change fedora (fedora)\n"
    )
    assert git(repository, "tag").split() == ["v2.1.7", "v2.2.0", "v2.2.0-rc.1", "v2.2.0-rc.2"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "forebear: what is the new version? write patch, minor, major, release, or the version itself"),
        (
            ("pach",),
            'VERSION: "pach" is no level and no version; write patch, minor, major, release, or one like 2.2.0',
        ),
        (("patch", "nosuch"), "SELECT: nosuch: no image is called nosuch; see all of them with: forebear graph"),
        (("patch", "--lines", ","), "forebear: --lines names no line"),
        (("patch", "--lines", "2.1", "--published"), "forebear: --published does not go with --lines"),
    ],
)
def test_words_that_are_no_cut(shell: Shell, repository: Path, words: tuple[str, ...], told: str) -> None:
    ran = shell("cut", *words)
    assert (ran.code, ran.err) == (2, f"{told}\n")


def test_a_commit_without_a_repository_is_refused(chain: Site, shell: Shell) -> None:
    assert shell("render").code == 0
    for option in ("--commit", "--tag"):
        assert shell("cut", "patch", option).err == (
            "cut: there is no git commit to go on from; make one, or cut without --commit and --tag\n"
        )
    assert shell("cut", "patch").code == 0
