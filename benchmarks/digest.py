"""What the digest grade costs: forebear beside a plain BuildKit build of the same images, on the containerd store."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml
from clock import sure
from family import Family, write_forebear
from lab import ROOT
from page import Section, machine, ratios, spread
from peers import FOREBEAR, Tool, forebear

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab import Lab

WANTED: Final = "≤ 1.1"
STANDIN: Final = "fedora:25"
PLAIN: Final = Tool("plain", write_forebear, (sys.executable, str(Path(__file__).with_name("plain.py"))))

Seconds = dict[str, list[float]]


def digest(lab: Lab, size: int, runs: int, root: Path, date: str) -> Section:
    """Let forebear and a plain build take turns on a tree of small images, and on the Tomcat chain; empty cache."""
    conditions = f"{machine(date)}; {lab.describe()}; empty cache; seconds, median of {runs} runs"
    subprocess.run([ROOT / "tools/standin"], env=lab.env, check=True, stdout=subprocess.DEVNULL)
    family = Family("tree", size)
    rows = [
        _row(f"{family.size} images as a tree, each copies a file", lab, root / "tree", runs, _tree(family)),
        _row("Tomcat on Fedora, as in this repository", lab, root / "chain", runs, _chain),
    ]
    head = ("", "forebear, grade digest", "plain BuildKit", "forebear / plain", "wanted")
    return Section("digest", conditions, head, rows)


def _tree(family: Family) -> Callable[[Path], None]:
    return lambda folder: write_forebear(family, folder)


def _chain(folder: Path) -> None:
    """The part of this repository's family that no preparation is needed for."""
    for name in ("images", "templates"):
        shutil.copytree(ROOT / name, folder / name)
    family = yaml.safe_load((ROOT / "lineage.yml").read_text())
    family["images"] = {name: family["images"][name] for name in ("fedora", "tomcat")}
    (folder / "lineage.yml").write_text(yaml.safe_dump(family, sort_keys=False))


def _row(what: str, lab: Lab, folder: Path, runs: int, write: Callable[[Path], None]) -> list[str]:
    write(folder)
    sure([FOREBEAR, "lock", "--local"], folder, lab.env)
    sure([FOREBEAR, "render"], folder, lab.env)
    seconds: Seconds = defaultdict(list)
    for _ in range(runs):
        for tool in (forebear(), PLAIN):
            lab.empty(STANDIN)
            tool.forget(folder, lab)
            lab.rest()
            seconds[tool.name].append(sure(tool.command, folder, lab.env).seconds)
            print(f"{what}, {tool.name}: {seconds[tool.name][-1]:.2f} s", flush=True)
    ours, plain = seconds["forebear"], seconds["plain"]
    return [what, spread(ours), spread(plain), ratios(ours, plain), WANTED]
