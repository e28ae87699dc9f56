"""The hooks and the action of this repository, run as pre-commit and GitHub run them; both install forebear anew."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
DIGEST = "sha256:" + "1" * 64
FILES = {
    "Dockerfile": "FROM debian:12.9\n",
    "sound/Dockerfile": f"FROM debian:12.9@{DIGEST}\n",
    "a b/compose.yml": "services: {a: {image: nginx}}\n",
    "README.md": "FROM debian\n",
}


def outside(**more: str) -> dict[str, str]:
    """An environment in which nothing of this checkout is found."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV", "GIT_"))}
    return {**kept, **more}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def test_the_hook(tree: Path, tmp_path: Path) -> None:
    env = outside(PRE_COMMIT_HOME=str(tmp_path / "home"))
    for words in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *words], cwd=tree, env=env, check=True)
    words = ["try-repo", str(ROOT), "forebear-audit", "--all-files"]
    command = [sys.executable, "-m", "pre_commit", *words]
    ran = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, check=False)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert re.search(r"^forebear audit\.+Failed$", ran.stdout, re.MULTILINE)
    assert "FROM debian:12.9 moves" in ran.stdout
    assert "nginx has no tag" in ran.stdout
    assert "in 3 files" in ran.stdout


class Runner:
    """Runs the steps of the action as GitHub's runner does."""

    def __init__(self, tree: Path, temporary: Path) -> None:
        self.tree, self.temporary = tree, temporary
        self.action: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
        self.output = temporary / "output"

    def __call__(self, step: int, **given: str) -> subprocess.CompletedProcess[str]:
        inputs = {name: each["default"] for name, each in self.action["inputs"].items()} | given
        known = {f"inputs.{name}": value for name, value in inputs.items()} | {"github.action_path": str(ROOT)}
        one = self.action["runs"]["steps"][step]
        env = {name: self.expand(value, known) for name, value in one["env"].items()}
        assert "${{" not in one["run"]
        assert one["shell"] == "bash"
        self.output.write_text("")
        env = outside(**env, RUNNER_TEMP=str(self.temporary), GITHUB_OUTPUT=str(self.output))
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", one["run"]]
        return subprocess.run(command, cwd=self.tree, env=env, capture_output=True, text=True, check=False)

    @staticmethod
    def expand(text: str, known: Mapping[str, str]) -> str:
        return re.sub(r"\$\{\{ (\S+) \}\}", lambda found: known[found[1]], text)


def test_the_action(tree: Path, tmp_path: Path) -> None:
    run = Runner(tree, tmp_path)
    installed = run(0)
    assert installed.returncode == 0, installed.stderr
    failed = run(1)
    assert failed.returncode == 1
    lines = [line for line in failed.stdout.splitlines() if line.startswith("::")]
    assert [line.partition(" file=")[2].partition(",")[0] for line in lines] == ["Dockerfile", "a b/compose.yml"]
    (sarif,) = run.output.read_text().splitlines()
    log = json.loads(Path(sarif.removeprefix("sarif=")).read_text())
    assert [result["ruleId"] for result in log["runs"][0]["results"]] == ["FB003", "FB001"]
    assert run(1, fail="false").returncode == 0
    assert run(1, paths="sound\n\nREADME.md\n").returncode == 0
    assert run(1, paths="a b\n").stdout.count("\n::") + 1 == 1
    hostile = run(1, paths="$(touch x)\n`touch y`; touch z\n")
    assert hostile.returncode == 2
    assert sorted(path.name for path in tree.iterdir()) == sorted({Path(path).parts[0] for path in FILES})
