from __future__ import annotations

import re
from pathlib import Path

import yaml
from jsonschema import Draft7Validator
from pre_commit.clientlib import load_manifest  # type: ignore[import-untyped]

from .pins.audit.schemas import schema
from .pins.audit.test_kinds import FILES

ROOT = Path(__file__).parents[2]


def test_the_hooks_are_as_pre_commit_wants_them() -> None:
    hooks = load_manifest(ROOT / ".pre-commit-hooks.yaml")
    assert [hook["id"] for hook in hooks] == ["forebear-audit", "forebear-fix"]
    for hook in hooks:
        for path, _, kind in FILES:
            assert kind is None or path.endswith("pod.json") or re.search(hook["files"], path), path


def test_the_action_is_as_github_wants_it() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    assert not list(Draft7Validator(schema("github-action")).iter_errors(action))
    assert not [step for step in action["runs"]["steps"] if "${{" in step["run"]]
