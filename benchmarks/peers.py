"""The tools that are compared: how each is given a family, and how it builds it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from clock import Cost, cost, sure
from family import PROJECT, VERSION, Family, write_bake, write_forebear, write_kolla

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab import Lab

FOREBEAR: Final = str(Path(sys.executable).with_name("forebear"))
KOLLA: Final = "23.0.0"
STATE: Final = ".forebear"
"""What forebear keeps in a project, and no clone has."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: its name in tables, its folder layout, and the command that builds all."""

    name: str
    write: Callable[[Family, Path], None]
    command: tuple[str, ...]

    def prepare(self, family: Family, root: Path, lab: Lab) -> Path:
        """Write the family into a folder below `root`, ready to build; the folder."""
        folder = root / self.name
        self.write(family, folder)
        if self.name == "forebear":
            sure([FOREBEAR, "lock", "--local"], folder, lab.env)
            sure([FOREBEAR, "render"], folder, lab.env)
        return folder

    def build(self, folder: Path, lab: Lab) -> Cost:
        """Build everything; what that cost, if it worked or not."""
        return cost(self.command, folder, lab.env)

    def forget(self, folder: Path, lab: Lab) -> None:
        """Let the folder be as in a fresh clone, and the user's cache empty."""
        shutil.rmtree(folder / STATE, ignore_errors=True)
        shutil.rmtree(lab.cache, ignore_errors=True)


def forebear() -> Tool:
    """The command line of this project."""
    return Tool("forebear", write_forebear, (FOREBEAR, "build"))


def bake() -> Tool:
    """`docker buildx bake`."""
    return Tool("bake", write_bake, ("docker", "buildx", "bake"))


def kolla(home: Path) -> Tool:
    """kolla-build, installed into an environment of its own below `home`, without the images that it comes with."""
    venv.create(home, with_pip=True)
    subprocess.run([home / "bin/pip", "install", "-q", f"kolla=={KOLLA}", "docker"], check=True)
    shipped = next(home.glob("lib/python3*/site-packages/kolla/docker"))
    shutil.rmtree(shipped)
    (shipped / "base").mkdir(parents=True)
    options = f"--namespace {PROJECT}-kolla --tag {VERSION} --base debian --nopull --buildkit --threads 8 --quiet"
    return Tool("kolla-build", write_kolla, (str(home / "bin/kolla-build"), "--docker-dir", "docker", *options.split()))
