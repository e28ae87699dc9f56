"""A private engine to measure on: started, emptied between runs, left to come to rest, and removed."""

from __future__ import annotations

import fcntl
import io
import os
import subprocess
import tarfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Final

import docker
from family import BASE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT: Final = Path(__file__).resolve().parents[1]
HOMES: Final = Path("/var/lib/forebear-bench")
QUIET: Final = 0.05
"""An engine that uses less than this part of a processor is at rest."""


@dataclass(frozen=True, slots=True)
class Lab:
    """A running engine, and the environment in which commands find it, with its own docker and buildx."""

    store: str
    env: Mapping[str, str]
    folder: Path

    @property
    def cache(self) -> Path:
        """What tools remember of earlier runs, in the user's cache folder."""
        return Path(self.env["XDG_CACHE_HOME"])

    @property
    def client(self) -> docker.APIClient:
        """The engine's API."""
        return docker.APIClient(base_url=self.env["DOCKER_HOST"], version="auto", timeout=900)

    def describe(self) -> str:
        """The engine, its store and the tools that talk to it."""
        buildx = subprocess.run(
            ["docker", "buildx", "version"], env=self.env, capture_output=True, text=True, check=True
        )
        return f"Docker {self.client.version()['Version']}, {self.store}, buildx {buildx.stdout.split()[1]}"

    def empty(self, *keep: str) -> None:
        """Remove every image but the base and those to keep, by tag, and the whole build cache."""
        client = self.client
        for image in client.images():
            for tag in image["RepoTags"] or [image["Id"]]:
                if tag not in (BASE.removeprefix("docker.io/library/"), *keep):
                    client.remove_image(tag, force=True)
        client.prune_images(filters={"dangling": True})
        client.prune_builds(all=True)

    def rest(self, longest: float = 60) -> None:
        """Wait until the engine does nothing: what one tool left it to clear away must not slow the next one."""
        deadline = time.monotonic() + longest
        before = self._busy()
        while time.monotonic() < deadline:
            time.sleep(0.5)
            now = self._busy()
            if now - before < QUIET * 0.5:
                return
            before = now

    def _busy(self) -> float:
        """The processor time in seconds of the engine's processes: those whose command names its folder."""
        return sum(_seconds(process) for process in Path("/proc").glob("[0-9]*") if self._owns(process))

    def _owns(self, process: Path) -> bool:
        try:
            return os.fsencode(self.folder) in (process / "cmdline").read_bytes()
        except OSError:
            return False


def _seconds(process: Path) -> float:
    """User and system time, its own and of its children that ended (proc_pid_stat(5), fields 14 to 17)."""
    try:
        fields = (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def lab(store: str, home: Path = HOMES) -> Iterator[Lab]:
    """An engine with a store or storage driver, in a folder of `home`, which has the base; it is purged in the end."""
    folder = home / store
    with _alone(HOMES / f"{store}.lock"):
        yield from _started(store, folder)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Be the only one that measures on an engine; raises SystemExit where somebody else does."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(f"benchmarks: another run holds {lock}; wait for its end") from None
        yield


def _started(store: str, folder: Path) -> Iterator[Lab]:
    options = ["--engine", "current", "--store", store, "--dir", str(folder)]
    tool = str(ROOT / "tools/engine")
    subprocess.run([tool, "start", *options], check=True, stdout=subprocess.DEVNULL)
    try:
        env = _environment([tool, "env", *options])
        found = Lab(store, {**env, "XDG_CACHE_HOME": str(folder / "cache")}, folder)
        _import_base(found.client)
        yield found
    finally:
        subprocess.run([tool, "stop", *options, "--purge"], check=True)


def _environment(command: list[str]) -> dict[str, str]:
    """The environment that we run in, with what a command that prints exports for a shell adds to it."""
    exports = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    shell = subprocess.run(["sh", "-c", f"{exports}\nenv -0"], check=True, capture_output=True, text=True)
    return dict(pair.split("=", 1) for pair in shell.stdout.split("\0") if pair)


def _import_base(client: docker.APIClient) -> None:
    """Let BASE be an image of busybox alone."""
    found = which("busybox")
    if found is None:
        raise SystemExit("benchmarks: busybox is missing; run: apt-get install busybox-static")
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(found, "bin/busybox")
        for name in ("sh", "echo"):
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(link)
    repository, tag = BASE.rsplit(":", 1)
    client.import_image_from_data(buffer.getvalue(), repository=repository, tag=tag)
