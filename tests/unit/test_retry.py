from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.errors import BuildFailed, EngineRefused, EngineUnreachable
from forebear.retry import ATTEMPTS, Broken, Passing, retried, wait_of


class Attempts:
    """Raises what it was given, one after the other, then gives the number of calls."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0
        self.waits: list[float] = []

    def __call__(self) -> int:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return self.calls

    def run(self) -> int:
        return retried(self, sleep=self.waits.append)


class TestRetried:
    def test_what_works_is_not_tried_again(self) -> None:
        attempts = Attempts()
        assert attempts.run() == 1
        assert attempts.waits == []

    def test_what_passes_is_tried_again_with_growing_waits(self) -> None:
        attempts = Attempts(*(Passing("busy", status=503) for _ in range(3)))
        assert attempts.run() == 4
        assert attempts.waits == [1.0, 2.0, 4.0]

    def test_a_connection_that_broke_is_made_again(self) -> None:
        attempts = Attempts(Broken("reset"), Passing("busy", status=503), Broken("reset"))
        assert attempts.run() == 4
        assert attempts.waits == [1.0, 2.0, 4.0]

    def test_after_the_last_attempt_the_last_error_is_raised(self) -> None:
        last = Passing("still busy", status=503)
        attempts = Attempts(*(Passing("busy", status=503) for _ in range(3)), last)
        with pytest.raises(Passing) as caught:
            attempts.run()
        assert caught.value is last
        assert attempts.calls == ATTEMPTS == 4

    def test_the_wait_that_the_server_asks_for_is_heeded_within_reason(self) -> None:
        attempts = Attempts(Passing("a", status=429, wait=3.0), Passing("b", status=429, wait=86_400.0))
        assert attempts.run() == 3
        assert attempts.waits == [3.0, 30.0]

    @pytest.mark.parametrize(
        "error", [BuildFailed("RUN failed"), EngineRefused("no", status=404), EngineUnreachable("gone"), KeyError("x")]
    )
    def test_nothing_else_is_tried_again(self, error: Exception) -> None:
        attempts = Attempts(error)
        with pytest.raises(type(error)):
            attempts.run()
        assert (attempts.calls, attempts.waits) == (1, [])


@pytest.mark.parametrize(
    ("header", "wait"),
    [("7", 7.0), ("0", 0.0), ("", None), ("-1", None), ("1.5", None), ("²", None), ("Fri, 31 Dec 1999", None)],
)
def test_the_wait_that_a_server_asks_for(header: str, wait: float | None) -> None:
    assert wait_of({"Retry-After": header}) == wait
    assert wait_of({}) is None


@given(st.text(max_size=12))
def test_no_header_makes_reading_the_wait_raise(text: str) -> None:
    wait = wait_of({"Retry-After": text})
    assert wait is None or wait >= 0
