from __future__ import annotations

import pytest

from forebear.build.promise import Grade, Graded, promised
from forebear.engine.model import Builder, Capabilities

EXACT = Capabilities(Builder.BUILDKIT, rewrites_timestamps=True, why_not="")
PLAIN = Capabilities(Builder.BUILDKIT, rewrites_timestamps=False, why_not="the store cannot")
CLASSIC = Capabilities(Builder.CLASSIC, rewrites_timestamps=False, why_not="no BuildKit")


@pytest.mark.parametrize(
    ("capabilities", "adds_layers", "expected"),
    [
        (EXACT, True, Graded(Grade.DIGEST)),
        (EXACT, False, Graded(Grade.DIGEST)),
        (PLAIN, True, Graded(Grade.INPUTS, "the store cannot")),
        (PLAIN, False, Graded(Grade.DIGEST)),
        (CLASSIC, True, Graded(Grade.INPUTS, "no BuildKit")),
        (CLASSIC, False, Graded(Grade.INPUTS, "no BuildKit")),
    ],
)
def test_what_an_engine_can_promise(capabilities: Capabilities, adds_layers: bool, expected: Graded) -> None:
    assert promised(capabilities, adds_layers=adds_layers) == expected
