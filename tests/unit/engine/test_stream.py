from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.engine.stream import BuildOutput, error_of, records, refusal
from forebear.engine.trace import Output, Vertex
from forebear.errors import BuildFailed, EngineRefused, EngineUnreachable, Error
from forebear.retry import Passing

from .protobuf import step, trace

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(["aux", "id", "stream", "status", "error", "errorDetail", "progressDetail"])
RECORDS = st.dictionaries(
    FIELDS, JSON | st.just("moby.buildkit.trace") | st.fixed_dictionaries({"ID": JSON}), max_size=4
)


def told(*said: dict[str, Any]) -> tuple[list[str], BuildOutput]:
    """The lines that a build's stream leaves in the log."""
    lines: list[str] = []
    output = BuildOutput(lines.append)
    for each in said:
        output.take(each)
    return lines, output


def failed(*said: dict[str, Any]) -> tuple[list[str], Error]:
    """The lines, and the error that the last record raises."""
    lines: list[str] = []
    output = BuildOutput(lines.append)
    for each in said[:-1]:
        output.take(each)
    with pytest.raises(Error) as caught:
        output.take(said[-1])
    return lines, caught.value


class TestRecords:
    @given(st.lists(st.dictionaries(st.text(max_size=4), JSON, max_size=3), max_size=4), st.data())
    def test_lines_may_be_cut_anywhere(self, said: list[dict[str, Any]], data: st.DataObject) -> None:
        whole = b"".join(json.dumps(each).encode() + b"\r\n" for each in said)
        cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=5)))
        chunks = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
        assert list(records(chunks)) == said

    def test_characters_may_be_cut_too(self) -> None:
        whole = '{"stream":"é…"}\n'.encode()
        assert list(records(whole[at : at + 1] for at in range(len(whole)))) == [{"stream": "é…"}]

    def test_the_last_line_needs_no_end_and_empty_ones_are_passed_over(self) -> None:
        assert list(records([b'\n\r\n{"a":1}\n\n', b'{"b":2}'])) == [{"a": 1}, {"b": 2}]

    def test_an_engine_that_breaks_off_in_the_middle_of_a_line_went_away(self) -> None:
        with pytest.raises(EngineUnreachable, match="broke off in the middle of an answer; see the engine's log"):
            list(records([b'{"stream":"a"}\n{"stre']))

    @pytest.mark.parametrize("line", [b"<html>Bad Gateway</html>", b"[1]", b"7", b"null", b"\xff", b"[" * 100_000])
    def test_a_line_that_is_no_record_is_refused_and_shown_in_part(self, line: bytes) -> None:
        with pytest.raises(EngineRefused, match="the engine answers what cannot be read: ") as caught:
            list(records([line + b"\n"]))
        assert len(str(caught.value)) < 200


class TestBuildKit:
    def test_steps_are_told_once_when_they_start(self) -> None:
        waiting = Vertex("1", "[1/2] FROM a", cached=False, started=False, completed=False, error="")
        lines, _ = told(
            trace(waiting),
            trace(step("[1/2] FROM a", digest="1")),
            trace(step("[1/2] FROM a", digest="1", completed=True), step("[2/2] RUN b", digest="2")),
        )
        assert lines == ["[1/2] FROM a", "[2/2] RUN b"]

    def test_a_step_from_the_cache_says_so(self) -> None:
        lines, _ = told(trace(step("[2/2] RUN b", cached=True)))
        assert lines == ["CACHED [2/2] RUN b"]

    @pytest.mark.parametrize("name", ["[internal] load build definition from Dockerfile", "exporting to image"])
    def test_the_builders_own_business_is_not_told(self, name: str) -> None:
        assert told(trace(step(name)))[0] == []

    def test_what_a_step_prints_is_told_line_by_line_and_indented(self) -> None:
        lines, _ = told(trace(Output("1", "one\r\ntw"), Output("1", "o\nthr")), trace(Output("1", "ee\n\n")))
        assert lines == ["  one", "  two", "  three", "  "]

    def test_two_steps_that_print_at_once_are_not_mixed(self) -> None:
        lines, _ = told(trace(Output("1", "a"), Output("2", "x"), Output("1", "b\n"), Output("2", "y\n")))
        assert lines == ["  ab", "  xy"]

    def test_the_end_of_the_output_needs_no_line_end(self) -> None:
        end = trace(step("RUN", digest="1", completed=True))
        assert told(trace(Output("1", "done")), end)[0] == ["RUN", "  done"]
        assert told(trace(Output("1", "done")), {"id": "moby.image.id", "aux": {"ID": "sha256:1"}})[0] == ["  done"]

    def test_terminal_sequences_reach_the_log_as_they_are(self) -> None:
        assert told(trace(Output("1", "\x1b[31mred\x1b[0m\n")))[0] == ["  \x1b[31mred\x1b[0m"]

    def test_the_image_is_kept(self) -> None:
        assert told({"id": "moby.image.id", "aux": {"ID": "sha256:1"}})[1].image == "sha256:1"
        assert told()[1].image is None

    def test_a_failed_command_is_told_with_its_step_and_exit_code(self) -> None:
        message = 'process "/bin/sh -c make it" did not complete successfully: exit code: 2'
        lines, error = failed(
            trace(step("[2/2] RUN make it", error="it failed", digest="1"), Output("1", "no rule\nto mak")),
            {"errorDetail": {"message": message}, "error": message},
        )
        assert isinstance(error, BuildFailed)
        assert str(error) == "[2/2] RUN make it: exit code 2"
        assert lines == ["[2/2] RUN make it", "  no rule", "  to mak"]

    def test_a_long_command_is_shortened(self) -> None:
        name = f"[2/2] RUN {'x ' * 200}"
        _, error = failed(trace(step(name, error="e")), {"error": "it failed"})
        assert str(error).endswith(" …: it failed")
        assert len(str(error)) < 120

    def test_a_registry_that_wants_to_know_who_asks_is_told_with_the_way_out(self) -> None:
        _, error = failed({"errorDetail": {"message": "unexpected status from HEAD request: 401 Unauthorized"}})
        assert str(error).endswith(
            "401 Unauthorized; if that image is there and private, let docker login know its "
            + ("registry, then run it again")
        )
        said = 'process "echo 401 Unauthorized" did not complete successfully: exit code: 2'
        assert str(failed({"errorDetail": {"message": said}})[1]) == "exit code 2"

    def test_a_failure_outside_of_any_step_is_told_as_it_is(self) -> None:
        _, error = failed({"errorDetail": {"message": "dockerfile parse error on line 2"}})
        assert str(error) == "dockerfile parse error on line 2"

    @pytest.mark.parametrize("aux", ["", "!", "gA==", "AAAA", "é", "x" * 101])
    def test_progress_that_cannot_be_read_fails_no_build(self, aux: str) -> None:
        assert told({"id": "moby.buildkit.trace", "aux": aux})[0] == []


