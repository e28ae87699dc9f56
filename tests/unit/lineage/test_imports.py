"""What a command costs before it does anything: heavy libraries come in only where they are needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"pydantic", "yaml", "networkx", "semver"}


@pytest.mark.parametrize(
    ("module", "allowed"),
    [
        ("forebear.lineage", set()),
        ("forebear.lineage.model", set()),
        ("forebear.lineage.graph", set()),
        ("forebear.lineage.selectors", set()),
        ("forebear.pictures.tree", set()),
        ("forebear.pictures.document", set()),
        ("forebear.lineage.versions", {"semver"}),
        ("forebear.lineage.reader", {"pydantic", "yaml", "semver"}),
    ],
)
def test_what_a_module_brings_in(module: str, allowed: set[str]) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert HEAVY & set(found.stdout.split()) <= allowed
