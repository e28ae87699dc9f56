"""Imports real repositories, and compares the result with BuildKit: imported.py FOLDER…

Each folder is one repository; a copy of it is imported. For each image the edges of `forebear graph --json` are
compared with the references that BuildKit looks up for the Dockerfile as it was before the import, and as it is
rendered (`docker buildx build --call outline`, which builds nothing). `plan --offline` has to name every image, parents
first, and `render --check` has to find nothing. Needs buildx and an engine, as DOCKER_HOST says; two seconds an image.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from agreement import LOADED, SYNTAX

from forebear.reference import Reference

THREADS = 16
FOREBEAR = Path(sys.executable).with_name("forebear")
CLASSES = (
    "has no tag that stays",
    "cannot be known",
    "loads another builder",
    "is not imported",
    "symbolic link",
    "carriage return",
)


class Case(NamedTuple):
    """An image: its entry in lineage.yml, its Dockerfile before and after, and what the graph says that it needs."""

    name: str
    entry: dict[str, Any]
    before: bytes
    after: bytes
    edges: frozenset[str]


def forebear(root: Path, *words: str) -> tuple[int, Any]:
    """Exit code and document of a command."""
    done = subprocess.run([FOREBEAR, *words, "--json"], cwd=root, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout)


def looked_up(text: bytes, entry: dict[str, Any], edges: int) -> frozenset[str]:
    """What BuildKit looks up: for the target, and where that is less than `edges`, for each other stage too."""
    text = SYNTAX.sub("", text.decode()).encode()
    options = [f"--build-arg={name}={value}" for name, value in entry.get("args", {}).items()]
    found = _loaded(text, [*options, *([f"--target={entry['target']}"] if "target" in entry else [])])
    if len(found) < edges:
        stages = len(re.findall(rb"^[ \t]*FROM[ \t]", text, re.MULTILINE | re.IGNORECASE))
        for stage in range(stages):
            found |= _loaded(text, [*options, f"--target={stage}"])
    return found


def _loaded(text: bytes, options: list[str]) -> frozenset[str]:
    command = [
        "docker",
        "buildx",
        "build",
        "--progress=plain",
        "--platform=linux/amd64",
        "--call=outline",
        *options,
        "-",
    ]
    done = subprocess.run(command, input=text, capture_output=True, check=False)
    return frozenset(LOADED.findall(done.stderr.decode(errors="replace")))


def difference(case: Case, owners: dict[str, tuple[str, str]]) -> str | None:
    """How BuildKit and the graph differ; `owners` are names and references of images by their repositories."""
    found = looked_up(case.before, case.entry, len(case.edges))
    as_before = {_owner(text, owners, exact=False) for text in found}
    as_after = {_owner(text, owners, exact=True) for text in looked_up(case.after, case.entry, len(case.edges))}
    if as_before != case.edges:
        return f"{case.name}: BuildKit resolves {sorted(as_before)}, the graph has {sorted(case.edges)}"
    if as_after != case.edges:
        return f"{case.name}: rendered, BuildKit resolves {sorted(as_after)}, the graph has {sorted(case.edges)}"
    return None


def _owner(text: str, owners: dict[str, tuple[str, str]], *, exact: bool) -> str:
    reference = Reference.parse(text)
    name, own = owners.get(reference.name, ("", ""))
    return name if name and (str(reference) == own if exact else not reference.digest) else str(reference)


def unsound(root: Path, edges: dict[str, frozenset[str]]) -> list[str]:
    """What is wrong with the plan, or with what is rendered."""
    _, plan = forebear(root, "plan", "--offline")
    order = [step["image"] for step in plan["steps"]]
    at = {name: number for number, name in enumerate(order)}
    found = [f"the plan has {len(order)} of {len(edges)} images"] if set(order) != set(edges) else []
    found += [f"{n} comes before {e}" for n, each in edges.items() for e in each if e in at and at[e] > at[n]]
    return found + (["render --check finds drift"] if forebear(root, "render", "--check")[0] else [])


def row(folder: Path) -> tuple[str, list[str]]:
    """The row of a repository, and its differences."""
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary, folder.name)
        shutil.copytree(folder, root, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        _, found = forebear(root, "import", ".")
        _, graph = forebear(root, "graph")
        entries = yaml.safe_load((root / "lineage.yml").read_text())["images"]
        paths = {each["name"]: each["path"] for each in found["images"]}
        edges = {
            each["name"]: frozenset({each["from"], *each["uses"].values()} - {"scratch"}) for each in graph["images"]
        }
        owners = {
            Reference.parse(each["reference"]).name: (each["name"], each["reference"]) for each in graph["images"]
        }
        cases = [
            Case(name, entries[name], (folder / path).read_bytes(), (root / path).read_bytes(), edges[name])
            for name, path in paths.items()
        ]
        with ThreadPoolExecutor(THREADS) as pool:
            differing = [each for each in pool.map(lambda case: difference(case, owners), cases) if each]
        wrong = [*differing, *unsound(root, edges)]
    shared = sum(len(each["images"]) for each in found["shared"])
    templates = len(cases) - shared + len(found["shared"])
    inner = sum(each in paths for some in edges.values() for each in some)
    total = sum(map(len, edges.values()))
    counts = Counter(_class(each["reason"]) for each in found["refused"])
    reasons = "; ".join(f"{number}: {reason}" for reason, number in counts.most_common()) or "none"
    cells = (len(cases) + len(found["refused"]), len(cases), templates, f"{len(found['shared'])}, of {shared} images")
    return f"| {folder.name} | {' | '.join(map(str, cells))} | {total} ({inner}) | {len(wrong)} | {reasons} |", wrong


def _class(reason: str) -> str:
    return next((f"a base {each}" if "base" in reason else each for each in CLASSES if each in reason), reason)


def main() -> None:
    """Print a row for each folder, and every difference."""
    print("| repository | Dockerfiles | imported | templates | shared | edges (in the family) | differ | refused |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    failed = 0
    for folder in map(Path, sys.argv[1:]):
        line, wrong = row(folder.resolve())
        failed += len(wrong)
        print(line, flush=True)
        print(*(f"{folder.name}: {each}" for each in wrong), sep="\n", file=sys.stderr, flush=True)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
