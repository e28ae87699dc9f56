"""A promotion that is stopped: the next run finishes it, or it is taken back; and nothing else is touched."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest
from conftest import CHOSEN
from families import Family
from shops import CHAIN, Shop, briefly

from forebear import api
from forebear.errors import EngineError
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


def test_a_promotion_that_was_stopped_is_finished_or_taken_back(
    shop: Shop, second: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "SETTLE", 0.0)
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
        """Promote, and lose the network before the second tag."""
        create, numbers = Client.create, count()

        def broken(self: Client, *arguments: object) -> bool:
            if next(numbers) == 1:
                raise EngineError("the network is gone")
            return create(self, *arguments)  # type: ignore[arg-type]

        with monkeypatch.context() as patched:
            patched.setattr(Client, "create", broken)
            with pytest.raises(EngineError, match="the network is gone"):
                api.promote(api.open_project(shop.family.root), "1.0.1", second.address)
        assert ["1.0.1" in shop.tags(name) for name in CHAIN] == [False, True, False]

    stopped()
    assert "is taken back" in shop.family.forebear("promote", "1.0.1", "--to", second.address, "--abort").err
    assert [shop.tags(name) for name in CHAIN] == before
    stopped()
    assert "which was stopped" in shop.family.forebear("promote", "1.0.1", "--to", second.address).err
    assert [shop.tags(name) for name in CHAIN] == [{"1.0.0"}, {"1.0.0", "1.0.1"}, {"1.0.0", "1.0.1"}]
    shop.family.forebear("verify", "1.0.1", "--registry", second.address)
    assert not list(shop.family.root.glob(".forebear/promoting-*"))
