"""What is outdated, as a real registry has it, and moving on: neither needs an engine."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

import pytest
from families import Family
from passwords import PASSWORD, USER, demanding
from published import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engines import Registry

AMD = "linux/amd64"
NOWHERE = "unix:///no/such/engine.sock"


@pytest.fixture
def upstream(registry: Registry) -> Repository:
    """A repository with a few releases, that nothing else uses."""
    found = Repository(registry, f"test-{secrets.token_hex(4)}/up")
    for tag in ("24", "25", "26", "30", "25-slim", "rawhide"):
        found.publish(tag, tag, AMD)
    return found


@pytest.fixture
def chain(tmp_path: Path, upstream: Repository) -> Family:
    """Two images on it."""
    family = Family(tmp_path / "project", NOWHERE, "toy")
    family.declare(constraints={"up": ">=25 <27"})
    family.add("a", f"{upstream.reference}:25", "ENV A=1")
    family.add("b", "a", "ENV B=1")
    return family


def test_a_newer_tag_is_told_and_moved_to(chain: Family, upstream: Repository) -> None:
    chain.forebear("lock")
    name = upstream.reference
    assert chain.forebear("outdated", code=1).out.splitlines() == [
        f"{name}:25",
        "  newer: 26",
        '  newer, but not ">=25 <27": 30',
        "  rebuilds a, b",
    ]
    before = (chain.root / "lineage.yml").read_text()
    assert chain.forebear("lock", "--upgrade", "--latest", "up").lines[0] == f"{name}:25 -> {name}:26"
    assert (chain.root / "lineage.yml").read_text() == before.replace(f"{name}:25", f"{name}:26")
    assert chain.forebear("outdated").out.splitlines() == [f"{name}:26", '  newer, but not ">=25 <27": 30']
    chain.forebear("render")
    assert f"FROM {name}:26@sha256:" in (chain.root / "images/a/Dockerfile").read_text()


def test_a_tag_that_moved_and_one_that_is_gone(chain: Family, upstream: Repository) -> None:
    chain.declare(constraints={"up": "25"})
    chain.add("c", f"{upstream.reference}:25-slim", "ENV C=1")
    chain.forebear("lock")
    upstream.publish("25", "another", AMD)
    (found,) = chain.forebear("outdated", "--json", f"{upstream.reference}:25", code=1).documents
    (entry,) = found["upstreams"]
    assert (entry["moved"], entry["digest_deleted"], entry["newest"]) == (True, False, None)
    upstream.delete("25-slim")
    said = chain.forebear("outdated", code=1).out
    assert f"{upstream.reference}:25-slim\n  25-slim is not in its registry\n  what is locked, sha256:" in said
    assert said.endswith("is not in its registry\n  rebuilds c\n")


def test_locking_needs_no_engine(tmp_path: Path, registry: Registry) -> None:
    up = Repository(registry, "test-without-engine/up")
    digest, platforms = up.publish("1", "text", AMD, "linux/arm64")
    one, _ = up.publish("2", "text", AMD)
    family = Family(tmp_path / "project", NOWHERE, "toy")
    family.add("a", f"{up.reference}:1", uses={"two": f"{up.reference}:2"})
    family.forebear("lock")
    locked = json.loads((family.root / "lineage.lock").read_text())["upstreams"]
    assert locked[f"{up.reference}:1"] == {"digest": digest, "platforms": platforms}
    assert locked[f"{up.reference}:2"] == {"digest": one, "platforms": {AMD: one}}
    assert family.forebear("lock", "--check").err.endswith("2 locked, and their tags have not moved\n")
    family.add("b", f"{up.reference}:3")
    assert "there is no Docker engine" in family.forebear("lock", code=4).err


@pytest.fixture
def private(tmp_path: Path) -> Iterator[Registry]:
    """A registry that wants a password."""
    with demanding(tmp_path) as registry:
        yield registry


def test_one_registry_does_not_hold_up_the_others(chain: Family, registry: Registry, private: Registry) -> None:
    chain.add("c", "127.0.0.1:1/away/app:1.2", "ENV C=1")
    chain.add("d", f"{private.address}/team/app:1.2", "ENV D=1")
    ran = chain.forebear("outdated", code=4)
    assert "  newer: 26\n" in ran.out
    assert "127.0.0.1:1/away/app:1.2: the registry 127.0.0.1:1 cannot be reached: nothing answers" in ran.err
    assert f"{private.address}/team/app:1.2: {private.address} answers 401 to HEAD http://" in ran.err
    assert f"if it is there and private, run: docker login {private.address}" in ran.err


def test_a_password_of_the_docker_configuration_is_used(chain: Family, private: Registry) -> None:
    chain.log_in(private.address, USER, PASSWORD)
    chain.add("d", f"{private.address}/team/app:1.2", "ENV D=1")
    ran = chain.forebear("outdated", "app", code=1)
    assert ran.out.splitlines()[1] == "  1.2 is not in its registry"


def test_a_mirror_is_asked_first(chain: Family, upstream: Repository) -> None:
    chain.declare(mirrors={"far.invalid": upstream.registry.address})
    chain.add("e", f"far.invalid/{upstream.name}:24", "ENV E=1")
    name = f"far.invalid/{upstream.name}"
    assert chain.forebear("outdated", name, code=1).out.splitlines()[:2] == [f"{name}:24", "  newer: 26"]
    assert f"{name}:24 locked to sha256:" in chain.forebear("lock").out
    assert chain.forebear("lock", "--check").err.endswith("2 locked, and their tags have not moved\n")
