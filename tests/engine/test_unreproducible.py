"""Reproducing what cannot be: an engine that goes away, one that can do less, an image that has lost a layer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from engines import Registry, load_base, remove_images
from families import Family, ended
from meeting import meeting_on
from private import Private, private_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import docker
    from engines import Engine

BASE = "docker.io/library/base:1"
DRAWN = "RUN cat /proc/sys/kernel/random/uuid >/drawn"


@pytest.fixture(scope="module")
def private() -> Iterator[Private]:
    """An engine that can be killed, and whose data can be damaged."""
    with private_engine("current-containerd") as private:
        yield private


@pytest.fixture(scope="module")
def engine_host(private: Private) -> str:
    """Where families are built."""
    return private.engine.host


@pytest.fixture
def project() -> str:
    """The name of the project; its engine goes away with it."""
    return "unreproducible"


def listed(client: docker.APIClient, base: str = "") -> dict[str, list[str]]:
    """Every image of an engine, or those with that label of what they are built on; and the tags of each."""
    labels = {"label": f"org.opencontainers.image.base.name={base}"} if base else {}
    return {image["Id"]: sorted(image["RepoTags"] or []) for image in client.images(all=True, filters=labels)}


def test_an_engine_that_vanishes_is_told_and_the_next_run_cleans_up(family: Family, private: Private) -> None:
    with private.engine.client() as client, meeting_on(client) as meeting:
        family.add("a", BASE, "RUN echo a >/a")
        family.add("b", "a", meeting.run("vanishing"))
        family.lock()
        meeting.release("vanishing")
        family.forebear("build")
        before = listed(client)
        meeting.hold("vanishing")
        process = family.start("reproduce")
        meeting.arrived("vanishing")
        private.kill()
        ran = ended(process, 4)
        assert f"the engine at {private.engine.host} went away" in ran.err
        assert "start it again and run the same command" in ran.err
        private.start()
        meeting.release("vanishing")
        assert "digest   b 1.0.0" in family.forebear("reproduce").out
        assert listed(client) == before


def test_a_second_engine_that_vanishes_leaves_the_first_as_it_is(
    engines: Callable[[str], Engine], private: Private, tmp_path: Path
) -> None:
    first = engines("current-containerd")
    with first.client() as here, private.engine.client() as there, meeting_on(there) as meeting:
        there.load_image(b"".join(here.get_image(load_base(here))))
        family = Family(tmp_path / "project", first.host, "unreproducible-second")
        try:
            family.add("a", BASE, meeting.run("second"))
            family.lock()
            meeting.release("second")
            family.forebear("build")
            mine = {tag for tags in listed(here).values() for tag in tags if "unreproducible-second" in tag}
            meeting.hold("second")
            process = family.start("reproduce", "--engine", private.engine.host)
            meeting.arrived("second")
            private.kill()
            ran = ended(process, 4)
            after = {tag for tags in listed(here).values() for tag in tags if "unreproducible-second" in tag}
        finally:
            family.close()
            remove_images(here, "unreproducible-second")
            private.start()
    assert f"the engine at {private.engine.host} went away" in ran.err
    assert mine == after == {"unreproducible-second/a:1.0.0"}


def test_an_image_that_lost_a_layer_is_told(family: Family, private: Private) -> None:
    with private.engine.client() as client:
        family.add("trap", BASE, DRAWN)
        family.add("calm", BASE, "RUN echo calm >/calm")
        family.lock()
        family.forebear("build")
        before = listed(client)
        lost = _lose_top_layer(client, family.tag("trap"), private)
        ran = family.forebear("reproduce", code=3)
        assert "digest   calm 1.0.0" in ran.out
        assert f"inputs   trap 1.0.0: it cannot be compared: layer {lost} is missing" in ran.out
        assert listed(client) == before
        client.remove_image(family.tag("trap"))  # as the message says
        family.forebear("build")
        assert "random: " in family.forebear("reproduce", code=1).out


def _lose_top_layer(client: docker.APIClient, image: str, private: Private) -> str:
    """Remove what the engine keeps of the last layer of an image; the digest of what that unpacked is."""
    blobs = next(
        Path(private.engine.host.removeprefix("unix://")).parent.glob(
            "data/**/io.containerd.content.v1.content/blobs/sha256"
        )
    )
    manifest = json.loads((blobs / client.inspect_image(image)["Id"].removeprefix("sha256:")).read_text())
    (blobs / manifest["layers"][-1]["digest"].removeprefix("sha256:")).unlink()
    return str(client.inspect_image(image)["RootFS"]["Layers"][-1])


@pytest.mark.parametrize("name", ["current-overlay2", "release-overlay2"])
def test_a_second_engine_that_can_do_less_gives_the_grade_that_it_can(
    engines: Callable[[str], Engine], registry: Registry, tmp_path: Path, name: str
) -> None:
    first, second = engines("current-containerd"), engines(name)
    with first.client() as here, second.client() as there:
        base = f"{registry.address}/base"
        here.tag(load_base(here), base, "1")
        here.push(base, "1")
        family = Family(tmp_path / "project", first.host, "unreproducible-less")
        try:
            family.add("a", f"{base}:1", "RUN echo a >/a")
            family.forebear("lock")
            family.forebear("build")
            there.pull(base, "1")  # which a build would do
            ran = family.forebear("reproduce", "--engine", second.host, code=1)
            why = "with BuildKit: the overlay2 image store cannot rewrite timestamps; the containerd image store can"
            version = there.version()["Version"]
            assert f"inputs   a 1.0.0: its layers differ; Docker {version} {why}" in ran.out
            assert list(listed(here, f"{base}:1").values()) == [[family.tag("a")]]
            assert listed(there, f"{base}:1") == {}
        finally:
            family.close()
            remove_images(here, "unreproducible-less")
            there.remove_image(f"{base}:1", force=True)
