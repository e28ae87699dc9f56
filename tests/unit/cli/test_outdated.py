from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from forebear.engine.model import Resolved
from forebear.errors import EngineRefused, EngineUnreachable
from forebear.pins.lock import Pin
from forebear.reference import Reference
from forebear.registry.manifests import DOCKER_INDEX, Manifest

from ..projects import FEDORA, HEAD

if TYPE_CHECKING:
    from ..projects import Site
    from .shell import Shell

TOOLS, GONE = Reference.parse("registry.example.org/tools:7"), Reference.parse("quay.io/a/gone:1.2.3")
AWAY = Reference.parse("away.example.org/x:1")
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
LINEAGE = """\
  fedora: {from: "docker.io/library/fedora:25"}  # here it is
  tomcat: {from: fedora, uses: {tools: registry.example.org/tools:7}}
  webapp: {from: tomcat, uses: {gone: quay.io/a/gone:1.2.3}}
"""


def digest(digit: str) -> str:
    return "sha256:" + digit * 64


THERE = {
    str(FEDORA): digest("2"),
    str(FEDORA.untagged().with_digest(digest("1"))): digest("1"),
    str(TOOLS): digest("7"),
    "docker.io/library/fedora:26": digest("6"),
}


class Registries:
    """Registries of which one has nothing, and one lets nobody in."""

    def manifests(self, _index: Reference) -> tuple[tuple[str, str], ...]:
        return (("linux/amd64", digest("a")),)

    def __init__(self, *_arguments: object) -> None: ...

    def __enter__(self) -> Registries:
        return self

    def __exit__(self, *_error: object) -> None: ...

    def digest(self, reference: Reference) -> str | None:
        if reference.registry == AWAY.registry:
            raise EngineRefused("away.example.org answers 401 to us", "run: docker login away.example.org", status=401)
        return THERE.get(str(reference))

    def manifest(self, reference: Reference) -> Manifest | None:
        found = self.digest(reference)
        return Manifest(DOCKER_INDEX, found, b"") if found else None

    def tags(self, repository: Reference) -> tuple[str, ...]:
        return ("24", "25", "26", "43", "rawhide", "26-slim") if repository.name == FEDORA.name else ("7",)


@pytest.fixture
def family(chain: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A family of three upstreams, which are locked."""
    monkeypatch.setattr("forebear.registry.client.Registry", Registries)
    chain.declare(LINEAGE, HEAD + 'constraints: {fedora: ">=25 <27"}\n')
    chain.lock(Pin(FEDORA, digest("1")), Pin(TOOLS, digest("7")), Pin(GONE, digest("9")))
    published: Any = chain.engine.published
    published |= {reference: Resolved(found, MANIFEST, ()) for reference, found in THERE.items()}
    return chain


def test_outdated(family: Site, shell: Shell) -> None:
    assert shell("outdated").code == 1
    assert shell("outdated", "tools", "-v").code == 0
    assert shell("outdated", "fedora", "--json").code == 1
    assert shell("outdated", "fedroa").code == 2
    shell.note("another registry lets nobody in")
    family.declare(f'{LINEAGE}  other: {{from: "{AWAY}"}}\n', HEAD + 'constraints: {fedora: ">=25 <27"}\n')
    assert shell("outdated").code == 4
    assert shell("outdated", "x").code == 4
    shell.check("outdated")


def test_moving_to_the_newest_tag(family: Site, shell: Shell) -> None:
    before = (family.root / "lineage.yml").read_text()
    assert shell("lock", "--upgrade", "--latest", "fedora", "tools").code == 0
    assert (family.root / "lineage.yml").read_text() == before.replace("fedora:25", "fedora:26")
    assert shell("lock", "--upgrade", "--latest", "fedora").code == 0
    assert shell("lock", "--upgrade", "--latest", "--json", "tools").code == 0
    shell.note("what is gone cannot be resolved; the rest moves")
    family.write("lineage.yml", before)
    assert shell("lock", "--upgrade", "--latest").code == 4
    assert (family.root / "lineage.yml").read_text() == before.replace("fedora:25", "fedora:26")
    for words in (["--latest"], ["--upgrade", "--latest", "--check"], ["--upgrade", "--latest", "--local"]):
        assert shell("lock", *words).code == 2
    shell.check("lock-latest")


def test_without_an_engine_the_registries_are_asked(
    family: Site, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> NoReturn:
        raise EngineUnreachable("there is no Docker engine at all", "start one")

    for call in ("info", "inspect", "resolve"):
        monkeypatch.setattr(family.engine, call, lambda *_arguments: away())
    assert shell("lock", "--upgrade", "fedora").code == 0
    assert shell("lock", "--check").code == 4
    shell.check("lock-without-engine")


def test_where_the_new_tag_cannot_be_locked_nothing_is_written(family: Site, shell: Shell) -> None:
    before = (family.root / "lineage.yml").read_bytes(), (family.root / "lineage.lock").read_bytes()
    del family.engine.published["docker.io/library/fedora:26"]
    assert shell("lock", "--upgrade", "--latest").code == 4
    assert ((family.root / "lineage.yml").read_bytes(), (family.root / "lineage.lock").read_bytes()) == before
    shell.check("lock-latest-refused")
