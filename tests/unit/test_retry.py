from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.errors import BuildFailed, EngineRefused, EngineUnreachable
from forebear.retry import ATTEMPTS, MOST, Broken, Passing, persevering, retried, wait_of


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

    def persevere(self) -> int:
        return persevering(self, sleep=self.waits.append)


class TestRetried:
    def test_what_works_is_not_tried_again(self) -> None:
        attempts = Attempts()
        assert attempts.run() == 1
        assert attempts.waits == []

    def test_what_passes_is_tried_again_with_growing_waits(self) -> None:
        attempts = Attempts(*(Passing("busy", status=503) for _ in range(5)))
        assert attempts.run() == 6
        assert attempts.waits == [0.25, 0.5, 1.0, 2.0, 4.0]

    def test_a_connection_that_broke_is_made_again(self) -> None:
        attempts = Attempts(Broken("reset"), Passing("busy", status=503), Broken("reset"))
        assert attempts.run() == 4
        assert attempts.waits == [0.25, 0.5, 1.0]

    def test_after_the_last_attempt_the_last_error_is_raised(self) -> None:
        last = Passing("still busy", status=503)
        attempts = Attempts(*(Passing("busy", status=503) for _ in range(5)), last)
        with pytest.raises(Passing) as caught:
            attempts.run()
        assert caught.value is last
        assert attempts.calls == ATTEMPTS == 6

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


class TestPersevering:
    def test_what_fails_in_another_way_each_time_is_tried_on(self) -> None:
        faults = [Passing(f"{what}: busy", status=503) for what in ("HEAD", "POST", "PUT") * 4]
        attempts = Attempts(*faults)
        assert attempts.persevere() == 13
        assert attempts.waits == [0.25, 0.5, 1.0, 2.0, *[4.0] * 8]

    def test_what_fails_in_the_same_words_does_not_pass(self) -> None:
        """Digests, ports, and where an upload goes on, are of one attempt only."""
        read = "Patch http://localhost:{0}/v2/a/blobs/uploads/{0}-{0}?_state={0}: read tcp 127.0.0.1:{0}: reset"
        attempts = Attempts(Broken("other"), *(Broken(read.format(number)) for number in range(5000, 5009)))
        with pytest.raises(Broken, match=r"read tcp 127\.0\.0\.1:5005"):
            attempts.persevere()
        assert attempts.calls == 1 + ATTEMPTS

    def test_what_takes_long_to_fail_in_the_same_words_is_tried_once_more(self) -> None:
        """An engine waits itself, up to 50 s, before it gives up."""
        attempts = Attempts(*(Passing("500", status=503) for _ in range(9)))
        times = iter(range(0, 1000, 50))
        with pytest.raises(Passing):
            persevering(attempts, sleep=attempts.waits.append, clock=lambda: float(next(times)))
        assert attempts.calls == 2

    def test_it_comes_to_an_end(self) -> None:
        attempts = Attempts(*(Passing("abc"[number % 3], status=503) for number in range(99)))
        with pytest.raises(Passing):
            attempts.persevere()
        assert attempts.calls == MOST

    def test_nothing_else_is_tried_again(self) -> None:
        attempts = Attempts(EngineRefused("no", status=404))
        with pytest.raises(EngineRefused):
            attempts.persevere()
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
