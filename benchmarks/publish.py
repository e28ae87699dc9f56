"""Publishing a family to a registry on the loopback, beside a loop of `docker push` of the same images."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from clock import sure
from family import PROJECT, VERSION, put, write_forebear
from page import Section, machine, ratios, spread
from peers import FOREBEAR
from relay import relayed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from family import Family
    from lab import Lab

DISTANCES: Final = {"on the same machine": 0.0, "10 ms away": 0.005}
"""How long what is sent is under way, in seconds: an answer comes after twice that."""

WANTED: Final = "at most 0.6"
HEAD: Final = ("", "seconds", "ratio", "wanted")
CONFIG: Final = """\
version: 0.1
log: {{level: warn}}
storage: {{filesystem: {{rootdirectory: {storage}}}, delete: {{enabled: true}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""


def publish(lab: Lab, family: Family, runs: int, root: Path, date: str) -> Section:
    """Publish a family, and push it by a loop of docker push, in turn, `runs` times from near and from far."""
    rows: list[list[str]] = []
    for where, delay in DISTANCES.items():
        took: dict[bool, list[float]] = {False: [], True: []}
        for number in range(runs):
            for loop in (number % 2 > 0, number % 2 == 0):
                took[loop].append(_turn(lab, family, root / f"{delay}-{number}-{loop}", delay, loop=loop))
        ours, theirs = took[False], took[True]
        rows.append([f"forebear publish, the registry {where}", spread(ours), ratios(ours, theirs), WANTED])
        rows.append([f"docker push, one after the other, the registry {where}", spread(theirs), "1", ""])
    conditions = f"{machine(date)}; {lab.describe()}; {family.describe()}; an empty registry each time, {runs} runs"
    return Section(f"publish-{lab.store}", conditions, HEAD, rows)


def _turn(lab: Lab, family: Family, folder: Path, delay: float, *, loop: bool) -> float:
    """Build a family anew, and let it be published: an engine remembers where it pushed a layer to, empty or not."""
    port = _free_port()
    with _registry(folder / "registry", port), relayed(port, delay) as way:
        project = _built(lab, family, folder / "project", way)
        lab.rest()
        command = ["sh", "-c", _loop(family, way)] if loop else [FOREBEAR, "publish", "-q"]
        return sure(command, project, lab.env).seconds


def _built(lab: Lab, family: Family, project: Path, port: int) -> Path:
    """The project of a family that belongs to a registry and is built on the engine."""
    write_forebear(family, project)
    text = (project / "lineage.yml").read_text()
    put(project / "lineage.yml", text.replace("images:\n", f"registry: localhost:{port}\nimages:\n", 1))
    lab.empty()
    sure([FOREBEAR, "lock", "--local"], project, lab.env)
    sure([FOREBEAR, "build", "-q"], project, lab.env)
    return project


def _loop(family: Family, port: int) -> str:
    names = " ".join(family.parents)
    return f"set -e; for name in {names}; do docker push -q localhost:{port}/{PROJECT}/$name:{VERSION}; done"


@contextmanager
def _registry(folder: Path, port: int) -> Iterator[None]:
    """An empty registry."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "config.yml").write_text(CONFIG.format(storage=folder / "storage", port=port))
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(["docker-registry", "serve", folder / "config.yml"], stdout=log, stderr=log) as process,
    ):
        try:
            _wait_for(port)
            yield
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("benchmarks: the registry did not start; run: apt-get install docker-registry")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
