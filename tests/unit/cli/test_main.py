from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from forebear.cli.console import Console, clean
from forebear.cli.main import run
from forebear.errors import BuildFailed, EngineUnreachable

if TYPE_CHECKING:
    from ..projects import Site
    from .shell import Shell


def away(_address: str | None = None) -> None:
    raise EngineUnreachable("there is no Docker engine at unix:///x.sock", "start one")


class TestExitCodes:
    """Each exit code of design.md, with all that is said."""

    def test_0_done(self, chain: Site, shell: Shell) -> None:
        assert shell("graph").code == 0
        shell.check("exit-0")

    def test_1_a_check_found_something(self, chain: Site, shell: Shell) -> None:
        assert shell("render", "--check", "fedora").code == 1
        assert shell("render", "--check", "fedora", "--json").code == 1
        shell.check("exit-1")

    def test_2_the_input_is_wrong(self, chain: Site, shell: Shell) -> None:
        shell.note("arguments")
        for arguments in (
            ["grpah"],
            ["nonsense"],
            ["plan", "--nonsense"],
            ["plan", "wbapp", "+nonsense"],
            ["build", "--jobs", "0"],
            ["lock", "fedora"],
            ["lock", "--upgrade", "fdora"],
            ["completion", "tcsh"],
            ["grpah", "--json"],
            ["plan", "--json", "--nonsense"],
            ["plan", "--nonsense", "--", "--json"],
            ["publish", "--dry-run", "--abort", "--json"],
            ["promote", "1.0.0", "--to", "example.org", "--dry-run", "--abort"],
            ["promote", "1.0.0", "--to", "example.org/", "--dry-run"],
            ["promote", "1.0.0", "--to", "example.org", "--dry-run", "--json"],
        ):
            assert shell(*arguments).code == 2
        shell.note("files")
        chain.write("templates/tomcat.Dockerfile.j2", "FROM {{ wrong }}\n")
        chain.write("templates/webapp.Dockerfile.j2", "FROM docker.io/library/other:1\n")
        assert shell("plan").code == 2
        assert shell("plan", "--json").code == 2
        chain.write("lineage.lock", '{"lock": 1, "proj')
        assert shell("plan").code == 2
        chain.write("lineage.yml", "lineage: 1\nproject: firethorn\nversoin: 2.1\nimages: {a: {from: b}}\n")
        assert shell("plan").code == 2
        assert shell("plan", "--json").code == 2
        (chain.root / "lineage.yml").unlink()
        assert shell("plan").code == 2
        shell.check("exit-2")

    def test_2_another_forebear_is_at_work(self, chain: Site, shell: Shell) -> None:
        with chain.project.workspace.locked():
            for words in ("render", "build", "lock", "cut patch", "publish", "promote 1.0.0 --to r.org", "prune"):
                ran = shell(*words.split())
                assert ran.code == 2
                assert ran.err.startswith("forebear: another forebear is at work in this project (process ")
                assert ran.err.endswith("\n  wait until it is done, then run this again\n")
            assert shell("plan").code == 0

    def test_3_a_build_failed(self, chain: Site, shell: Shell) -> None:
        chain.engine.fails["fedora"] = BuildFailed("[2/2] RUN make fedora: exit code 2")
        assert shell("build", "--jobs", "1").code == 3
        shell.check("exit-3")

    def test_4_no_engine(self, chain: Site, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("forebear.api.connect", away)
        for command in ("plan", "build", "lock", "test"):
            assert shell(command).code == 4
        assert shell("plan", "--json").code == 4
        assert shell("plan", "--offline", "-q").code == 0
        shell.check("exit-4")

    def test_4_an_engine_that_dies_during_a_build(self, chain: Site, shell: Shell) -> None:
        chain.engine.fails["tomcat"] = EngineUnreachable("while building: the engine went away", "start it again")
        assert shell("build", "--jobs", "1").code == 4
        shell.check("exit-4-during")

    @pytest.mark.parametrize("verbose", [(), ("-v",)])
    def test_70_a_defect(
        self, chain: Site, shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, verbose: tuple[str, ...]
    ) -> None:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        chain.engine.fails["tomcat"] = ZeroDivisionError("by\x1b[2J zero")
        ran = shell("build", "-q", *verbose)
        assert ran.code == 70
        first, second = ran.err.splitlines()[-2:]
        assert first == "forebear: a defect of forebear: ZeroDivisionError: by zero"
        file = Path(second.removeprefix("  please report it, with "))
        assert file.parent == tmp_path
        assert "Traceback (most recent call last)" in file.read_text()
        assert "Traceback" not in ran.out + ran.err

    def test_70_a_defect_on_a_full_disk(self, chain: Site, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tempfile, "tempdir", str(chain.root / "not-there"))
        chain.engine.fails["fedora"] = ZeroDivisionError("by zero")
        ran = shell("build", "-q")
        assert ran.code == 70
        assert ran.err.splitlines()[-1] == "forebear: a defect of forebear: ZeroDivisionError: by zero"

    def test_130_interrupted(self, chain: Site, shell: Shell) -> None:
        def interrupt(name: str) -> None:
            if name == "tomcat":
                raise KeyboardInterrupt

        chain.engine.before = interrupt
        assert shell("build", "--jobs", "1").code == 130
        chain.engine.before = lambda _name: None
        assert shell("build", "--jobs", "1", "-v").code == 0
        shell.check("exit-130")


def test_every_fault_of_a_file_is_told_at_once_with_its_place(chain: Site, shell: Shell) -> None:
    head = "lineage: 1\nproject: firethorn\nversion: v2.1.7\n"
    chain.write("lineage.yml", f"{head}images:\n  a: {{from: b}}\n  a: {{form: c}}\n")
    ran = shell("plan", "--json")
    errors = json.loads(ran.out)["errors"]
    assert len(errors) == len(ran.err.splitlines()) >= 3
    assert {error["file"] for error in errors} == {"lineage.yml"}
    assert all(error["line"] and error["problem"] for error in errors)


@pytest.mark.parametrize("where", [("-C", "{}", "plan"), ("plan", "-C", "{}"), ("-C", "/", "plan", "-C", "{}")])
def test_the_folder_may_be_given_before_and_behind_the_command(
    chain: Site, capsys: pytest.CaptureFixture[str], where: tuple[str, ...]
) -> None:
    folder = chain.write("deep/below/file", "").parent
    assert run([word.format(folder) for word in where]) == 0
    assert "webapp" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["init", "plan", "doctor", "audit"])
def test_a_folder_that_was_removed_is_told(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert run([command]) == 2
    assert capsys.readouterr().err == ".: this folder was removed; go to another one\n"


def test_a_reader_that_goes_away_is_no_defect(chain: Site, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr("click.echo", broken)
    assert shell("graph").code == 1


def test_a_reader_that_goes_away_leaves_the_words_of_a_wrong_option(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(Console, "line", broken)
    assert run(["plan", "--nonsense", "--json"]) == 2
    assert capsys.readouterr() == ("", "forebear: No such option '--nonsense'.\n")


def test_what_has_no_utf8_is_printed_as_the_sign_for_that() -> None:
    assert clean("a\x1b[2Jé\ud800\udcff") == "aé\ufffd\ufffd"
