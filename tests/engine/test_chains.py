"""Chains with a real JRE and Tomcat: the same images on one engine again and on another, and at two registries."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests
from engines import Registry
from families import FOREBEAR, Family, identity
from own import copied
from private import Private
from serving import page, served
from standins import load_debian, load_fedora, versions

from forebear import api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import docker
    from engines import Engine

CHAIN = "+webapp"
IMPORT = '{% import "forebear/apt.j2" as apt %}'
TOMCAT = ("default-jre-headless", "ca-certificates-java", "tomcat10")
MANIFESTS = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Engine, Engine]]:
    """Two engines that share no folder, and that nobody else uses: their cache may be pruned."""
    with ExitStack() as stack:
        folders = [Path(tempfile.mkdtemp(prefix="forebear-")) for _ in "ab"]
        pair = [stack.enter_context(Private("current-containerd", folder, "8g").running()) for folder in folders]
        yield pair[0], pair[1]
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def registries(tmp_path: Path) -> Iterator[tuple[Registry, Registry]]:
    """Two registries, empty."""
    with ExitStack() as stack:
        pair = []
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            registry = Registry(tmp_path / name)
            stack.callback(registry.stop)
            registry.start()
            pair.append(registry)
        yield pair[0], pair[1]


def debian(first: Engine, folder: Path) -> list[str]:
    """A project in a folder, of a Debian root file system, a base, Tomcat and a web application; its images."""
    upstream = load_debian(first)
    family = Family(folder, first.host, "chain")
    own = {"base": versions(first, "p11-kit"), "tomcat": versions(first, *TOMCAT)}
    family.add("base", upstream, IMPORT, "ENV LANG=C.UTF-8", "{{ apt.install(vars.base) }}", vars=own)
    places = "ENV CATALINA_HOME=/usr/share/tomcat10 CATALINA_BASE=/var/lib/tomcat10 CATALINA_TMPDIR=/tmp"
    start = ("USER tomcat", places, 'CMD ["/usr/libexec/tomcat10/tomcat-start.sh"]')
    family.add("tomcat", "base", IMPORT, "{{ apt.install(vars.tomcat) }}", *start, vars=own)
    copy = "COPY --chown=root:tomcat app /var/lib/tomcat10/webapps/app"
    family.add(
        "webapp", "tomcat", copy, files={"app/index.jsp": '<%= 6 * 7 %> from <%= System.getProperty("java.version") %>'}
    )
    return [family.tag(name) for name in family.images]


def fedora(first: Engine, folder: Path) -> list[str]:
    """The sample, in a folder; its images."""
    load_fedora(first)
    copied(folder)
    return [f"firethorn/{name}:2.1.7" for name in ("fedora", "tomcat", "webapp")]


@pytest.mark.parametrize(("distribution", "load"), [(debian, load_debian), (fedora, load_fedora)])
def test_a_chain_is_the_same_bit_for_bit(
    distribution: Callable[[Engine, Path], list[str]],
    load: Callable[[Engine], str],
    pair: tuple[Engine, Engine],
    registries: tuple[Registry, Registry],
    prepared: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(prepared))  # where the sample's WAR is, as the builder made it
    first, second = pair
    images = distribution(first, tmp_path / "project")
    forebear(first, tmp_path / "project", "lock", "--local", "--upgrade", distribution.__name__)
    with first.client() as here, second.client() as there:
        forebear(first, tmp_path / "project", "build", CHAIN)
        shutil.copytree(tmp_path / "project", tmp_path / "clone", ignore=shutil.ignore_patterns(".forebear"))
        here.prune_builds(all=True)
        with ThreadPoolExecutor(1) as pool:
            elsewhere = pool.submit(built, second, tmp_path / "clone", load)
            again = api.reproduce(api.open_project(tmp_path / "project"), api.connect(first.host), [CHAIN])
            elsewhere.result()
        assert [each.graded.grade for each in again] == ["digest", "digest", "digest"]
        assert [identity(here, image) for image in images] == [identity(there, image) for image in images]
        published = [
            pushed(client, registry, images) for client, registry in zip((here, there), registries, strict=True)
        ]
        assert published[0] == published[1] == [identity(here, image) for image in images]
        if distribution is debian:
            with served(there, images[-1]) as (_, url):
                assert page(f"{url}/app/").startswith("42 from 17.")


def forebear(engine: Engine, folder: Path, *words: str) -> None:
    """The command line at work in a folder, which has to succeed."""
    environment = {**os.environ, "DOCKER_HOST": engine.host}
    subprocess.run([FOREBEAR, "-C", folder, *words], check=True, env=environment)


def built(engine: Engine, folder: Path, load: Callable[[Engine], str]) -> None:
    """Build what is in a folder on an engine that has nothing yet."""
    load(engine)
    forebear(engine, folder, "build", CHAIN)


def pushed(client: docker.APIClient, registry: Registry, images: list[str]) -> list[str]:
    """The digests that a registry shows for images which an engine pushed there."""
    return [_pushed(client, registry, *image.split(":")) for image in images]


def _pushed(client: docker.APIClient, registry: Registry, name: str, tag: str) -> str:
    client.tag(f"{name}:{tag}", f"{registry.address}/{name}", tag)
    said = client.push(f"{registry.address}/{name}", tag)
    assert "errorDetail" not in said, said
    url = f"http://{registry.address}/v2/{name}/manifests/{tag}"
    answer = requests.head(url, headers={"Accept": MANIFESTS}, timeout=10)
    answer.raise_for_status()
    return answer.headers["Docker-Content-Digest"]
