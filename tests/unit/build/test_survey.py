from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from forebear.build.digests import Digests
from forebear.build.memory import Memory
from forebear.build.recipe import Present, Target
from forebear.build.recipes import Prepared, prepare
from forebear.build.survey import survey
from forebear.pins.lock import Pin
from forebear.testing import FakeEngine

from ..projects import FEDORA, Site, site

if TYPE_CHECKING:
    from pathlib import Path

    from forebear.engine.model import Facts

AMD64 = "linux/amd64"


class Counting(FakeEngine):
    """Counts what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.inspected: list[str] = []

    def inspect(self, reference: str) -> Facts | None:
        self.inspected.append(reference)
        return super().inspect(reference)


@pytest.fixture
def chain(tmp_path: Path) -> Site:
    made = Site(tmp_path, Counting())
    made.engine.add("fedora:25", "os")
    made.declare()
    made.lock()
    return made


def prepared(chain: Site, *names: str) -> Prepared:
    project = chain.project
    with Digests(project.workspace) as digests:
        return prepare(project, names or project.family.order, digests, AMD64)


def memory(chain: Site) -> Memory:
    return Memory(chain.root / "images.db")


def look(chain: Site, remembered: Memory | None = None) -> dict[Target, Present]:
    tagged = chain.engine.tagged(chain.project.folder)
    return survey(chain.engine, tagged, prepared(chain), remembered or memory(chain))


def test_what_is_under_the_tags_and_the_upstreams_is_found(chain: Site) -> None:
    assert set(chain.build().values()) == {"built"}
    found = look(chain)
    assert set(found) == {Target(name, AMD64) for name in ("fedora", "tomcat", "webapp", "fedora:25")}
    assert found[Target("webapp", AMD64)].id == chain.engine.tags["docker.io/firethorn/webapp:2.1.7"]


def test_what_is_not_there_is_not_found(chain: Site) -> None:
    assert set(look(chain)) == {Target("fedora:25", AMD64)}
    del chain.engine.images[chain.engine.tags[str(FEDORA)]]
    assert look(chain) == {}


def test_images_of_other_projects_and_versions_are_left_alone(chain: Site) -> None:
    for tag in ("firethorn/tomcat:2.1.6", "other/tomcat:2.1.7", "firethorn/sub/tomcat:2.1.7", "tomcat:2.1.7"):
        chain.engine.add(tag, tag)
    assert set(look(chain)) == {Target("fedora:25", AMD64)}


def test_what_was_asked_once_is_not_asked_again(chain: Site) -> None:
    chain.build()
    assert isinstance(chain.engine, Counting)
    remembered = memory(chain)
    first = look(chain, remembered)
    chain.engine.inspected.clear()
    assert look(chain, remembered) == first
    assert chain.engine.inspected == []


def test_a_tag_that_was_moved_names_the_other_image_at_once(chain: Site) -> None:
    chain.build()
    remembered = memory(chain)
    look(chain, remembered)
    other = chain.engine.add("firethorn/tomcat:2.1.7", "evil")
    assert look(chain, remembered)[Target("tomcat", AMD64)].id == other.id


def test_an_upstream_that_is_not_locked_is_not_asked_for(chain: Site) -> None:
    (chain.root / "lineage.lock").unlink()
    assert look(chain) == {}


def test_another_platform_under_the_same_digest_is_not_what_was_meant(chain: Site) -> None:
    chain.declare('  fedora: {from: "docker.io/library/fedora:25", platforms: [linux/amd64, linux/arm64]}\n')
    remembered = memory(chain)
    for _ in range(2):
        found = look(chain, remembered)
        assert set(found) == {Target("fedora:25", AMD64)}


def test_another_platform_under_a_tag_is_not_what_was_meant(chain: Site) -> None:
    chain.build()
    image = chain.engine.tags["docker.io/firethorn/webapp:2.1.7"]
    chain.engine.images[image] = replace(chain.engine.images[image], platform="linux/arm64")
    assert Target("webapp", AMD64) not in look(chain)


def test_a_local_upstream_is_asked_for_by_its_id(chain: Site) -> None:
    image = chain.engine.tags[str(FEDORA)]
    chain.lock(Pin(FEDORA, image, local=True))
    assert isinstance(chain.engine, Counting)
    assert look(chain)[Target("fedora:25", AMD64)].id == image
    assert chain.engine.inspected == [image]


def test_an_upstream_is_asked_for_by_the_digest_of_its_platform(chain: Site) -> None:
    image = chain.engine.tags[str(FEDORA)]
    chain.lock(Pin(FEDORA, "sha256:" + "1" * 64, platforms=((AMD64, image),)))
    assert isinstance(chain.engine, Counting)
    look(chain)
    assert chain.engine.inspected == [f"docker.io/library/fedora@{image}"]


def test_a_registry_is_part_of_the_name(tmp_path: Path) -> None:
    chain = site(tmp_path, head="lineage: 1\nproject: firethorn\nversion: 2.1.7\nregistry: registry.example.org/team\n")
    chain.build()
    assert "registry.example.org/team/firethorn/webapp:2.1.7" in chain.engine.tags
    assert len(look(chain)) == 4
