from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from forebear import api
from forebear.errors import EngineRefused

if TYPE_CHECKING:
    from pathlib import Path

    from forebear.reference import Reference

    from .shell import Shell

DIGEST = "sha256:" + "1" * 64
DOCKERFILE = b"\xef\xbb\xbfFROM debian:12.9-slim\r\nFROM nginx:1.27.4 AS b # \r\nFROM alpine\r\n".replace(b" # ", b"")
COMPOSE = b"services:\n  db: {image: 'postgres:16.8'} # \xc3\xa9\n  x: {image: 'a:${T:-1.0.0}'}\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "web").mkdir()
    (tmp_path / "web/Dockerfile").write_bytes(DOCKERFILE)
    (tmp_path / "compose.yml").write_bytes(COMPOSE)

    def resolve(reference: Reference) -> str | None:
        if reference.repository == "library/nginx":
            raise EngineRefused("docker.io answers 500")
        return DIGEST if reference.repository == "library/debian" else None

    monkeypatch.setattr(api, "digests_of_today", lambda _start: resolve)
    return tmp_path


def test_fix_writes_what_it_is_sure_of_and_tells_the_rest(shell: Shell, tree: Path) -> None:
    shell("audit", ".", "--fix", "--dry-run")
    assert ((tree / "web/Dockerfile").read_bytes(), (tree / "compose.yml").read_bytes()) == (DOCKERFILE, COMPOSE)
    assert shell("audit", ".", "--fix").code == 1
    after = DOCKERFILE.replace(b"slim", b"slim@" + DIGEST.encode())
    assert (tree / "web/Dockerfile").read_bytes() == after
    shell.note("a second time")
    shell("audit", ".", "--fix", "-q")
    assert ((tree / "web/Dockerfile").read_bytes(), (tree / "compose.yml").read_bytes()) == (after, COMPOSE)
    shell.check("audit-fix")


def test_fix_in_the_document(shell: Shell, tree: Path) -> None:
    found = json.loads(shell("audit", ".", "--fix", "--json").out)
    assert [(each["file"], each["digests"]) for each in found["fixed"]] == [("web/Dockerfile", 1)]
    assert [each["line"] for each in found["findings"] if each["file"] == "web/Dockerfile"] == [2, 3]
    assert {each["reason"] for each in found["left"]} == {
        "docker.io has no postgres:16.8",
        "no one place of the file holds the whole of it",
        "docker.io answers 500",
    }


def test_what_cannot_be_written_is_left(shell: Shell, tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other") / "Dockerfile"
    other.write_bytes(b"FROM debian:12.9-slim\n")
    (tree / "web/Dockerfile").unlink()
    (tree / "web/Dockerfile").symlink_to(other)
    ran = shell("audit", "web/Dockerfile", "--fix")
    assert ran.code == 1
    assert "is left as it is: a symbolic link takes it outside of its folder" in ran.err
    assert other.read_bytes() == b"FROM debian:12.9-slim\n"


def test_forms(shell: Shell, tree: Path) -> None:
    log = json.loads(shell("audit", ".", "--format", "sarif", "--fix", "--dry-run").out)
    results = log["runs"][0]["results"]
    assert [each["ruleId"] for each in results if "fixes" in each] == ["FB003"]
    root = ElementTree.fromstring(shell("audit", ".", "--format", "junit").out)
    assert int(root.get("failures", "")) == len(results)
    assert shell("audit", ".", "--format", "github").out.count("\n::") == len(results) - 1
    assert json.loads(shell("audit", ".", "--format", "json").out)["format"] == "forebear.audit/1"


@pytest.mark.parametrize("form", ["table", "json", "sarif", "junit", "github"])
def test_to_a_file(shell: Shell, tree: Path, form: str) -> None:
    there = shell("audit", ".", "--format", form).out
    ran = shell("audit", ".", "--format", form, "-o", "new/report")
    assert (tree / "new/report").read_text("utf-8") == there
    assert (ran.code, ran.out) == (1, "")
    assert "written to new/report" in ran.err


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--dry-run",), "--dry-run goes with --fix"),
        (("--json", "--format", "junit"), "--json and --format junit say different things"),
        (("--format", "xml"), "Invalid value for '--format'"),
        (("-o", "web"), "web: is a folder"),
    ],
)
def test_what_cannot_be_asked_for(shell: Shell, tree: Path, words: tuple[str, ...], problem: str) -> None:
    ran = shell("audit", ".", *words)
    assert ran.code == 2
    assert problem in ran.err
