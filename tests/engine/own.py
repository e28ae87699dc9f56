"""The family of this repository: copies of it, and its builder at work in a container."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engines import TOOL as ENGINE
from engines import install
from families import FOREBEAR, Ran
from standins import BUILDER, load_builder, load_fedora

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engines import Engine

ROOT = Path(__file__).parents[2]
FOLDERS = ("images", "templates", "webapp", "src", "tools")
FILES = ("lineage.yml", "lineage.lock", "builder.yml", "pyproject.toml", "README.md", "LICENSE")
MADE = shutil.ignore_patterns("__pycache__", "target", "wheels", "firethorn.war")


def copied(folder: Path) -> Path:
    """A copy of the family, as a clone has it, in a new folder."""
    for name in FOLDERS:
        ignore = shutil.ignore_patterns("__pycache__") if name == "tools" else MADE
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    for name in FILES:
        shutil.copy(ROOT / name, folder / name)
    return folder


def environment(engine: Engine, **more: str) -> dict[str, str]:
    """The environment for commands on an engine, with our own Python first."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**os.environ, "DOCKER_HOST": engine.host, "PATH": path, **more}


@dataclass(frozen=True)
class Builder:
    """The family in `root`, whose builder is on an engine, and a compose project of a name of its own."""

    engine: Engine
    root: Path
    name: str

    def compose(self, *words: str, code: int = 0, where: Mapping[str, str] | None = None) -> Ran:
        """`docker compose --file builder.yml`, run to its end, which must be `code`."""
        head = ("compose", "--progress", "quiet", "-p", self.name, "--file", "builder.yml")
        return self.docker(*head, *words, code=code, where=where)

    def docker(self, *words: str, code: int = 0, where: Mapping[str, str] | None = None) -> Ran:
        """The engine's own client, run to its end, which must be `code`."""
        return self._ran(["docker", *words], code, where or {})

    def older_compose(self, *words: str) -> Ran:
        """The release's own docker-compose, 1.29 on Debian 12, run to its end, which must be good."""
        program = install("docker-compose", "docker-compose")
        return self._ran([program, "--project-name", self.name, "--file", "builder.yml", *words], 0, {})

    def _ran(self, command: list[str], code: int, where: Mapping[str, str]) -> Ran:
        socket = self.engine.host.removeprefix("unix://")
        env = {**_client(self.engine), "DOCKER_SOCKET": socket, **where}
        ran = subprocess.run(
            command, cwd=self.root, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
        out, err = ran.stdout.decode(), ran.stderr.decode()
        assert ran.returncode == code, out + err
        assert "Traceback" not in err
        return Ran(out, err)

    def run(self, *words: str, code: int = 0, where: Mapping[str, str] | None = None) -> Ran:
        """A command in the builder."""
        return self.compose("run", "--rm", "-T", "builder", *words, code=code, where=where)

    def send(self, where: Mapping[str, str] | None = None) -> None:
        """Put the sources into their volume."""
        socket = self.engine.host.removeprefix("unix://")
        words = ["compose", "--progress", "quiet", "-p", self.name, "--file", "builder.yml", "run", "--rm", "-T"]
        with subprocess.Popen(["tar", "-c", *FOLDERS, *FILES], cwd=self.root, stdout=subprocess.PIPE) as tar:
            env = {**_client(self.engine), "DOCKER_SOCKET": socket, **(where or {})}
            subprocess.run(
                ["docker", *words, "builder", "tar", "-x"], cwd=self.root, env=env, stdin=tar.stdout, check=True
            )


def _client(engine: Engine) -> dict[str, str]:
    """The environment in which docker is the engine's own client."""
    kind, _, store = engine.name.partition("-")
    said = subprocess.check_output([ENGINE, "env", "--engine", kind, "--store", store], text=True)
    shell = subprocess.check_output(["sh", "-c", f"{said}\nenv -0"], text=True)
    return dict(pair.split("=", 1) for pair in shell.split("\0") if pair)


@contextmanager
def made(engine: Engine, folder: Path) -> Iterator[Builder]:
    """The builder, made on the machine itself from nothing, with the family's sources in its volume."""
    load_fedora(engine)
    load_builder(engine)
    env = environment(engine, XDG_CACHE_HOME=str(folder / "cache"))
    root = copied(folder / "firethorn")
    subprocess.run([sys.executable, ROOT / "tests/standin/pins.py", root / "lineage.yml", BUILDER], check=True, env=env)
    subprocess.run([FOREBEAR, "-C", root, "lock", "--local", "--upgrade"], check=True, env=env)
    subprocess.run([FOREBEAR, "-C", root, "build", "builder"], check=True, env=env)
    builder = Builder(engine, root, f"test-{secrets.token_hex(4)}")
    try:
        builder.send()
        yield builder
    finally:
        builder.compose("down", "--volumes")
