"""What a storage driver costs: the same chain on engines that differ in it alone; writes docs/storage-drivers.md."""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Final

from clock import MIB, sure
from disk import Disk, mounted
from family import BASE, PROJECT, VERSION, name, put
from lab import HOMES, ROOT, Lab, lab
from page import Section, machine, spread
from page import put as publish
from peers import FOREBEAR, forebear

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE: Final = ROOT / "docs/storage-drivers.md"
DISK: Final = 12 << 30
DRIVERS: Final = {"overlay2": "ext4", "btrfs": "btrfs", "vfs": "ext4"}
"""Each driver, and the file system that it stands on."""

IMAGES: Final = 8
FILES: Final = 400
SIZE: Final = 96 * MIB
HEAD: Final = ("driver", "on", "seconds", "MiB written", "MiB used", "times overlay2: seconds", "written", "used")


@dataclass(frozen=True, slots=True)
class Run:
    """What building the chain once cost: seconds, and bytes written to the disk and used on it afterwards."""

    seconds: float
    written: int
    used: int


def main() -> None:
    """Measure each driver, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--date", required=True, help="the day, for the page")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--driver", action="append", choices=DRIVERS, help="default: all")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    conditions = machine(asked.date)
    found: dict[str, list[Run]] = {}
    for driver in asked.driver or DRIVERS:
        if which(f"mkfs.{DRIVERS[driver]}") is None:
            raise SystemExit(f"benchmarks: mkfs.{DRIVERS[driver]} is missing; run: apt-get install btrfs-progs")
        found[driver] = list(measured(driver, asked.runs))
    publish(section(found, conditions), PAGE)


def measured(driver: str, runs: int) -> Iterator[Run]:
    """Build the chain on a fresh engine with a driver, several times, each from an empty cache."""
    home = HOMES / "disk"
    with (
        mounted(DRIVERS[driver], HOMES / "disk.img", home, DISK) as disk,
        lab(driver, home) as engine,
        tempfile.TemporaryDirectory(prefix="forebear-bench-", dir="/var/tmp") as root,
    ):
        folder = chain(Path(root), engine)
        for _ in range(runs):
            yield once(folder, engine, disk)


def chain(root: Path, engine: Lab) -> Path:
    """A chain: the first image copies SIZE bytes in FILES files, the others a small one; each runs a command."""
    folder = root / "chain"
    names = [name(number) for number in range(IMAGES)]
    images = (
        f"  {own}: {{from: {base}, template: templates/one.Dockerfile.j2}}\n"
        for own, base in zip(names, [BASE, *names], strict=False)
    )
    put(folder / "lineage.yml", f"lineage: 1\nproject: {PROJECT}\nversion: {VERSION}\nimages:\n{''.join(images)}")
    put(
        folder / "templates/one.Dockerfile.j2",
        "FROM {{ parent }}\nCOPY . /srv/{{ image.name }}\nRUN echo {{ image.name }} > /{{ image.name }}\n",
    )
    chance = random.Random(1)
    for own in names:
        put(folder / "images" / own / "payload", own)
    for number in range(FILES):
        (folder / "images" / names[0] / f"{number:03}").write_bytes(chance.randbytes(SIZE // FILES))
    sure([FOREBEAR, "lock", "--local"], folder, engine.env)
    sure([FOREBEAR, "render"], folder, engine.env)
    return folder


def once(folder: Path, engine: Lab, disk: Disk) -> Run:
    """Build it from an empty cache."""
    engine.empty()
    forebear().forget(folder, engine)
    engine.rest()
    written, used = disk.written, disk.used
    seconds = sure([FOREBEAR, "build"], folder, engine.env).seconds
    return Run(seconds, disk.written - written, disk.used - used)


def section(found: dict[str, list[Run]], conditions: str) -> Section:
    """The table."""
    rows = [_row(driver, runs, found.get("overlay2")) for driver, runs in found.items()]
    shape = f"a chain of {IMAGES} images, the first with {SIZE // MIB} MiB in {FILES} files"
    return Section("drivers", f"{conditions}; {shape}; {len(next(iter(found.values())))} runs", HEAD, rows)


def _row(driver: str, runs: list[Run], first: list[Run] | None) -> list[str]:
    columns = [[run.seconds for run in runs], [run.written / MIB for run in runs], [run.used / MIB for run in runs]]
    cells = [spread(columns[0], 1), spread(columns[1], 0), spread(columns[2], 0)]
    times = _times(runs, first) if first else ["", "", ""]
    return [driver, DRIVERS[driver], *cells, *times]


def _times(runs: list[Run], first: list[Run]) -> list[str]:
    ours, theirs = (
        [
            sum(column) / len(each)
            for column in zip(*((run.seconds, run.written, run.used) for run in each), strict=True)
        ]
        for each in (runs, first)
    )
    return [f"{a / b:.1f}" for a, b in zip(ours, theirs, strict=True)]


if __name__ == "__main__":
    main()
