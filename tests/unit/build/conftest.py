"""Families on a fake engine, to be built."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ..projects import Site, site
from .runs import FORK

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def chain(tmp_path: Path) -> Site:
    """fedora, tomcat and webapp."""
    return site(tmp_path)


@pytest.fixture
def fork(tmp_path: Path) -> Site:
    """The same, and two more on fedora."""
    return site(tmp_path, FORK)
