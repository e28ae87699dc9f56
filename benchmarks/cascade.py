"""Building a family: with an empty cache, again with nothing changed, and one that is very large."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from clock import CommandFailed
from family import Family
from page import Section, machine, ratios, spread
from peers import bake, forebear

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from clock import Cost
    from lab import Lab
    from peers import Tool

EMPTY: Final = {"overlay2": "≤ 0.9", "containerd": "≤ 0.6"}
AGAIN: Final = "≤ 0.05"
TOO_MANY: Final = 400
"""So many targets are more than bake can build by the docker driver."""

Seconds = dict[tuple[str, str], list[float]]
"""The seconds of each run, by what was done and the tool's name."""


def compare(lab: Lab, tools: Sequence[Tool], family: Family, runs: int, root: Path, date: str) -> Section:
    """Let each tool build a family with an empty cache and again, in turn, `runs` times; the first is forebear."""
    conditions = f"{machine(date)}; {lab.describe()}; {family.describe()}; seconds, median of {runs} runs"
    folders = {tool.name: tool.prepare(family, root, lab) for tool in tools}
    seconds: Seconds = defaultdict(list)
    for _ in range(runs):
        for tool in tools:
            _run(tool, folders[tool.name], lab, seconds)
    rows = [_row("empty cache", EMPTY[lab.store], tools, seconds), _row("nothing changed", AGAIN, tools, seconds)]
    peers = [head for tool in tools[1:] for head in (tool.name, f"forebear / {tool.name}")]
    return Section(f"cascade-{family.name}-{lab.store}", conditions, ("", tools[0].name, *peers, "wanted"), rows)


def _run(tool: Tool, folder: Path, lab: Lab, seconds: Seconds) -> None:
    lab.empty()
    tool.forget(folder, lab)
    for what in ("empty cache", "nothing changed"):
        lab.rest()
        seconds[what, tool.name].append(_sure(tool, tool.build(folder, lab)).seconds)
        print(f"{what}, {tool.name}: {seconds[what, tool.name][-1]:.2f} s", flush=True)


def _sure(tool: Tool, found: Cost) -> Cost:
    if found.code:
        raise CommandFailed(f"{' '.join(tool.command)} failed with {found.code}: {found.output}")
    return found


def _row(what: str, wanted: str, tools: Sequence[Tool], seconds: Seconds) -> list[str]:
    ours, *theirs = (seconds[what, tool.name] for tool in tools)
    return [what, spread(ours), *(cell for each in theirs for cell in (spread(each), ratios(ours, each))), wanted]


def thousand(lab: Lab, size: int, root: Path, date: str) -> Section:
    """Build a very large family with forebear, and the largest with bake that it should be able to build."""
    conditions = f"{machine(date)}; {lab.describe()}; trees of three children each"
    rows = [row for tool, count in ((forebear(), size), (bake(), TOO_MANY)) for row in _large(tool, count, lab, root)]
    return Section(f"thousand-{lab.store}", conditions, ("", "images", "result", "seconds", "peak memory, MiB"), rows)


def _large(tool: Tool, count: int, lab: Lab, root: Path) -> list[list[str]]:
    folder = tool.prepare(Family("tree", count), root / str(count), lab)
    lab.empty()
    tool.forget(folder, lab)
    rows = []
    for what in ("empty cache", "nothing changed"):
        lab.rest()
        found = tool.build(folder, lab)
        result = f"`{found.output[-120:]}`" if found.code else "done"
        rows.append([f"{tool.name}, {what}", str(count), result, f"{found.seconds:.1f}", f"{found.peak >> 20}"])
        if found.code:
            break
    return rows
