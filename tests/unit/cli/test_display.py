from __future__ import annotations

from pathlib import Path

import pytest

from forebear.build.events import Ended, Outcome
from forebear.build.promise import Grade, Graded
from forebear.build.recipe import Target
from forebear.cli.console import Console
from forebear.cli.display import display

GRADED = Graded(Grade.INPUTS, "it holds a clock")
ENDED = Ended(Target("a", "linux/amd64"), "docker.io/p/a:1.0.0", Outcome.BUILT, seconds=1.0, graded=GRADED)


@pytest.mark.parametrize(("rebuild", "grade", "more"), [(False, "; grade inputs (it holds a clock)", 1), (True, "", 0)])
def test_a_rebuild_is_not_graded_before_it_is_compared(
    rebuild: bool, grade: str, more: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with display(Console(Path()), rebuild=rebuild) as take:
        take(ENDED)
    first, *summary = capsys.readouterr().out.splitlines()
    assert first == f"built    a 1.0.0 in 1.0 s{grade}"
    assert len(summary) == more
