from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from forebear.build.logs import Logs
from forebear.build.recipe import Target
from forebear.build.spare import spare
from forebear.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("named", [None, "", "beside"])
def test_without_an_absolute_path_it_is_in_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str | None
) -> None:
    monkeypatch.delenv("FOREBEAR_SPARE", raising=False)
    if named is not None:
        monkeypatch.setenv("FOREBEAR_SPARE", named)
    assert spare(Workspace(tmp_path)) == tmp_path / ".forebear"


def test_logs_go_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOREBEAR_SPARE", str(tmp_path / "far/away"))
    with Logs(Workspace(tmp_path / "project"), "linux/amd64").open(Target("web", "linux/amd64")) as (shown, log):
        log("said")
    assert shown == str(tmp_path / "far/away/logs/web.log")
    assert (tmp_path / "far/away/logs/web.log").read_text() == "said\n"