class TestClassic:
    def test_lines_come_in_pieces(self) -> None:
        lines, output = told(
            {"stream": "Step 1/2 : FROM a"},
            {"stream": "\n"},
            {"stream": " ---> 0123\nStep 2/2 : RUN b\n"},
            {"stream": "one\r\ntwo"},
            {"aux": {"ID": "sha256:1"}},
            {"stream": "Successfully built 0123\n"},
        )
        assert lines == [
            "Step 1/2 : FROM a",
            " ---> 0123",
            "Step 2/2 : RUN b",
            "one",
            "  two",
            "Successfully built 0123",
        ]
        assert output.image == "sha256:1"

    def test_a_failed_command_is_told_with_its_step_and_exit_code(self) -> None:
        message = "The command '/bin/sh -c false' returned a non-zero code: 1"
        lines, error = failed({"stream": "Step 2/2 : RUN false\n"}, {"errorDetail": {"code": 1, "message": message}})
        assert str(error) == "Step 2/2 : RUN false: exit code 1"
        assert lines == ["Step 2/2 : RUN false"]

    def test_the_progress_of_each_layer_of_a_pull_is_not_told(self) -> None:
        lines, _ = told(
            {"status": "Pulling from library/fedora", "id": "25"},
            {"status": "Downloading", "progressDetail": {"current": 1}, "id": "ab"},
            {"status": "Status: Downloaded newer image for fedora:25"},
        )
        assert lines == ["Status: Downloaded newer image for fedora:25"]


class TestErrors:
    @pytest.mark.parametrize(
        "message",
        [
            "toomanyrequests: You have reached your pull rate limit",
            "unexpected status: 503 Service Unavailable",
            "received unexpected HTTP status: 500 Internal Server Error",
            "read tcp 10.0.0.1:1->10.0.0.2:443: read: connection reset by peer",
            "net/http: TLS handshake timeout",
        ],
    )
    def test_what_may_pass_is_told_from_what_does_not(self, message: str) -> None:
        _, error = failed({"errorDetail": {"message": message}})
        assert isinstance(error, Passing)
        assert isinstance(refusal("pulling a", message), Passing)
        assert refusal("pulling a", message).problem == f"while pulling a: {message}"

    @pytest.mark.parametrize(
        "message",
        [
            'process "curl x # i/o timeout" did not complete successfully: exit code: 22',
            "executor failed running [/bin/sh -c echo unexpected EOF; false]: exit code: 1",
            "The command '/bin/sh -c echo 429 Too Many; false' returned a non-zero code: 1",
            "failed to compute cache key: /app.war: not found",
            "pull access denied, repository does not exist",
        ],
    )
    def test_a_failed_command_never_passes_whatever_it_says(self, message: str) -> None:
        _, error = failed({"errorDetail": {"message": message}})
        assert isinstance(error, BuildFailed)

    def test_a_plain_refusal_does_not_pass(self) -> None:
        assert not isinstance(refusal("pulling a", "manifest unknown"), Passing)

    @pytest.mark.parametrize(
        ("record", "expected"),
        [
            ({}, None),
            ({"errorDetail": {"message": "a"}, "error": "b"}, "a"),
            ({"errorDetail": {}, "error": "b"}, "b"),
            ({"error": "b"}, "b"),
            ({"errorDetail": "odd"}, None),
            ({"error": ["odd"]}, "['odd']"),
            ({"errorDetail": None, "error": ""}, None),
        ],
    )
    def test_the_error_of_a_record(self, record: dict[str, Any], expected: str | None) -> None:
        assert error_of(record) == expected


@given(st.lists(RECORDS, max_size=5))
def test_no_stream_of_an_engine_raises_anything_else(said: list[dict[str, Any]]) -> None:
    output = BuildOutput(lambda line: None)
    for each in said:
        try:
            output.take(each)
        except (BuildFailed, EngineRefused):
            continue
