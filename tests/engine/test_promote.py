"""A promotion that is stopped: the next run finishes it, or it is taken back; and nothing else is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from conftest import CHOSEN
from families import Family
from published import Repository
from shops import CHAIN, REPOSITORIES, Shop, briefly, cut_off

from forebear import api
from forebear.reference import Reference
from forebear.registry.client import Registry as Client
from forebear.release import claims

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from engines import Engine, Registry


@pytest.fixture(scope="module")
def engine(engines: Callable[[str], Engine]) -> Engine:
    """One engine: none takes part in a promotion."""
    return engines(CHOSEN[0])


@pytest.fixture
def shop(tmp_path: Path, engine: Engine, project: str, registry: Registry) -> Iterator[Shop]:
    """A family that is published, and looked at where it is to be promoted."""
    family = Family(tmp_path / "project", engine.host, project)
    shop = Shop(family, tmp_path)
    shop.stock(registry.address)
    shop.publish()
    yield shop
    family.close()


def stop(shop: Shop, version: str, to: Registry) -> None:
    """Promote, and lose the network before the second tag."""
    with cut_off(1):
        api.promote(api.open_project(shop.family.root), version, to.address)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No claim has to stand for a while: nobody else publishes."""
    monkeypatch.setattr(claims, "SETTLE", 0.0)


def test_a_promotion_that_was_stopped_is_finished_or_taken_back(shop: Shop, second: Registry) -> None:
    api.promote(api.open_project(shop.family.root), "1.0.0", second.address, registry=Client(wait=briefly))
    assert all(shop.tags(name) == {"1.0.0"} for name in CHAIN)
    again = shop.family.forebear("promote", "1.0.0", "--to", second.address, "--abort")
    assert "there is nothing to take back" in again.err

    # A later release has one image of the first.
    shop.family.declare(version="1.0.1")
    shop.family.images["top"]["version"] = "1.0.0"
    shop.family.declare()
    shop.family.build()
    shop.publish()
    before = [shop.tags(name) for name in CHAIN]

    def stopped() -> None:
        stop(shop, "1.0.1", second)
        assert ["1.0.1" in shop.tags(name) for name in CHAIN] == [False, True, False]

    stopped()
    assert "is taken back" in shop.family.forebear("promote", "1.0.1", "--to", second.address, "--abort").err
    assert [shop.tags(name) for name in CHAIN] == before
    stopped()
    assert "which was stopped" in shop.family.forebear("promote", "1.0.1", "--to", second.address).err
    assert [shop.tags(name) for name in CHAIN] == [{"1.0.0"}, {"1.0.0", "1.0.1"}, {"1.0.0", "1.0.1"}]
    shop.family.forebear("verify", "1.0.1", "--registry", second.address)
    assert not list(shop.family.root.glob(".forebear/promoting-*"))


def test_a_dry_run_tells_what_a_promotion_would_do_and_does_none_of_it(
    shop: Shop, registry: Registry, second: Registry
) -> None:
    shop.family.declare(tags=["minor", "latest"])
    promotion = ("promote", "1.0.0", "--to", second.address)
    there = f"{second.address}/{shop.family.project}"
    digests = {name: f"names {digest}" for name, (_, digest) in zip(CHAIN, shop.publish().digests, strict=True)}

    def planned() -> list[list[str]]:
        """Each line's verb, tag and reason; as text and as a document it is the same."""
        lines = [line.split(maxsplit=2) for line in shop.family.forebear(*promotion, "--dry-run").lines]
        (document,) = shop.family.forebear(*promotion, "--dry-run", "--json").documents
        assert lines == [[each["does"], each["reference"], each["why"]] for each in document["tags"]]
        return [[does, reference.removeprefix(f"{there}/"), why] for does, reference, why in lines]

    def refused(code: int = 3) -> str:
        """What both say of a promotion that cannot be."""
        told = shop.family.forebear(*promotion, "-q", "--dry-run", code=code).err
        assert told == shop.family.forebear(*promotion, "-q", code=code).err
        return told

    versions = [["copy", f"{name}:1.0.0", "not there yet"] for name in CHAIN]
    moving = [["move", f"{name}:{tag}", "is not there yet"] for name in CHAIN for tag in ("1.0", "latest")]
    assert planned() == versions + moving
    assert not (shop.storage / REPOSITORIES).exists()
    assert not list(shop.family.root.glob(".forebear/promoting-*"))

    theirs = claims.Claim(Client(), Reference.parse(f"{there}/top"), "1.0.0", "theirs")
    theirs.take()
    assert "another publication is under way: of 1.0.0, by process" in refused(2)
    theirs.release()

    stop(shop, "1.0.0", second)
    versions[0] = ["skip", "top:1.0.0", digests["top"]]
    versions[1:] = [["copy", f"{name}:1.0.0", "only its tag is missing"] for name in CHAIN[1:]]
    assert planned() == versions + moving
    first = "first, the promotion of 1.0.0 is finished, which was stopped"
    assert first in shop.family.forebear(*promotion, "--dry-run").err
    assert [shop.tags(name) - {claims.TAG} for name in CHAIN] == [{"1.0.0"}, set(), set()]

    Repository(second, f"{shop.family.project}/mid").publish("1.0.0", "other", "linux/amd64")
    assert f"somebody else moved {there}/mid:1.0.0" in refused()
    next(shop.family.root.glob(".forebear/promoting-*")).unlink()
    assert f"a published version never changes, and nothing was: {there}/mid:1.0.0 names sha256:" in refused()
    Repository(registry, f"{shop.family.project}/low").publish("1.0.0", "other", "linux/amd64")
    assert "1.0.0 is not what its record says, and was not copied: low " in refused()
