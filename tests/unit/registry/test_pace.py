from __future__ import annotations

import socket
import ssl
import subprocess
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from forebear.errors import EngineUnreachable
from forebear.registry import pace

from .server import Answer, index, serving

if TYPE_CHECKING:
    from pathlib import Path

    from forebear.registry.client import Registry

LATE = "it does not answer in time; try again later, or ask who runs it"


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has long here."""
    monkeypatch.setattr(pace, "SECONDS", 0.1)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("at_once", [0, 9, 30, 50], ids=["nothing", "a status", "a header", "a body"])
def test_an_answer_that_drips_is_not_waited_for(registry: Registry, at_once: int, waits: list[float]) -> None:
    with serving(Answer(drip=at_once)) as server, pytest.raises(EngineUnreachable, match=LATE):
        registry.manifest(server.tag)
    assert waits == []


def test_what_comes_quickly_may_take_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(pace, "time", SimpleNamespace(monotonic=lambda: now[0]))
    ours, theirs = socket.socketpair()
    with ours, theirs, pace._Paced(ours) as paced:
        theirs.sendall(b"x" * pace.SLOWEST)
        came = 0
        while came < pace.SLOWEST:
            came += paced.readinto(bytearray(pace.SLOWEST)) or 0
        now[0] = pace.SECONDS + 0.5
        theirs.sendall(b"y")
        assert paced.readinto(bytearray(1)) == 1
        now[0] = pace.SECONDS + 1.5
        with pytest.raises(TimeoutError):
            paced.readinto(bytearray(1))


def test_a_certificate_that_nobody_knows_is_told(registry: Registry, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    made += ["-subj", "/CN=x", "-addext", "subjectAltName=IP:0.0.0.0", "-keyout", str(key), "-out", str(key)]
    subprocess.run(made, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(key)
    with (
        serving(index(), host="0.0.0.0", tls=context) as server,
        pytest.raises(
            EngineUnreachable, match=r"its certificate is not trusted: self-signed certificate; .*REQUESTS_CA_BUNDLE"
        ),
    ):
        registry.digest(server.tag)


def test_a_registry_that_speaks_no_tls_is_told(registry: Registry) -> None:
    with serving(index(), host="0.0.0.0") as server, pytest.raises(EngineUnreachable, match="it does not speak TLS"):
        registry.digest(server.tag)
