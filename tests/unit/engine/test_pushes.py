from __future__ import annotations

import pytest

from forebear.engine.pushes import PushOutput
from forebear.errors import EngineRefused
from forebear.retry import Broken, Passing

D = f"sha256:{'a' * 64}"


def test_progress_adds_up_and_the_last_line_gives_the_digest() -> None:
    told: list[tuple[int, int]] = []
    output = PushOutput("pushing x", lambda sent, total: told.append((sent, total)))
    output.take({"status": "The push refers to repository [r/x]"})
    output.take({"status": "Pushing", "id": "one", "progressDetail": {"current": 5, "total": 10}})
    output.take({"status": "Pushing", "id": "two", "progressDetail": {"current": 30, "total": 20}})
    output.take({"status": "Pushed", "id": "one", "progressDetail": {}})
    output.take({"status": f"1: digest: {D} size: 405"})
    assert told == [(5, 10), (30, 30)]
    assert output.digest == D


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("denied: requested access to the resource is denied", EngineRefused),
        ("received unexpected HTTP status: 500 Internal Server Error", Passing),
        ('error parsing HTTP 429 response body: unexpected end of JSON input: ""', Passing),
    ],
)
def test_an_error_inside_the_stream_is_seen(message: str, kind: type[EngineRefused]) -> None:
    output = PushOutput("pushing x", lambda _sent, _total: None)
    with pytest.raises(EngineRefused, match="while pushing x: ") as caught:
        output.take({"errorDetail": {"message": message}, "error": message})
    assert type(caught.value) is kind


def test_a_stream_that_breaks_off_is_no_push() -> None:
    output = PushOutput("pushing x", lambda _sent, _total: None)
    output.take({"status": f"digest: {D} of somebody", "id": "one"})
    with pytest.raises(Broken, match="the engine broke off"):
        _ = output.digest
