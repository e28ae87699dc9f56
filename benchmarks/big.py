"""A build context of gigabytes: the memory that sending it takes, and what is read when nothing changed."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

from clock import MIB, CommandFailed
from family import Family, put
from page import Section, machine
from peers import bake, forebear

if TYPE_CHECKING:
    from pathlib import Path

    from lab import Lab
    from peers import Tool

FILE: Final = 64 * MIB
HEAD: Final = ("", "seconds", "peak memory, MiB", "read, MiB", "wanted")


def big(lab: Lab, size: int, root: Path, date: str) -> Section:
    """Build one image from a context of `size` bytes, and again."""
    rows = [row for tool in (forebear(), bake()) for row in _rows(tool, lab, size, root)]
    conditions = f"{machine(date)}; {lab.describe()}; a context of {size // MIB:,} MiB in files of {FILE // MIB} MiB"
    return Section(f"big-{lab.store}", conditions, HEAD, rows)


def _rows(tool: Tool, lab: Lab, size: int, root: Path) -> list[list[str]]:
    folder = tool.prepare(Family("tree", 1), root, lab)
    image = folder / ("images/n00000" if tool.name == "forebear" else "n00000")
    _fill(image, size)
    lab.empty()
    tool.forget(folder, lab)
    rows = []
    for what, wanted in (("first", "peak < 120"), ("nothing changed", "reads no content")):
        lab.rest()
        found = tool.build(folder, lab)
        if found.code:
            raise CommandFailed(f"{tool.name} failed with {found.code}: {found.output}")
        cells = [f"{found.seconds:.1f}", f"{found.peak // MIB}", f"{found.read / MIB:.1f}"]
        rows.append([f"{tool.name}, {what}", *cells, wanted if tool.name == "forebear" else ""])
    return rows


def _fill(folder: Path, size: int) -> None:
    """Put files of noise into a context, and let its Dockerfile copy them all."""
    for number in range(size // FILE):
        (folder / f"noise-{number:03}").write_bytes(random.Random(number).randbytes(FILE))
    for text in (folder / "Dockerfile", *folder.parents[1].glob("templates/*")):
        if text.exists():
            put(text, text.read_text().replace("COPY payload", "COPY ."))
