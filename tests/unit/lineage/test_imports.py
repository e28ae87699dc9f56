"""What a command costs before it does anything: heavy libraries come in only where they are needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"pydantic", "yaml", "networkx", "semver"}


@pytest.mark.parametrize(
    ("modules", "allowed"),
    [
        ("forebear.lineage.model, forebear.lineage.packed", set()),
        ("forebear.lineage.graph, forebear.lineage.selectors, forebear.pictures.tree", set()),
        ("forebear.api", set()),
        ("forebear.lineage.reader", {"pydantic", "yaml", "semver"}),
    ],
)
def test_what_modules_bring_in(modules: str, allowed: set[str]) -> None:
    code = f"import sys, {modules}; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert HEAVY & set(found.stdout.split()) == allowed
