"""A project, the fake engine that it is built on, and the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from forebear import api

from ..projects import Site, site
from .repositories import begin
from .shell import Shell

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eighty columns, and nothing of the environment that changes what is printed."""
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("NO_COLOR", "FORCE_COLOR", "DOCKER_HOST", "DOCKER_CONTEXT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """fedora, tomcat and webapp, on a fake engine that has fedora:25."""
    made = site(tmp_path)
    monkeypatch.setattr("forebear.api.connect", lambda _address=None: made.engine)
    return made


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """The command line, in the project's folder."""
    return Shell(capsys, tmp_path)


@pytest.fixture
def repository(chain: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project as a git repository, its first release tagged."""
    api.render(chain.project)
    begin(tmp_path, monkeypatch)
    return tmp_path
