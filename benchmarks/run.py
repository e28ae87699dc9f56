"""Measures forebear beside its peers, and writes docs/benchmarks.md: see README.md."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from audit import audit
from big import big
from cascade import compare, thousand
from digest import digest
from family import Family
from files import files, start
from lab import lab
from page import put
from peers import bake, forebear, kolla
from publish import publish

if TYPE_CHECKING:
    from collections.abc import Iterator

    from page import Section

PARTS = ("start", "files", "cascade", "running", "thousand", "big", "digest", "publish", "audit")
FILES_ONLY = ("start", "files", "audit")


def main() -> None:
    """Measure the parts that the command line names, or all, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="*", choices=[[], *PARTS], help="what to measure; default: all")
    parser.add_argument("--date", required=True, help="the day, for the page")
    parser.add_argument("--store", action="append", choices=["overlay2", "containerd"], help="default: both")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--size", type=int, default=100, help="images in a family; default: 100")
    parser.add_argument("--kolla", action="store_true", help="compare with kolla-build too, on overlay2")
    parser.add_argument("--repository", action="append", default=[], metavar="URL", help="for audit: one to clone")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # which removes engine and folders
    with tempfile.TemporaryDirectory(prefix="forebear-bench-", dir="/var/tmp") as root:
        for section in _sections(asked, Path(root)):
            put(section)


def _sections(asked: argparse.Namespace, root: Path) -> Iterator[Section]:
    parts = asked.part or PARTS
    if "start" in parts:
        yield start(4 * asked.runs, root / "start", asked.date)
    if "audit" in parts and (asked.repository or asked.part):
        yield audit(asked.repository, asked.runs, root / "audit", asked.date)
    if "files" in parts:
        with lab("overlay2") as engine:
            yield files(engine, asked.runs, root / "files", asked.date)
    for store in asked.store or ("overlay2", "containerd"):
        if set(parts) - set(FILES_ONLY):
            yield from _on_engine(asked, store, root / store)


def _on_engine(asked: argparse.Namespace, store: str, root: Path) -> Iterator[Section]:
    parts = asked.part or PARTS
    with lab(store) as engine:
        tools = [forebear(), bake()]
        if asked.kolla and store == "overlay2":
            tools.append(kolla(root / "kolla-environment"))
        for part, family in (
            ("cascade", Family("tree", asked.size)),
            ("running", Family("tree", asked.size, runs=True)),
        ):
            if part in parts:
                yield compare(engine, tools, family, asked.runs, root / family.name, asked.date)
        if "thousand" in parts:
            yield thousand(engine, 1000, root / "thousand", asked.date)
        if "big" in parts:
            yield big(engine, 2 << 30, root / "big", asked.date)
        if "digest" in parts and store == "containerd":
            yield digest(engine, asked.size, asked.runs, root / "digest", asked.date)
        if "publish" in parts:
            yield publish(engine, Family("tree", asked.size), asked.runs, root / "publish", asked.date)


if __name__ == "__main__":
    main()
