from __future__ import annotations

import pytest

from forebear.engine.model import Facts, RunOutcome
from forebear.errors import BuildFailed, EngineRefused, EngineUnreachable
from forebear.lineage.gate import SECONDS, Gate
from forebear.release.gates import check
from forebear.testing import FakeEngine


class Scripted(FakeEngine):
    """An engine on which each command comes to what is written down for it."""

    def __init__(self, **outcomes: RunOutcome | Exception) -> None:
        super().__init__()
        self.outcomes = outcomes
        self.images["sha256:1"] = Facts("sha256:1", "linux/amd64", (), (), (), None, 0, 0)
        self.ran: list[tuple[str, tuple[str, ...], int]] = []

    def run(self, image: str, command: tuple[str, ...], seconds: int) -> RunOutcome:
        self.ran.append((image, command, seconds))
        outcome = self.outcomes[command[0]]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def gate(name: str, exit_code: int = 0, output: str | None = None) -> Gate:
    return Gate(name, (name, "--version"), exit_code, output)


def said(engine: Scripted, *gates: Gate) -> str:
    with pytest.raises(BuildFailed) as caught:
        check(engine, gates, "sha256:1", lambda _line: None)
    return str(caught.value)


def test_an_image_without_gates_passes() -> None:
    check(Scripted(), (), "sha256:1", lambda _line: None)


def test_each_gate_is_run_in_order_on_the_image_by_its_id() -> None:
    engine = Scripted(java=RunOutcome(0, "openjdk 1.8"), tomcat=RunOutcome(3, ""))
    check(engine, (gate("java", output=r"1\.8$"), gate("tomcat", 3)), "sha256:1", lambda _line: None)
    assert engine.ran == [
        ("sha256:1", ("java", "--version"), SECONDS),
        ("sha256:1", ("tomcat", "--version"), SECONDS),
    ]


def test_the_log_has_the_commands_and_what_they_print() -> None:
    lines: list[str] = []
    check(Scripted(java=RunOutcome(0, "one\ntwo\n")), (gate("java"),), "sha256:1", lines.append)
    assert lines == ["gate java: java --version", "  one", "  two"]


def test_a_wrong_exit_code_is_told() -> None:
    engine = Scripted(java=RunOutcome(127, "not found"))
    assert said(engine, gate("java")) == 'gate "java": exit code 127, not 0'


def test_an_output_that_does_not_match_is_told() -> None:
    engine = Scripted(java=RunOutcome(0, "openjdk 11"))
    assert said(engine, gate("java", output=r"1\.8")) == r"""gate "java": its output does not match '1\.8'"""


def test_an_output_may_match_anywhere_in_any_line() -> None:
    check(Scripted(java=RunOutcome(0, "a\nopenjdk 1.8\nb")), (gate("java", output="jdk 1"),), "sha256:1", print)


@pytest.mark.parametrize(
    "error", [BuildFailed("java --version did not end within 60 s"), EngineRefused("while running java: no such file")]
)
def test_a_command_that_does_not_come_to_an_end_or_a_start_is_told_with_its_gate(error: BuildFailed) -> None:
    assert said(Scripted(java=error), gate("java")) == f'gate "java": {error.problem}'


def test_all_gates_that_are_not_passed_are_told() -> None:
    engine = Scripted(a=RunOutcome(1, ""), b=RunOutcome(0, ""), c=BuildFailed("too long"))
    assert said(engine, gate("a"), gate("b"), gate("c")) == 'gate "a": exit code 1, not 0; gate "c": too long'


def test_an_engine_that_goes_away_is_no_failure_of_the_image() -> None:
    with pytest.raises(EngineUnreachable):
        check(Scripted(java=EngineUnreachable("gone")), (gate("java"),), "sha256:1", lambda _line: None)
