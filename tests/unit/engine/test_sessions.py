from __future__ import annotations

import os
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from forebear.engine.connect import Address
from forebear.engine.dial import dial, upgraded
from forebear.engine.protobuf import field
from forebear.engine.rpc import Refused
from forebear.engine.sessions import methods
from forebear.errors import EngineRefused
from forebear.registry.auth import Login

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "/moby.buildkit.secrets.v1.Secrets/GetSecret"
LOGIN = "/moby.filesync.v1.Auth/Credentials"


def test_a_secret_is_given_by_its_name_only() -> None:
    served = methods({"token": b"hush"}, lambda _host: None)
    assert served[SECRET](field(1, b"token")) == field(1, b"hush")
    for message in (b"", field(1, b"other"), field(2, b"token")):
        with pytest.raises(Refused):
            served[SECRET](message)


def test_credentials_are_given_by_host() -> None:
    known = {
        "docker.io": Login("hub", "h"),
        "example.org": Login("me", "m"),
        "t.example": Login("", identity_token="t"),
    }
    served = methods({}, known.get)
    assert served[LOGIN](field(1, b"registry-1.docker.io")) == field(1, b"hub") + field(2, b"h")
    assert served[LOGIN](field(1, b"example.org")) == field(1, b"me") + field(2, b"m")
    assert served[LOGIN](field(1, b"t.example")) == field(1, b"") + field(2, b"t")
    assert served[LOGIN](field(1, b"elsewhere")) == field(1, b"") + field(2, b"")


def test_credentials_that_cannot_be_read_are_refused_in_words() -> None:
    def broken(_host: str) -> Login | None:
        raise EngineRefused("the credentials cannot be read", "run: docker login")

    with pytest.raises(Refused, match=r"^the credentials cannot be read$"):
        methods({}, broken)[LOGIN](field(1, b"example.org"))


@contextmanager
def listening(path: Path, answer: bytes) -> Iterator[Address]:
    """An engine that gives one answer."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1 << 16)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield Address(f"unix://{path}")
        thread.join()


def test_no_byte_behind_the_head_is_lost(tmp_path: Path) -> None:
    answer = b"HTTP/1.1 101 UPGRADED\r\nUpgrade: h2c\r\n\r\nPRI"
    with listening(tmp_path / "s", answer) as address, upgraded(address, "/session", ()) as connection:
        assert connection.recv(10) == b"PRI"


@pytest.mark.parametrize("answer", [b"HTTP/1.1 404 Not Found\r\n\r\n", b"HTTP/1.1 101", b"", b"x" * 40_000])
def test_an_engine_that_does_not_agree(tmp_path: Path, answer: bytes) -> None:
    with (
        listening(tmp_path / "s", answer) as address,
        pytest.raises(ConnectionError),
        upgraded(address, "/session", ()),
    ):
        pass


def test_ssh_runs_the_other_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "ssh"
    program.write_text('#!/bin/sh\necho "$@"\ncat\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with dial(Address("ssh://me@example.org:22022")) as connection, connection.makefile("rb") as lines:
        assert lines.readline() == b"-l me -p 22022 -- example.org docker system dial-stdio\n"
        connection.sendall(b"hello\n")
        assert lines.readline() == b"hello\n"
