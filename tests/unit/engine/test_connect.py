from __future__ import annotations

import base64
import gc
import hashlib
import json
import re
from typing import TYPE_CHECKING

import pytest

from forebear.engine.connect import Address, connect, credentials, find
from forebear.errors import EngineRefused, EngineUnreachable
from forebear.registry.auth import Login

from .scripted import engine_on_a_socket

if TYPE_CHECKING:
    from pathlib import Path

SOCKET = "unix:///var/run/docker.sock"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Docker configuration folder of its own, and an environment that names no engine."""
    for name in ("DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    return tmp_path


def configure(home: Path, **settings: object) -> None:
    (home / "config.json").write_text(json.dumps(settings))


def add_context(home: Path, name: str, text: str) -> None:
    folder = home / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
    folder.mkdir(parents=True)
    (folder / "meta.json").write_text(text)


def meta(name: str, host: str) -> str:
    return json.dumps({"Name": name, "Metadata": {}, "Endpoints": {"docker": {"Host": host, "SkipTLSVerify": False}}})


def refused(host: str) -> str:
    with pytest.raises(EngineUnreachable) as caught:
        connect(Address(host))
    return str(caught.value)


def refused_socket(host: str) -> str:
    """As `refused`: the SDK leaves a Unix socket that it could not connect to the garbage collector."""
    said = refused(host)
    gc.collect()
    return said


class TestSocket:
    def test_one_connection_serves_all_calls(self, tmp_path: Path) -> None:
        with engine_on_a_socket(f"{tmp_path}/s") as connections:
            client = connect(Address(f"unix://{tmp_path}/s"), "1.47")
            for name in "abc":
                client.inspect_image(name)
            client.close()
        assert len(connections) == 1

    def test_no_proxy_is_looked_for(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
        with engine_on_a_socket(f"{tmp_path}/s"):
            client = connect(Address(f"unix://{tmp_path}/s"))
            assert client.api_version == "1.47"
            assert not client.trust_env
            client.close()


class TestFind:
    def test_the_engine_that_was_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
        assert find("unix:///other.sock") == Address("unix:///other.sock")

    def test_else_the_one_of_docker_host(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        add_context(home, "far", meta("far", "tcp://192.0.2.1:2375"))
        configure(home, currentContext="far")
        monkeypatch.setenv("DOCKER_HOST", "unix:///mine.sock")
        assert find() == Address("unix:///mine.sock")

    def test_else_the_one_of_the_active_context(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        add_context(home, "far", meta("far", "tcp://192.0.2.1:2375"))
        add_context(home, "near", meta("near", "unix:///near.sock"))
        configure(home, currentContext="far")
        assert find().host == "tcp://192.0.2.1:2375"
        monkeypatch.setenv("DOCKER_CONTEXT", "near")
        assert find().host == "unix:///near.sock"

    def test_else_the_default_socket(self, home: Path) -> None:
        assert find().host == SOCKET
        configure(home)
        assert find().host == SOCKET
        configure(home, currentContext=None)
        assert find().host == SOCKET

    def test_a_context_that_is_not_there_is_not_replaced_by_another_engine(
        self, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        configure(home, currentContext="gone")
        with pytest.raises(EngineUnreachable, match=r'^there is no Docker context "gone"; choose another with docker'):
            find()
        monkeypatch.setenv("DOCKER_CONTEXT", "missing")
        with pytest.raises(EngineUnreachable, match=r'^there is no Docker context "missing"'):
            find()

    @pytest.mark.parametrize("text", ["{", "{}", '{"Name": "odd", "Metadata": {}, "Endpoints": {"docker": 7}}'])
    def test_a_context_that_cannot_be_read_is_refused(self, home: Path, text: str) -> None:
        add_context(home, "odd", text)
        configure(home, currentContext="odd")
        with pytest.raises(EngineUnreachable, match='the Docker context "odd" cannot be used'):
            find()

    def test_tls_without_certificates_is_refused(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:2376")
        monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
        monkeypatch.setenv("DOCKER_CERT_PATH", str(home / "none"))
        with pytest.raises(EngineUnreachable, match=r"correct DOCKER_TLS_VERIFY and DOCKER_CERT_PATH$"):
            find()


class TestConnect:
    @pytest.mark.parametrize(
        ("host", "message"),
        [
            (
                "unix:///nowhere/docker.sock",
                "there is no Docker engine at unix:///nowhere/docker.sock; "
                "start one, or name another in DOCKER_HOST or by docker context use",
            ),
            (
                "tcp://127.0.0.1:1",
                "no Docker engine answers at tcp://127.0.0.1:1; start it, or name another in DOCKER_HOST",
            ),
        ],
    )
    @pytest.mark.filterwarnings("ignore::ResourceWarning")
    def test_where_nothing_is(self, host: str, message: str) -> None:
        assert (refused_socket(host) if host.startswith("unix:") else refused(host)) == message

    @pytest.mark.parametrize("host", ["nonsense", "tcp://127.0.0.1", "ftp://127.0.0.1:1", "unix://"])
    @pytest.mark.filterwarnings("ignore::ResourceWarning")
    def test_what_is_no_address(self, host: str) -> None:
        said = refused_socket(host) if host.startswith("unix:") else refused(host)
        assert re.search(f"Docker engine .*at {host}", said)


HELPER = """#!/bin/sh
read registry
case $registry in
a.example) echo '{"Username": "ann", "Secret": "word"}' ;;
b.example) echo '{"Username": "<token>", "Secret": "t0k3n"}' ;;
*) echo 'credentials not found in native keychain'; exit 1 ;;
esac
"""


class TestCredentials:
    def test_those_of_the_configuration(self, home: Path) -> None:
        auth = base64.b64encode(b"user:pass:word").decode()
        configure(home, auths={"localhost:5000": {"auth": auth}, "https://index.docker.io/v1/": {"auth": auth}})
        assert credentials("localhost:5000") == Login("user", "pass:word")
        assert credentials("docker.io") == Login("user", "pass:word")
        assert credentials("registry.example.org") is None

    def test_none(self) -> None:
        assert credentials("localhost:5000") is None

    @pytest.mark.parametrize("auth", ["!!!", "AAAA", "é"])
    def test_what_cannot_be_read_is_refused(self, home: Path, auth: str) -> None:
        configure(home, auths={"localhost:5000": {"auth": auth}})
        with pytest.raises(EngineRefused, match=r"the credentials for localhost:5000 cannot be read .*docker login"):
            credentials("localhost:5000")

    @pytest.mark.filterwarnings("ignore:docker-credential-none-such")
    def test_a_helper_that_is_not_there_is_told(self, home: Path) -> None:
        configure(home, credsStore="none-such")
        with pytest.raises(EngineRefused, match="docker-credential-none-such not installed"):
            credentials("localhost:5000")

    def test_a_helper_gives_a_password_or_an_identity_token(
        self, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        helper = tmp_path / "docker-credential-forebear-test"
        helper.write_text(HELPER)
        helper.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        configure(home, credHelpers=dict.fromkeys(["a.example", "b.example", "c.example"], "forebear-test"))
        assert credentials("a.example") == Login("ann", "word")
        assert credentials("b.example") == Login("", "", "t0k3n")
        assert credentials("c.example") is None

    def test_an_identity_token_of_the_file(self, home: Path) -> None:
        configure(home, auths={"a.example": {"identitytoken": "t0k3n"}})
        found = credentials("a.example")
        assert found == Login("", identity_token="t0k3n")
        assert "t0k3n" not in repr(found)
