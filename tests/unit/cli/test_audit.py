from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from .shell import Shell

DIGEST = "sha256:" + "1" * 64
FILES = {
    "Dockerfile": f"""\
# syntax=docker/dockerfile:1
ARG JDK=eclipse-temurin:21
FROM ${{JDK}} AS build
RUN apt-get update \\
 && apt-get install -y --no-install-recommends \\
      maven \\
      git=1:2.39.5-0+deb12u2
ADD https://example.org/tool.tar.gz /opt/
FROM debian:12-slim@{DIGEST}
ENV DB_PASSWORD=hunter2
COPY --from=build /opt /opt
COPY --from=docker.io/libary/nginx:1.27.4 /x /x
""",
    "web/Dockerfile.prod": f"FROM node\nRUN npm install -g yarn\nFROM debian:12-slim@{DIGEST}\n",
    "broken/Dockerfile": "FROM debian:12.9\nRUNN x\n",
    "compose.yml": "services:\n  db:\n    image: postgres:16\n",
    "sound/Dockerfile": f"FROM debian:12-slim@{DIGEST}\n",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for path, text in FILES.items():
        file = tmp_path / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    return tmp_path


def test_a_tree_is_audited_as_a_table(shell: Shell, tree: Path) -> None:
    assert shell("audit", ".").code == 1
    shell("audit", ".", "-v", "-q")
    shell.check("audit")


def test_the_document_has_what_the_table_has(shell: Shell, tree: Path) -> None:
    ran = shell("audit", ".", "--json")
    assert ran.code == 1
    found = json.loads(ran.out)
    assert found["files"] == 5
    places = {(each["file"], each["line"], each["rule"]) for each in found["findings"]}
    assert ("web/Dockerfile.prod", 1, "no-tag") in places
    assert ("Dockerfile", 6, "unpinned-apt") in places
    assert not [file for file, *_ in places if file.startswith("sound")]


def test_what_is_sound_gives_nothing_and_passes(shell: Shell, tree: Path) -> None:
    ran = shell("audit", "sound")
    assert (ran.code, ran.out, ran.err) == (0, "", "nothing found in 1 file\n")


def test_a_path_that_is_not_there_is_an_input_fault(shell: Shell, tree: Path) -> None:
    ran = shell("audit", "sound", "nosuch", "a/b")
    assert ran.code == 2
    assert ran.err == (
        "a/b: there is no such file or folder; correct the path\n"
        "nosuch: there is no such file or folder; correct the path\n"
    )


def test_settings_severities_and_a_baseline(shell: Shell, tree: Path) -> None:
    (tree / ".forebear-audit.yml").write_text("audit: 1\nrules: {moving-tag: off}\nexclude: [broken]\n")
    shell("audit", ".", "-q")
    assert shell("audit", "sound", "web", "--fail-on", "error", "-q").code == 1
    assert shell("audit", "compose.yml", "--fail-on", "error", "-q").code == 0
    assert shell("audit", ".", "--baseline", "known.json", "--write-baseline").code == 0
    shell.note("a finding goes, another comes")
    (tree / "web/Dockerfile.prod").write_text("FROM python\n")
    assert shell("audit", ".", "--baseline", "known.json", "-q").code == 1
    shell("audit", ".", "--baseline", "known.json", "--write-baseline", "-q")
    shell("audit", ".", "--baseline", "known.json", "-q")
    shell("audit", ".", "--write-baseline")
    shell("audit", ".", "--engine", "unix:///x")
    (tree / "bad.yml").write_text("audit: 1\nrule: {}\n")
    assert shell("audit", ".", "--config", "bad.yml").code == 2
    shell.check("audit-settings")


def test_the_rules_are_listed(shell: Shell, tree: Path) -> None:
    shell("audit", "--rules")
    shell.check("audit-rules")
