"""`forebear audit --fix` against a real registry: what tags name today is put behind them, and nothing else changes."""

from __future__ import annotations

import json
import sys
from subprocess import CompletedProcess, run
from typing import TYPE_CHECKING

from published import Repository

if TYPE_CHECKING:
    from pathlib import Path

    from engines import Registry

INDEX = ("linux/amd64", "linux/arm64")


def forebear(root: Path, *words: str) -> CompletedProcess[str]:
    command = [sys.executable, "-c", "from forebear.cli.main import main; main()", "-C", str(root), *words]
    return run(command, capture_output=True, text=True, check=False)


def test_digests_of_today_in_files_of_every_kind(registry: Registry, tmp_path: Path) -> None:
    repository = Repository(registry, "fixing/base")
    index, _ = repository.publish("1.2.3", "an index", *INDEX)
    image, _ = repository.publish("4.5.6", "one image", "linux/amd64")
    name = repository.reference
    texts = {
        "Dockerfile": f"\ufeff# é\r\nARG BASE={name}:1.2.3\r\nFROM $BASE\r\nCOPY --from={name}:4.5.6 /up /up",
        "Dockerfile.quoted": f"FROM '{name}:1.2.3'\nFROM ${{BASE:-{name}:4.5.6}}\n",
        "compose.yml": f"services: {{a: {{image: '${{A:-{name}:1.2.3}}'}}, b: {{image: \"{name}:7.8.9\"}}}} # é\n",
        "docker-compose.yml": f"a:\n  build:\n    dockerfile_inline: |\n      FROM {name}:4.5.6\n      RUN x\n",
        "pod.yaml": f"apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: {name}:4.5.6\n",
        ".github/workflows/ci.yml": f"jobs:\n  a:\n    container: {name}:1.2.3 # é\n",
        ".gitlab-ci.yml": f"a:\n  image:\n    name: '{name}:4.5.6'\n",
        ".devcontainer.json": f'// é\n{{"image": "{name}:1.2.3",}}\n',
        "values.yaml": f"image: {name}:4.5.6\n",
    }
    for path, text in texts.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(text.encode())
    ran = forebear(tmp_path, "audit", ".", "--fix")
    after = {path: (tmp_path / path).read_bytes() for path in texts}
    for path, text in texts.items():
        fixed = text.replace(":1.2.3", f":1.2.3@{index}").replace(":4.5.6", f":4.5.6@{image}")
        assert after[path].decode() == fixed
    assert f"is left as it is: {registry.address} has no {name}:7.8.9" in ran.stderr
    assert (ran.returncode, ran.stderr.splitlines()[-1]) == (1, "1 warning in 9 files")
    again = forebear(tmp_path, "audit", ".", "--fix", "--json")
    assert json.loads(again.stdout)["fixed"] == []
    assert {path: (tmp_path / path).read_bytes() for path in texts} == after


def test_the_lock_counts_before_the_registry(registry: Registry, tmp_path: Path) -> None:
    repository = Repository(registry, "fixing/locked")
    locked, _ = repository.publish("1.2.3", "the first", *INDEX)
    upstream = f"{repository.reference}:1.2.3"
    images = f"{{a: {{from: '{upstream}'}}}}"
    (tmp_path / "lineage.yml").write_text(f"lineage: 1\nproject: x\nversion: 1.0.0\nimages: {images}\n")
    document = {"lock": 1, "project": "x", "upstreams": {upstream: {"digest": locked, "platforms": {}}}}
    (tmp_path / "lineage.lock").write_text(json.dumps(document))
    (tmp_path / "Dockerfile").write_text(f"FROM {upstream}\n")
    repository.publish("1.2.3", "the second", *INDEX)
    ran = forebear(tmp_path, "audit", "Dockerfile", "--fix")
    assert (tmp_path / "Dockerfile").read_text() == f"FROM {upstream}@{locked}\n"
    assert ran.returncode == 0, ran.stderr


def test_a_registry_that_is_away_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM localhost:1/x/y:1.2.3\n")
    ran = forebear(tmp_path, "audit", ".", "--fix")
    assert (ran.returncode, (tmp_path / "Dockerfile").read_text()) == (1, "FROM localhost:1/x/y:1.2.3\n")
    assert "is left as it is: the registry localhost:1 cannot be reached" in ran.stderr
