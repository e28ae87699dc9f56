"""Compares the reader of Dockerfiles with BuildKit, file by file: agreement.py FOLDER…

Each folder is one repository. Every Dockerfile in it, under any usual name, is given to BuildKit: `--call targets`
tells the stages with their bases as written, `--call outline` the references that it looks up. A line `# syntax=` is
taken out for both, since it would load another reader; a file that differs only because it needs a newer frontend than
the engine's own is counted by itself. Of equal texts only the first counts. Needs buildx and an engine of its own, as
DOCKER_HOST says: it is given an empty image under each name that forebear reads, so that no failed lookup keeps
BuildKit from reading on. Takes about half a second of a processor a file.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import docker

from forebear.dockerfile.model import DockerfileFault
from forebear.dockerfile.reader import attempt, read
from forebear.pins.audit.kinds import Kind, kind_of
from forebear.reference import Reference, ReferenceFault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forebear.dockerfile.model import Dockerfile, Use

THREADS = 4
GIVEN = "agreement/given:1"
LOADED = re.compile(r"^#\d+ \[internal\] load metadata for (\S+)$", re.MULTILINE)
REFUSED = re.compile(r"^ERROR: (.*)", re.MULTILINE)
AWAY = re.compile(r"failed to resolve source metadata|failed to do request|context canceled")
SYNTAX = re.compile(r"^[ \t]*#[ \t]*syntax[ \t]*=.*\n", re.IGNORECASE | re.MULTILINE)
MORE = re.compile(r"labs|experimental|upstream|master")
# Dockerfile reference, "COPY --parents": in the stable frontend from 1.20 on.
NEWER = "unknown flag: --parents"


class Said(NamedTuple):
    """What a reader says of a Dockerfile: its stages as name and base, what it looks up; or that it refuses it."""

    stages: tuple[tuple[str, str], ...] = ()
    references: frozenset[str] = frozenset()
    refusal: str = ""


def ask(text: bytes, call: str) -> tuple[int, str, str]:
    """What buildx answers: exit code, output and messages."""
    command = ["docker", "buildx", "build", "--progress=plain", "--platform=linux/amd64", f"--call={call}", "-"]
    done = subprocess.run(command, input=text, capture_output=True, check=False)
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def by_buildkit(text: bytes) -> Said:
    """What BuildKit says."""
    code, out, messages = ask(text, "targets,format=json")
    if code:
        found = REFUSED.search(messages)
        return Said(refusal=found[1] if found else messages[-200:] or "?")
    targets = json.loads(out)["targets"] or ()
    stages = tuple((each.get("name", ""), each.get("base", "")) for each in targets)
    _, _, messages = ask(text, "outline")
    found = REFUSED.search(messages)
    if found and not AWAY.search(found[1]):
        return Said(refusal=found[1])
    return Said(stages, frozenset(LOADED.findall(messages)))


def by_forebear(text: str) -> Said:
    """What our reader says."""
    try:
        found = read(text, platform="linux/amd64")
    except DockerfileFault as fault:
        return Said(refusal=str(fault))
    stages = tuple((each.name or "", each.base.text) for each in found.stages)
    looked_up = {use: _canonical(use.resolved or "") for use in _looked_up(found)}
    if not all(looked_up.values()) or not all(
        _canonical(use.resolved or "") for use in found.externals if not use.onbuild
    ):
        return Said(refusal="a name is blank, or no reference")
    return Said(stages, frozenset(looked_up.values()))


def _looked_up(found: Dockerfile) -> list[Use]:
    """The images that the last stage needs; a trigger counts where a stage is FROM the one that holds it."""
    reached = found.reached(found.target())
    building, below = {each.index for each in reached}, {each.base.stage for each in reached}
    return [use for use in found.externals if use.in_stage in (below if use.onbuild else building)]


def _canonical(text: str) -> str:
    try:
        reference = Reference.parse(text)
    except ReferenceFault:
        return ""
    return str(reference if reference.tag or reference.digest else reference.with_tag("latest"))


def difference(text: bytes) -> str | None:
    """How the two differ in a file; None where they say the same."""
    theirs, ours = by_buildkit(text), by_forebear(text.decode(errors="replace"))
    if theirs.refusal or ours.refusal:
        same = bool(theirs.refusal) == bool(ours.refusal)
        return None if same else f"refused: BuildKit {theirs.refusal!r}, forebear {ours.refusal!r}"
    if theirs.stages != ours.stages:
        return f"stages: BuildKit {theirs.stages}, forebear {ours.stages}"
    if theirs.references != ours.references:
        return f"references: BuildKit {sorted(theirs.references)}, forebear {sorted(ours.references)}"
    return None


def give(client: docker.APIClient, texts: Iterable[bytes]) -> None:
    """Let the engine have an image under each name that is read out of these, as far as they are read."""
    read_ = (attempt(text.decode(errors="replace"), platform="linux/amd64").dockerfile for text in texts)
    names = {_canonical(use.resolved or "") for each in read_ if each for use in each.externals}
    for name in sorted(name for name in names if name and "@" not in name):
        client.tag(GIVEN, name)


class Text(NamedTuple):
    """A Dockerfile without its line `# syntax=`, and whether that asks for more than the engine's own frontend has."""

    data: bytes
    asks_for_more: bool


def dockerfiles(folder: Path, seen: set[bytes]) -> Iterator[Text]:
    """The Dockerfiles of a repository, but for texts that were seen before."""
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file() or ".git" in path.parts:
            continue
        text = path.read_bytes() if kind_of(path.name, b"FROM x") is Kind.DOCKERFILE else b""
        found = SYNTAX.search(text.decode(errors="surrogateescape"))
        data = SYNTAX.sub("", text.decode(errors="surrogateescape"), count=1).encode(errors="surrogateescape")
        if data.strip() and data not in seen:
            seen.add(data)
            yield Text(data, found is not None and MORE.search(found[0]) is not None)


def counted(folder: Path, texts: list[Text], found: list[str | None]) -> Counter[str]:
    """The row of a repository; what differs is printed."""
    refused = sum(bool(by_forebear(text.data.decode(errors="replace")).refusal) for text in texts)
    differing = [(text.asks_for_more or NEWER in each, each) for text, each in zip(texts, found, strict=True) if each]
    for newer, each in differing:
        print(f"{folder.name}: {'(newer) ' * newer}{each}", file=sys.stderr, flush=True)
    excused = sum(newer for newer, _ in differing)
    return Counter(files=len(texts), refused=refused, newer=excused, differences=len(differing) - excused)


def row(name: str, counts: Counter[str]) -> str:
    """A row of the table."""
    return f"| {name} | {counts['files']} | {counts['refused']} | {counts['newer']} | {counts['differences']} |"


def main() -> None:
    """Print a row for each folder, and every difference."""
    total: Counter[str] = Counter()
    seen: set[bytes] = set()
    client = docker.from_env().api
    client.import_image_from_data(b"", *GIVEN.split(":"))
    print("| repository | Dockerfiles | refused | newer frontend | differences |\n| --- | --- | --- | --- | --- |")
    with ThreadPoolExecutor(THREADS) as pool:
        for folder in map(Path, sys.argv[1:]):
            texts = list(dockerfiles(folder, seen))
            give(client, (text.data for text in texts))
            counts = counted(folder, texts, list(pool.map(difference, (text.data for text in texts))))
            total += counts
            print(row(folder.name, counts), flush=True)
    print(row("all", total))
    sys.exit(total["differences"] > 0)


if __name__ == "__main__":
    main()
