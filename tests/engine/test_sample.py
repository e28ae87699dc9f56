"""The own family, Tomcat on Fedora, on real engines: built, served, and left alone when nothing changed."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from families import FOREBEAR
from own import copied, environment
from serving import page, served
from standins import load_fedora

from forebear import api
from forebear.build.events import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import docker
    from engines import Engine

FAMILY = "+webapp"


@pytest.fixture(scope="module")
def family(engine: Engine, prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the family, its upstream stood in for, locked to what the engine has, and built.

    The builder has made the WAR before: the same inputs get it back from the cache, without Maven.
    """
    folder = copied(tmp_path_factory.mktemp("firethorn") / "firethorn")
    load_fedora(engine)
    cache = shutil.copytree(prepared, tmp_path_factory.mktemp("cache") / "cache")
    env = environment(engine, XDG_CACHE_HOME=str(cache))
    subprocess.run([FOREBEAR, "-C", folder, "lock", "--local", "--upgrade", "fedora"], check=True, env=env)
    subprocess.run([FOREBEAR, "-C", folder, "build", FAMILY], check=True, env=env)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache))
        yield folder


def test_chain_is_built_once(family: Path, engine: Engine) -> None:
    project, connected = api.open_project(family), api.connect(engine.host)
    ended = api.build(project, connected, [FAMILY])
    assert [(each.target.image, each.outcome) for each in ended] == [
        ("fedora", Outcome.REUSED),
        ("tomcat", Outcome.REUSED),
        ("webapp", Outcome.REUSED),
    ]


def test_each_image_begins_with_its_parents_layers(family: Path, client: docker.APIClient) -> None:
    chain = ["fedora:25", "firethorn/fedora:2.1.7", "firethorn/tomcat:2.1.7", "firethorn/webapp:2.1.7"]
    layers = [client.inspect_image(name)["RootFS"]["Layers"] for name in chain]
    for parent, child in itertools.pairwise(layers):
        assert child[: len(parent)] == parent
        assert len(child) > len(parent)


def test_page_comes_from_the_real_tomcat(family: Path, client: docker.APIClient) -> None:
    with served(client, "firethorn/webapp:2.1.7") as (container, url):
        found = page(f"{url}/firethorn/")
        server = client.exec_start(client.exec_create(container, ["rpm", "-q", "tomcat"])["Id"]).decode()
    assert "Firethorn TAP service" in found
    assert "2.1.7" in found
    assert server.strip() == "tomcat-8.0.36-2.fc25.noarch"


def test_a_change_of_the_page_rebuilds_the_webapp_alone(family: Path, engine: Engine) -> None:
    page = family / "webapp/src/main/webapp/index.jsp"
    page.write_text(page.read_text() + "<%-- changed --%>\n")
    plan = api.plan(api.open_project(family), api.connect(engine.host), [FAMILY])
    assert [(step.target.image, step.action) for step in plan.steps] == [
        ("fedora", "reuse"),
        ("tomcat", "reuse"),
        ("webapp", "build"),
    ]
    (reason,) = plan.steps[2].reasons
    assert reason.endswith("has to run first: webapp/src/main/webapp/index.jsp changed")
