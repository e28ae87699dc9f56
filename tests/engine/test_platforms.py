"""Images for several platforms: each on its own parent, and each under a tag of its own on one engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from conftest import each_store
from engines import remove_images
from families import Family, labels, layers
from published import Repository

from forebear.reference import Reference
from forebear.registry.client import Registry as Client

if TYPE_CHECKING:
    from pathlib import Path

    import docker
    from engines import Registry

AMD, ARM = "linux/amd64", "linux/arm64"


def both(family: Family, name: str) -> dict[str, str]:
    """The tag of an image on each platform: other ones than the engine's own have theirs behind the version."""
    return {AMD: family.tag(name), ARM: f"{family.tag(name)}-linux-arm64"}


@each_store
def test_an_image_is_built_for_each_of_its_platforms(family: Family, client: docker.APIClient) -> None:
    """Nothing runs in it, so that the engine needs no emulation."""
    family.declare(platforms=[AMD, ARM])
    files = {"file-amd64": "amd64", "file-arm64": "arm64"}
    family.add("a", "scratch", "ARG TARGETARCH", "COPY file-$TARGETARCH /a", files=files)
    family.add("b", "a", "COPY file /b", files={"file": "b"})
    ran = family.forebear("build")
    assert ran.lines[-1] == "4 built"
    for platform in (AMD, ARM):
        a, b = both(family, "a")[platform], both(family, "b")[platform]
        assert layers(client, b)[:-1] == layers(client, a)
        for image in (a, b):
            found = client.inspect_image(image)
            assert f"{found['Os']}/{found['Architecture']}" == platform
    assert layers(client, both(family, "a")[AMD]) != layers(client, both(family, "a")[ARM])
    assert family.plan() == {}
    family.put("images/a/file-arm64", "other")
    made = family.forebear("build")
    assert made.lines[-1] == "4 built" or made.lines[-1] == "3 built, 1 spared"


@each_store
def test_each_platform_is_built_on_its_own_part_of_an_index(
    family: Family, client: docker.APIClient, registry: Registry
) -> None:
    upstream = Repository(registry, f"{family.project}/up")
    upstream.publish("1", "first", AMD, ARM)
    family.declare(platforms=[ARM, AMD])
    family.add("a", f"{upstream.reference}:1", "COPY file /a", files={"file": "a"})
    family.lock()
    upstream.publish("1", "second", AMD, ARM)
    assert family.forebear("build").lines[-1] == "2 built"
    tops = {platform: layers(client, tag)[:-1] for platform, tag in both(family, "a").items()}
    assert len(tops[AMD]) == len(tops[ARM]) == 1
    assert tops[AMD] != tops[ARM]
    for tag in both(family, "a").values():
        assert labels(client, tag)["org.opencontainers.image.base.name"] == f"{upstream.reference}:1"
    assert family.plan() == {}


@pytest.mark.parametrize("locked", ["on the engine", "in a registry"])
@each_store
def test_an_upstream_that_is_not_there_for_a_platform_is_told(
    family: Family, busybox_base: str, registry: Registry, locked: str
) -> None:
    base = busybox_base
    if locked == "in a registry":
        upstream = Repository(registry, f"{family.project}/up")
        upstream.publish("1", "first", AMD)
        base = f"{upstream.reference}:1"
    family.add("a", base, "ENV A=1", platforms=[ARM])
    family.lock()
    ran = family.forebear("build", code=3)
    assert "upstream" in ran.lines[0]
    assert "linux/amd64, not for linux/arm64" in ran.lines[0]


@each_store
def test_platforms_are_published_under_one_index_and_proved(
    family: Family, client: docker.APIClient, registry: Registry, tmp_path: Path
) -> None:
    """Published, verified, found again, promoted, and pulled, each platform for itself."""
    family.declare(platforms=[AMD, ARM], registry=registry.address, tags=["minor"])
    files = {"file-amd64": "amd64", "file-arm64": "arm64"}
    family.add("a", "scratch", "ARG TARGETARCH", "COPY file-$TARGETARCH /a", files=files)
    family.add("b", "a", "COPY file /b", files={"file": "b"})
    family.forebear("build")
    published = family.forebear("publish", "--json").documents[0]["images"]
    with Client() as asked:
        for each in published:
            for tag in ("1.0.0", "1.0"):
                index = asked.manifest(Reference.parse(each["reference"]).with_tag(tag))
                assert index is not None
                assert index.digest == each["digest"]
                assert [platform for platform, _ in index.platforms] == [AMD, ARM]
    proved = family.forebear("verify", "--json").documents[0]
    assert proved["holds"]
    assert sorted((image["image"], image["platform"]) for image in proved["images"]) == [
        (name, platform) for name in "ab" for platform in (AMD, ARM)
    ]
    assert "is published already" in family.forebear("publish").err
    (family.root / "releases/1.0.0.json").unlink()
    assert family.forebear("publish", "--json").documents[0]["images"] == published
    target = f"{registry.address}/far"
    copied = family.forebear("promote", "1.0.0", "--to", target, "--json").documents[0]["images"]
    assert [each["digest"] for each in copied] == [each["digest"] for each in published]
    family.forebear("verify", "1.0.0", "--registry", target)
    remove_images(client, family.project)
    clone = family.clone(tmp_path / "clone")
    clone.put("images/b/file", "changed")
    ran = clone.forebear("build", "--from-registry", "b")
    assert ran.lines[-1] == "2 pulled, 2 built" or ran.lines[-1] == "2 built, 2 pulled"
    for platform in (AMD, ARM):
        a, b = both(clone, "a")[platform], both(clone, "b")[platform]
        assert layers(client, b)[:-1] == layers(client, a)
