from __future__ import annotations

import http.client

import docker.errors
import pytest
import requests
import urllib3.exceptions

from forebear.engine.boundary import may_pass, translated
from forebear.errors import BuildFailed, EngineRefused, EngineUnreachable, Error
from forebear.retry import Broken, Passing


def answer(status: int, message: str = "", **headers: str) -> docker.errors.APIError:
    """What the SDK raises for an answer."""
    response = requests.Response()
    response.status_code = status
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return docker.errors.APIError(f"{status} Error", response=response, explanation=message)


def into(error: Exception) -> Error:
    with pytest.raises(Error) as caught, translated("pulling a", "unix:///x.sock"):
        raise error
    return caught.value


class TestTranslated:
    @pytest.mark.parametrize("status", [429, 502, 503, 504])
    def test_a_status_that_may_pass(self, status: int) -> None:
        error = into(answer(status, "busy"))
        assert isinstance(error, Passing)
        assert (error.status, error.wait) == (status, None)
        assert str(error) == "while pulling a: busy"

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 500, 501])
    def test_a_status_that_does_not_pass(self, status: int) -> None:
        error = into(answer(status, "no"))
        assert isinstance(error, EngineRefused)
        assert not isinstance(error, Passing)
        assert error.status == status
        assert error.exit_code == 4

    def test_a_500_passes_where_it_tells_of_a_fault_of_the_registry_that_may(self) -> None:
        assert isinstance(into(answer(500, "toomanyrequests: slow down")), Passing)
        assert isinstance(into(answer(500, "Get https://x/v2/: net/http: TLS handshake timeout")), Passing)

    @pytest.mark.parametrize(
        ("header", "wait"),
        [("7", 7.0), ("0", 0.0), ("", None), ("-1", None), ("1.5", None), ("²", None), ("Fri, 31 Dec 1999", None)],
    )
    def test_the_wait_that_a_server_asks_for(self, header: str, wait: float | None) -> None:
        error = into(answer(429, "busy", Retry_After=header))
        assert isinstance(error, Passing)
        assert error.wait == wait

    @pytest.mark.parametrize(
        ("error", "cause"),
        [
            (requests.ConnectionError("Connection aborted"), "Connection aborted"),
            (requests.exceptions.ChunkedEncodingError("ended prematurely"), "ended prematurely"),
            (urllib3.exceptions.ProtocolError("broken"), "broken"),
            (ConnectionResetError(104, "Connection reset by peer"), "Connection reset by peer"),
            (FileNotFoundError(2, "No such file or directory"), "No such file or directory"),
            (TimeoutError(), "TimeoutError"),
        ],
    )
    def test_a_connection_that_breaks_is_an_engine_that_went_away(self, error: Exception, cause: str) -> None:
        found = into(error)
        assert isinstance(found, EngineUnreachable)
        assert found.problem.startswith("while pulling a: the engine at unix:///x.sock went away (")
        assert cause in found.problem
        assert found.action == "start it again and run the same command: what was done is kept"

    @pytest.mark.parametrize(
        ("cause", "may_be_there_again"),
        [
            (ConnectionResetError(104, "Connection reset by peer"), True),
            (http.client.RemoteDisconnected("Remote end closed connection without response"), True),
            (http.client.IncompleteRead(b""), True),
            (BrokenPipeError(32, "Broken pipe"), True),
            (ConnectionRefusedError(111, "Connection refused"), False),
            (FileNotFoundError(2, "No such file or directory"), False),
            (TimeoutError("timed out"), False),
        ],
    )
    def test_a_connection_that_broke_is_told_from_one_that_never_was(
        self, cause: Exception, may_be_there_again: bool
    ) -> None:
        outer = requests.ConnectionError("Connection aborted")
        outer.__context__ = urllib3.exceptions.ProtocolError("Connection aborted", cause)
        outer.__context__.__cause__ = cause
        error = into(outer)
        assert isinstance(error, EngineUnreachable)
        assert isinstance(error, Broken) is may_be_there_again

    def test_the_innermost_cause_is_told(self) -> None:
        outer = requests.ConnectionError("outer")
        outer.__cause__ = urllib3.exceptions.ProtocolError("middle")
        outer.__cause__.__context__ = ConnectionRefusedError(111, "Connection refused")
        assert "(went away" not in str(into(outer))
        assert "went away (Connection refused)" in str(into(outer)).replace("[Errno 111] ", "")

    def test_what_else_the_sdk_raises_is_a_refusal(self) -> None:
        error = into(docker.errors.InvalidVersion("too old"))
        assert isinstance(error, EngineRefused)
        assert str(error) == "while pulling a: too old"

    @pytest.mark.parametrize("error", [BuildFailed("x"), EngineRefused("x"), KeyError("x"), KeyboardInterrupt()])
    def test_what_is_ours_or_a_defect_is_left_alone(self, error: BaseException) -> None:
        with pytest.raises(type(error)) as caught, translated("pulling a", "x"):
            raise error
        assert caught.value is error


@pytest.mark.parametrize(
    ("message", "passes"),
    [
        ("toomanyrequests: rate limit", True),
        ("429 Too Many Requests", True),
        ("unexpected status code 502 Bad Gateway", True),
        ("504 Gateway Time-out", True),
        ("read: connection reset by peer", True),
        ("dial tcp: i/o timeout", True),
        ("unexpected EOF", True),
        ('net/http: HTTP/1.x transport connection broken: malformed MIME header: missing colon: "Docker-Dis"', True),
        ("write tcp 127.0.0.1:4->127.0.0.1:5: use of closed network connection", True),
        ("manifest unknown", False),
        ("exit code: 503", False),
        ("connection refused", False),
        ("", False),
    ],
)
def test_faults_that_may_pass(message: str, passes: bool) -> None:
    assert may_pass(message) is passes
