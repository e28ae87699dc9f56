"""Families of images of any size, written for forebear and for the tools that it is compared with."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

BASE: Final = "docker.io/library/bench-base:1"
"""What every family starts from; `lab.py` puts it on an engine, no registry has it."""

PROJECT: Final = "bench"
VERSION: Final = "1.0.0"

SHAPES: Final[Mapping[str, Callable[[int], int]]] = {
    "tree": lambda number: (number - 1) // 3,
    "chain": lambda number: number - 1,
    "star": lambda _number: 0,
}
"""For each shape the number of an image's parent, given its own: 1 and more. Image 0 starts from BASE."""


@dataclass(frozen=True, slots=True)
class Family:
    """`size` images in a shape; each copies one small file and, with `runs`, runs one short command too."""

    shape: str
    size: int
    runs: bool = False

    @property
    def name(self) -> str:
        """A short name."""
        return f"{self.shape}-{'run' if self.runs else 'copy'}"

    def describe(self) -> str:
        """What it is, in words."""
        does = "copies a file and runs a command" if self.runs else "copies a file"
        return f"{self.size} images as a {self.shape}, each {does}"

    @property
    def parents(self) -> dict[str, str | None]:
        """The parent of each image by name, None for the first, parents before children."""
        of = SHAPES[self.shape]
        return {name(number): name(of(number)) if number else None for number in range(self.size)}

    def dockerfile(self, start: str, own: str) -> str:
        """The Dockerfile of the image `own`, which starts from `start`; templates get expressions for both."""
        lines = [f"FROM {start}", "", f"COPY payload /srv/{own}"]
        if self.runs:
            lines.append(f"RUN echo {own} > /etc/{own}")
        return "\n".join(lines) + "\n"


def name(number: int) -> str:
    """The name of an image."""
    return f"n{number:05d}"


def write_forebear(family: Family, root: Path) -> None:
    """Write a forebear project: lineage.yml, one template for all images, and their contexts; no Dockerfile yet."""
    images = (
        f"  {own}: {{from: {parent or BASE}, template: templates/one.Dockerfile.j2}}\n"
        for own, parent in family.parents.items()
    )
    put(root / "lineage.yml", f"lineage: 1\nproject: {PROJECT}\nversion: {VERSION}\nimages:\n{''.join(images)}")
    put(root / "templates/one.Dockerfile.j2", family.dockerfile("{{ parent }}", "{{ image.name }}"))
    for own in family.parents:
        put(root / "images" / own / "payload", own)


def write_bake(family: Family, root: Path) -> None:
    """Write docker-bake.json: a target for each image, which takes its parent from the parent's target."""
    targets = {own: _target(own, parent) for own, parent in family.parents.items()}
    put(root / "docker-bake.json", json.dumps({"group": {"default": {"targets": list(targets)}}, "target": targets}))
    for own, parent in family.parents.items():
        put(root / own / "Dockerfile", family.dockerfile("parent" if parent else BASE, own))
        put(root / own / "payload", own)


def _target(own: str, parent: str | None) -> dict[str, object]:
    wired = {"contexts": {"parent": f"target:{parent}"}} if parent else {}
    return {"context": own, "tags": [f"{PROJECT}-bake/{own}:{VERSION}"], **wired}


def write_kolla(family: Family, root: Path) -> None:
    """Write docker/NAME/Dockerfile.j2 for each image, the layout that kolla-build reads."""
    for own, parent in family.parents.items():
        start = f"{{{{ namespace }}}}/{parent}:{{{{ tag }}}}" if parent else BASE
        put(root / "docker" / own / "Dockerfile.j2", family.dockerfile(start, own))
        put(root / "docker" / own / "payload", own)


def put(path: Path, text: str) -> None:
    """Write a file, and the folders that it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


WRITERS: Final = {"forebear": write_forebear, "bake": write_bake, "kolla": write_kolla}


def main() -> None:
    """Write the family that the command line asks for, once for each tool."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shape", choices=SHAPES)
    parser.add_argument("size", type=int)
    parser.add_argument("root", type=Path, help="a new folder")
    parser.add_argument("--runs", action="store_true", help="let each image run a command too")
    asked = parser.parse_args()
    for tool, write in WRITERS.items():
        write(Family(asked.shape, asked.size, asked.runs), asked.root / tool)


if __name__ == "__main__":
    main()
