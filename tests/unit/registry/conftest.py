from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from forebear.registry.auth import Login
from forebear.registry.client import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy stands before loopback."""
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def waits() -> list[float]:
    """The waits before further attempts, which take no time here."""
    return []


@pytest.fixture
def registry(waits: list[float]) -> Iterator[Registry]:
    """Registries, without credentials."""
    with Registry(wait=waits.append) as registry:
        yield registry


@pytest.fixture
def known(waits: list[float]) -> Iterator[Registry]:
    """Registries that all know us."""
    with Registry(lambda _registry: Login("user", "word"), wait=waits.append) as registry:
        yield registry
