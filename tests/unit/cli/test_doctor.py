from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, NoReturn

import pytest

from forebear.engine.model import Builder, Capabilities, EngineDetails, EngineInfo
from forebear.errors import BuildFailed, EngineUnreachable
from forebear.testing import FakeEngine

from ..projects import HEAD

if TYPE_CHECKING:
    from ..projects import Site
    from .shell import Shell


class Poor(FakeEngine):
    """An engine with much in its way."""

    def info(self) -> EngineInfo:
        return EngineInfo("tcp://far.example:2375", "20.10.24", "1.41", "vfs", "linux/amd64")

    def details(self) -> EngineDetails:
        said = super().details()
        assert said.time is not None
        return replace(
            said, driver="vfs", time=said.time - timedelta(days=1), proxies=(("HttpProxy", "http://p:3128"),)
        )

    def capabilities(self) -> Capabilities:
        return Capabilities(Builder.CLASSIC, rewrites_timestamps=False, why_not="BuildKit refuses: no such builder")


@pytest.fixture(autouse=True)
def _bare(chain: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """No credentials, proxies or sockets of the machine, and text as wide as it gets."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(chain.root / "none"))
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr("forebear.release.unreachable._usual", tuple)


def unreachable() -> NoReturn:
    raise EngineUnreachable("there is no Docker engine at unix:///nope", "start one, or name another in DOCKER_HOST")


def test_all_is_well(chain: Site, shell: Shell) -> None:
    assert shell("doctor").code == 0
    assert shell("doctor", "-q").code == 0
    found = json.loads(shell("doctor", "--json").out)
    assert (found["format"], found["grade"], found["engine"]["builder"]) == ("forebear.doctor/1", "digest", "buildkit")
    shell.check("doctor")


def test_much_is_in_the_way(chain: Site, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Poor(fails={"": BuildFailed("exec format error")})
    monkeypatch.setattr("forebear.api.connect", lambda _address=None: engine)
    chain.declare(head=HEAD + "platforms: [linux/amd64, linux/arm64]\n")
    (chain.root / "lineage.lock").unlink()
    ran = shell("doctor")
    assert ran.code == 1
    assert max(map(len, ran.out.splitlines())) <= 100
    shell.check("doctor-problems")


def test_narrow_terminals_get_narrow_lines(chain: Site, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    assert all(len(line) <= 50 or " " not in line[10:].strip() for line in shell("doctor").out.splitlines())


def test_an_engine_that_cannot_be_reached(chain: Site, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nope")
    monkeypatch.setattr("forebear.release.unreachable.MARKS", ())
    monkeypatch.setattr("forebear.api.connect", lambda _address=None: unreachable())
    assert shell("doctor").code == 4
    ran = shell("doctor", "--json", "-q")
    assert (ran.code, ran.err) == (4, "")
    assert (json.loads(ran.out)["engine"], json.loads(ran.out)["grade"]) == (None, None)
    shell.check("doctor-unreachable")


def test_no_project(shell: Shell, chain: Site) -> None:
    (chain.root / "lineage.yml").unlink()
    ran = shell("doctor")
    assert (ran.code, bool(re.search("^note     there is no lineage.yml here$", ran.out, re.MULTILINE))) == (0, True)
