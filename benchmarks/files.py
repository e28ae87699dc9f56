"""What needs no engine: reading, rendering and planning large families, and starting at all."""

from __future__ import annotations

import os
import sys
from statistics import median
from typing import TYPE_CHECKING, Final

from clock import MIB, Cost, sure
from family import BASE, PROJECT, Family, write_bake, write_forebear
from page import Section, machine, spread
from peers import FOREBEAR, forebear

from forebear.pins.lock import FILE, Lock, Pin, write
from forebear.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lab import Lab

SIZES: Final = (1_000, 10_000)
FRESH: Final = "first run in a clone"


def files(lab: Lab, runs: int, root: Path, date: str) -> Section:
    """Check and plan families by their files alone, and let bake print what it would do to the same."""
    found: dict[str, list[list[Cost]]] = {}
    for size in SIZES:
        for what, costs in _measure(Family("tree", size), runs, root / str(size), lab).items():
            found.setdefault(what, []).append(costs)
    sizes = [f"{size:,}: {unit}" for size in SIZES for unit in ("seconds", "MiB")]
    conditions = f"{machine(date)}; trees of three children each; median of {runs} runs, peak memory"
    rows = [_row(what, costs) for what, costs in found.items()]
    return Section("files", conditions, ("", *sizes, "growth", "wanted"), rows)


def _measure(family: Family, runs: int, root: Path, lab: Lab) -> dict[str, list[Cost]]:
    project, peer = root / "forebear", root / "bake"
    write_forebear(family, project)
    write_bake(family, peer)
    _lock(project)
    sure([FOREBEAR, "render"], project, lab.env)
    commands: dict[str, tuple[Path, Sequence[str]]] = {
        "forebear render --check": (project, (FOREBEAR, "render", "--check")),
        "forebear plan --offline": (project, (FOREBEAR, "plan", "--offline")),
        "docker buildx bake --print": (peer, ("docker", "buildx", "bake", "--print")),
    }
    found: dict[str, list[Cost]] = {}
    for _ in range(runs):
        for what, (folder, command) in commands.items():
            if folder is project:
                forebear().forget(project, lab)
                found.setdefault(f"{what}, {FRESH}", []).append(sure(command, folder, lab.env))
            found.setdefault(what, []).append(sure(command, folder, lab.env))
    return found


def _lock(project: Path) -> None:
    """Lock BASE to some digest: no engine is asked whether it has that."""
    upstream = Reference.parse(BASE)
    (project / FILE).write_bytes(write(Lock(PROJECT, {upstream: Pin(upstream, f"sha256:{0:064x}")})))


def _row(what: str, by_size: Sequence[Sequence[Cost]]) -> list[str]:
    seconds = [[cost.seconds for cost in costs] for costs in by_size]
    peaks = [max(cost.peak for cost in costs) // MIB for costs in by_size]
    cells = [cell for pair in zip(map(spread, seconds), map(str, peaks), strict=True) for cell in pair]
    growth = f"× {median(seconds[-1]) / median(seconds[0]):.1f}"
    return [what, *cells, growth, "≤ 3 s, 400 MiB, × 10" if what.startswith("forebear") else ""]


def start(runs: int, root: Path, date: str) -> Section:
    """How much longer `forebear --help` takes than Python itself."""
    env = dict(os.environ)
    root.mkdir()
    bare: list[float] = []
    more: list[float] = []
    for _ in range(runs):
        bare.append(sure([sys.executable, "-c", "pass"], root, env).seconds)
        more.append(sure([FOREBEAR, "--help"], root, env).seconds - bare[-1])
    rows = [["`python -c pass`", spread(bare, 3), ""], ["`forebear --help`, more than that", spread(more, 3), "≤ 0.12"]]
    return Section("start", f"{machine(date)}; median of {runs} runs", ("", "seconds", "wanted"), rows)
