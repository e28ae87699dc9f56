from __future__ import annotations

from typing import TYPE_CHECKING

from forebear.engine.model import Resolved
from forebear.errors import EngineUnreachable
from forebear.pins.lock import Pin
from forebear.testing import FakeEngine

from ..projects import FEDORA, Site

if TYPE_CHECKING:
    import pytest

    from .shell import Shell

MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def digest(digit: str) -> str:
    return "sha256:" + digit * 64


def publish(made: Site, digit: str) -> None:
    made.engine.published[str(FEDORA)] = Resolved(digest(digit), MANIFEST, ("linux/amd64",))


def test_locking(chain: Site, shell: Shell) -> None:
    (chain.root / "lineage.lock").unlink()
    assert shell("lock", "--check").code == 1
    shell("lock")
    shell("lock")
    shell("lock", "--check", "-v")
    shell.note("the upstream is published")
    publish(chain, "1")
    assert shell("lock", "--check").code == 1
    shell("lock", "--upgrade", "fedora", "-v")
    shell("lock", "--json")
    shell.note("its tag moves, and another upstream is declared")
    publish(chain, "2")
    chain.engine.published["docker.io/library/alpine:3"] = Resolved(digest("3"), MANIFEST, ())
    chain.declare('  fedora: {from: "fedora:25"}\n  small: {from: "alpine:3"}\n')
    shell("lock", "--check", "--json")
    shell("lock")
    shell("lock", "--check")
    shell("lock", "--upgrade")
    shell.note("fedora:25 is no longer declared")
    chain.declare('  small: {from: "alpine:3"}\n')
    shell("lock", "--check")
    shell("lock")
    shell.check("lock")


def test_only_a_change_writes_the_file(chain: Site, shell: Shell) -> None:
    before = (chain.root / "lineage.lock").stat().st_ino
    shell("lock")
    assert (chain.root / "lineage.lock").stat().st_ino == before


def test_what_was_resolved_is_written_though_another_fails(chain: Site, shell: Shell) -> None:
    chain.write("lineage.yml", (chain.root / "lineage.yml").read_text() + '  other: {from: "alpine:3"}\n')
    chain.write("templates/other.Dockerfile.j2", "FROM {{ parent }}\n")
    (chain.root / "lineage.lock").unlink()
    publish(chain, "1")
    assert shell("lock").code == 4
    assert digest("1") in (chain.root / "lineage.lock").read_text()
    assert shell("lock", "--json").code == 4
    shell.check("lock-partly")


def test_a_registry_that_is_away_changes_nothing(chain: Site, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    class Away(FakeEngine):
        def resolve(self, reference: str) -> Resolved | None:
            raise EngineUnreachable("no route to host")

    away = Away(images=chain.engine.images, tags=chain.engine.tags)
    monkeypatch.setattr("forebear.api.connect", lambda _address=None: away)
    chain.lock(Pin(FEDORA, digest("1")))
    before = (chain.root / "lineage.lock").read_bytes()
    assert shell("lock", "--upgrade").code == 4
    assert shell("lock", "--check").code == 4
    assert (chain.root / "lineage.lock").read_bytes() == before
    (chain.root / "lineage.lock").unlink()
    assert shell("lock").code == 4
    assert not (chain.root / "lineage.lock").exists()
    assert shell("lock", "--local").code == 0
    shell.check("lock-away")
