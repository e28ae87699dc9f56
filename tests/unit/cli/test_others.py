from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.shell_completion import shell_complete

from forebear.cli.main import forebear
from forebear.engine.model import RunOutcome
from forebear.lineage.schema import schema_text
from forebear.testing import FakeEngine

from ..projects import Site, site

if TYPE_CHECKING:
    from pathlib import Path

    from .shell import Shell


def test_graphs(chain: Site, shell: Shell) -> None:
    shell("graph")
    shell("graph", "+tomcat")
    shell("graph", "--json")
    for form in ("tree", "mermaid", "dot", "json"):
        assert shell("graph", "--format", form).code == 0
    shell.check("graph")


def test_init(shell: Shell, tmp_path: Path) -> None:
    shell("init", "--project", "acme")
    shell("init")
    shell("graph")
    shell("render", "--json")
    assert (tmp_path / "lineage.yml").read_text().startswith("# The images of acme.")
    shell.check("init")


@pytest.mark.parametrize(
    "wrong", [("--from", "debian"), ("--from", "debian:latest"), ("--project", "Not A Name"), ("--from", "a: b")]
)
def test_init_writes_nothing_where_that_would_be_wrong(shell: Shell, tmp_path: Path, wrong: tuple[str, ...]) -> None:
    ran = shell("init", "--project", "acme", *wrong)
    assert ran.code == 2
    assert ran.err.startswith("lineage.yml:")
    assert not list(tmp_path.iterdir())


def test_schema(shell: Shell) -> None:
    for arguments in (("schema",), ("schema", "--json")):
        ran = shell(*arguments)
        assert (ran.code, ran.out, ran.err) == (0, schema_text(), "")
        json.loads(ran.out)


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: Shell, name: str) -> None:
    ran = shell("completion", name)
    assert ran.code == 0
    assert "_FOREBEAR_COMPLETE" in ran.out


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", ["fedora", "tomcat", "webapp"]),
        ("to", ["tomcat"]),
        ("+we", ["+webapp"]),
        ("2+we", ["2+webapp"]),
        ("tomcat+,w", ["tomcat+,webapp"]),
        ("x", []),
    ],
)
def test_names_are_completed_behind_operators(
    chain: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: str, found: list[str]
) -> None:
    monkeypatch.chdir(chain.root)
    monkeypatch.setenv("COMP_WORDS", f"forebear plan {typed}")
    monkeypatch.setenv("COMP_CWORD", "2")
    shell_complete(forebear, {}, "forebear", "_FOREBEAR_COMPLETE", "bash_complete")
    assert capsys.readouterr().out.split() == [f"plain,{name}" for name in found]


class Gated(FakeEngine):
    """An engine on which every command prints one thing."""

    def run(self, image: str, command: tuple[str, ...], seconds: int) -> RunOutcome:
        return RunOutcome(0, "openjdk 1.8")


def test_gates(tmp_path: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    gates = "[{{name: java, run: [java, -version], output: '{}'}}]"
    images = "  a: {{from: scratch, tests: {}}}\n  b: {{from: scratch, tests: {}}}\n  c: {{from: scratch}}\n"
    made = site(tmp_path, images.format(gates.format("1.8"), gates.format("jdk")))
    engine = Gated()
    monkeypatch.setattr("forebear.api.connect", lambda _address=None: engine)
    assert shell("test").code == 3
    Site(tmp_path, engine).build()
    assert shell("test").code == 0
    made.declare(images.format(gates.format("1.8"), gates.format("^11")))
    assert shell("test").code == 3
    assert shell("test", "--json", "b").code == 3
    assert shell("test", "c").code == 0
    assert shell("test", "a", "--junit", str(tmp_path / "gates.xml")).code == 0
    assert '<testcase name="java" classname="a"' in (tmp_path / "gates.xml").read_text()
    assert shell("test", "a", "--junit", str(tmp_path / "none/gates.xml")).code == 2
    shell.check("test")
