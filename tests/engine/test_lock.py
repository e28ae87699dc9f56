"""The lock against a real registry and real engines: what a tag names is found, kept, and moved only on demand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from families import Family, identity
from published import Repository

from forebear import api

if TYPE_CHECKING:
    import docker
    from engines import Registry

AMD, ARM = "linux/amd64", "linux/arm64"


@pytest.fixture
def upstream(registry: Registry, project: str) -> Repository:
    """A repository that nothing else uses."""
    return Repository(registry, f"{project}/up")


def locked(family: Family) -> dict[str, object]:
    """The upstreams of lineage.lock, by reference."""
    upstreams: dict[str, object] = json.loads((family.root / "lineage.lock").read_text())["upstreams"]
    return upstreams


def file_in(client: docker.APIClient, image: str, path: str) -> str:
    """The text of a file in an image that no container can run."""
    container = client.create_container(image, ["none"])["Id"]
    try:
        archive = b"".join(client.get_archive(container, path)[0])
    finally:
        client.remove_container(container)
    return archive[512:].rstrip(b"\0").decode()


def test_an_index_is_locked_with_the_digest_of_each_platform(family: Family, upstream: Repository) -> None:
    index, manifests = upstream.publish("1", "first", AMD, ARM)
    family.add("a", f"{upstream.reference}:1", "ENV A=1")
    ran = family.forebear("lock")
    assert ran.lines == [f"{upstream.reference}:1 locked to {index}"]
    assert locked(family) == {f"{upstream.reference}:1": {"digest": index, "platforms": manifests}}
    assert family.forebear("lock", "--check").err.endswith("1 locked, and their tags have not moved\n")


def test_an_image_of_one_platform_is_locked_by_its_manifest(family: Family, upstream: Repository) -> None:
    manifest, _ = upstream.publish("1", "first", AMD)
    family.add("a", f"{upstream.reference}:1", "ENV A=1")
    family.lock()
    assert locked(family) == {f"{upstream.reference}:1": {"digest": manifest, "platforms": {AMD: manifest}}}


def test_a_tag_that_moved_is_found_and_slips_in_only_by_an_upgrade(
    family: Family, upstream: Repository, client: docker.APIClient
) -> None:
    was, _ = upstream.publish("1", "first", AMD, ARM)
    family.add("a", f"{upstream.reference}:1", "ENV A=1")
    family.lock()
    now, _ = upstream.publish("1", "second", AMD, ARM)
    moved = f"{upstream.reference}:1 moved from {was} to {now}"
    found = family.forebear("lock", "--check", code=1)
    assert found.lines == [moved]
    assert "forebear lock --upgrade where a tag moved" in found.err
    assert family.forebear("lock").err == "lineage.lock is up to date\n"
    assert family.build() == {"a": "built"}
    assert file_in(client, family.tag("a"), "/up") == "first linux/amd64\n"
    assert family.forebear("lock", "--upgrade", "up").lines == [moved]
    assert f"upstream {moved}" in family.plan()["a"]
    assert family.build() == {"a": "built"}
    assert file_in(client, family.tag("a"), "/up") == "second linux/amd64\n"


def test_what_is_locked_is_kept_when_another_upstream_is_new(family: Family, upstream: Repository) -> None:
    was, _ = upstream.publish("1", "first", AMD)
    family.add("a", f"{upstream.reference}:1", "ENV A=1")
    family.lock()
    upstream.publish("1", "second", AMD)
    new, _ = upstream.publish("0", "other", AMD)
    family.add("b", f"{upstream.reference}:0", "ENV B=1")
    assert family.forebear("lock", "--check", code=1).lines[0] == f"{upstream.reference}:0 is not locked"
    assert family.forebear("lock").lines == [f"{upstream.reference}:0 locked to {new}"]
    assert [*locked(family)] == [f"{upstream.reference}:0", f"{upstream.reference}:1"]
    assert was in (family.root / "lineage.lock").read_text()


def test_what_nobody_needs_is_unlocked(family: Family, upstream: Repository, busybox_base: str) -> None:
    upstream.publish("1", "first", AMD)
    family.add("a", f"{upstream.reference}:1", "ENV A=1")
    family.lock()
    family.add("a", "scratch", "ENV A=1")
    assert family.forebear("lock").lines == [f"{upstream.reference}:1 is locked, but no image starts from it"]
    assert locked(family) == {}


def test_an_upstream_that_only_the_engine_has_is_locked_by_its_id(
    family: Family, upstream: Repository, busybox_base: str, client: docker.APIClient
) -> None:
    """Its registry answers, and has no such image."""
    client.tag(busybox_base, upstream.reference, "1")
    family.add("a", f"{upstream.reference}:1", "ENV A=1")
    family.lock()
    assert locked(family) == {f"{upstream.reference}:1": {"local": True, "image": identity(client, busybox_base)}}
    assert family.build() == {"a": "built"}


def test_a_registry_that_cannot_be_asked_makes_no_upstream_local_by_itself(
    family: Family, upstream: Repository, busybox_base: str, client: docker.APIClient, registry: Registry
) -> None:
    client.tag(busybox_base, upstream.reference, "1")
    family.add("a", f"{upstream.reference}:1", "ENV A=1")
    registry.stop()
    try:
        refused = family.forebear("lock", code=4)
        assert f"{upstream.reference}:1 cannot be resolved" in refused.err
        assert "forebear lock --local" in refused.err
        assert not (family.root / "lineage.lock").exists()
        family.forebear("lock", "--local")
    finally:
        registry.start()
    assert locked(family) == {f"{upstream.reference}:1": {"local": True, "image": identity(client, busybox_base)}}


def test_an_upstream_that_is_nowhere_is_told(family: Family, upstream: Repository) -> None:
    family.add("a", f"{upstream.reference}:1", "ENV A=1")
    refused = family.forebear("lock", code=4)
    assert f"neither its registry nor the engine has {upstream.reference}:1" in refused.err
    assert "see its spelling in lineage.yml" in refused.err


def test_what_is_not_locked_is_not_built(family: Family, busybox_base: str) -> None:
    family.add("a", busybox_base, "ENV A=1")
    family.add("b", "a", "ENV B=1")
    family.add("c", "scratch", "ENV C=1")
    ran = family.forebear("build", code=3)
    assert "blocked  a 1.0.0: upstream base:1 is not locked; run: forebear lock" in ran.lines
    assert any(line.startswith("blocked  b 1.0.0: parent a is blocked") for line in ran.lines)
    assert "built    c 1.0.0" in ran.lines


def test_a_local_upstream_that_is_gone_is_told(family: Family, client: docker.APIClient, project: str) -> None:
    client.import_image_from_data(b"", repository=f"{project}/up", tag="1", changes=["ENV UP=1"])
    was = identity(client, f"{project}/up:1")
    family.add("a", f"docker.io/{project}/up:1", "ENV A=1")
    family.lock()
    client.remove_image(f"{project}/up:1")
    ran = family.forebear("build", code=3)
    assert f"upstream {project}/up:1 is locked to {was}, which this engine does not have" in ran.out
    assert "load it, or lock what there is now: forebear lock" in ran.out


def test_an_unchanged_lock_is_not_written_again(family: Family, busybox_base: str) -> None:
    family.add("a", busybox_base, "ENV A=1")
    family.lock()
    before = (family.root / "lineage.lock").stat()
    api.write_lock(api.open_project(family.root), family.engine, upgrade=(), local=True)
    after = (family.root / "lineage.lock").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
