from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from forebear.build.passed import Passed
from forebear.build.plan import Action
from forebear.build.session import Session
from forebear.engine.facts import platform
from forebear.errors import EngineUnreachable, InputError
from forebear.release.gating import Gating
from forebear.testing import FakeEngine

from ..projects import Site, site

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from forebear.engine.model import Capabilities, EngineInfo, Facts, Listed


class Watched(FakeEngine):
    """Remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def info(self) -> EngineInfo:
        self.asked.append("info")
        return super().info()

    def capabilities(self) -> Capabilities:
        self.asked.append("capabilities")
        return super().capabilities()

    def tagged(self, folder: str, *, parts: int = 1) -> Mapping[str, Listed]:
        self.asked.append(f"tagged {folder}")
        return super().tagged(folder, parts=parts)

    def inspect(self, reference: str) -> Facts | None:
        self.asked.append("inspect")
        return super().inspect(reference)


@pytest.fixture
def chain(tmp_path: Path) -> Site:
    made = Site(tmp_path, Watched())
    made.engine.add("fedora:25", "os")
    made.declare()
    made.lock()
    return made


def asked(chain: Site) -> list[str]:
    assert isinstance(chain.engine, Watched)
    found = list(chain.engine.asked)
    chain.engine.asked.clear()
    return found


def test_a_plan_asks_for_what_is_there_and_tries_nothing(chain: Site) -> None:
    chain.plan()
    assert sorted(asked(chain)) == ["info", "inspect", "tagged docker.io/firethorn"]


def test_a_run_with_nothing_to_build_asks_no_more_than_a_plan(chain: Site) -> None:
    chain.build()
    chain.plan()
    asked(chain)
    assert set(chain.build().values()) == {"reused"}
    assert sorted(asked(chain)) == ["info", "tagged docker.io/firethorn"]


def test_only_a_run_that_builds_tries_what_the_engine_can_do(chain: Site) -> None:
    chain.build()
    assert "capabilities" in asked(chain)
    chain.build()
    assert "capabilities" not in asked(chain)


def test_without_an_engine_the_plan_holds_what_the_files_tell(chain: Site) -> None:
    session = Session(chain.project, None, ("fedora", "tomcat", "webapp"))
    assert [step.action for step in session.plan.steps] == [Action.UNKNOWN] * 3
    assert session.plan.steps[0].target.platform == platform("linux", os.uname().machine)
    assert asked(chain) == []


def test_without_an_engine_nothing_can_be_built(chain: Site) -> None:
    session = Session(chain.project, None, ("fedora",))
    with pytest.raises(TypeError, match="a session without an engine builds nothing"):
        session.run(
            Gating(chain.project, chain.engine, Passed(chain.project.workspace)),
            lambda _event: None,
            1,
            fail_fast=False,
        )


def test_the_files_faults_are_told_before_those_of_the_engine(chain: Site) -> None:
    class Gone(FakeEngine):
        def tagged(self, folder: str, *, parts: int = 1) -> Mapping[str, Listed]:
            raise EngineUnreachable(f"gone {parts}")

    chain.write("templates/tomcat.Dockerfile.j2", "FROM {{ wrong }}")
    with pytest.raises(InputError, match="templates/tomcat"):
        Session(chain.project, Gone(), ("fedora", "tomcat"))
    chain.write("templates/tomcat.Dockerfile.j2", "FROM {{ parent }}")
    with pytest.raises(EngineUnreachable):
        Session(chain.project, Gone(), ("fedora", "tomcat"))


def test_ancestors_are_judged_and_not_built(chain: Site) -> None:
    session = Session(chain.project, chain.engine, ("webapp",))
    assert [recipe.target.image for recipe in session.prepared.recipes] == ["fedora", "tomcat", "webapp"]
    assert [step.target.image for step in session.plan.steps] == ["webapp"]
    assert chain.build("webapp") == {"webapp": "blocked"}
    assert chain.engine.built == []
    assert chain.build("+webapp") == {"fedora": "built", "tomcat": "built", "webapp": "built"}


def test_each_platform_has_a_log_of_its_own(tmp_path: Path) -> None:
    made = site(tmp_path, "  base: {from: scratch, platforms: [linux/amd64, linux/arm64]}\n")
    logs = [each.log for each in made.built()]
    assert logs == [".forebear/logs/base.log", ".forebear/logs/base-linux-arm64.log"]
    assert all((tmp_path / log).exists() for log in logs)
    assert {tag.rpartition(":")[2] for tag in made.engine.tags} == {"25", "2.1.7", "2.1.7-linux-arm64"}


def test_the_state_is_out_of_the_sight_of_git(chain: Site) -> None:
    chain.build()
    assert (chain.root / ".forebear/.gitignore").read_text() == "*\n"
