from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from forebear.cli.main import COMMANDS, run

if TYPE_CHECKING:
    from .shell import Shell


def test_help_lists_every_command(shell: Shell) -> None:
    shell("--help")
    shell.check("help")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(shell: Shell, command: str) -> None:
    ran = shell(command, "--help")
    assert ran.code == 0
    assert "Example" in ran.out
    for option in ("-C DIR", "--json", "-q, --quiet", "-v, --verbose", "--no-color"):
        assert option in ran.out
    shell.check(f"help-{command}")


def test_h_is_help_too(shell: Shell) -> None:
    assert shell("plan", "-h").out == shell("plan", "--help").out


def test_without_a_command_help_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("Usage: forebear [OPTIONS] COMMAND [ARGS]...\n")


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("forebear 0.")
