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

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from family import Family
    from lab import Lab

WANTED: Final = "at most 0.6"
HEAD: Final = ("", "seconds", "ratio", "wanted")
CONFIG: Final = """\
version: 0.1
log: {{level: warn}}
storage: {{filesystem: {{rootdirectory: {storage}}}, delete: {{enabled: true}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""


def publish(lab: Lab, family: Family, runs: int, root: Path, date: str) -> Section:
    """Publish a family that is built, `runs` times, each time to an empty registry; so does a loop of docker push."""
    port = _free_port()
    project = root / "project"
    write_forebear(family, project)
    text = (project / "lineage.yml").read_text()
    put(project / "lineage.yml", text.replace("images:\n", f"registry: localhost:{port}\nimages:\n", 1))
    lab.empty()
    sure([FOREBEAR, "lock", "--local"], project, lab.env)
    sure([FOREBEAR, "build", "-q"], project, lab.env)
    ours: list[float] = []
    theirs: list[float] = []
    for number in range(runs):
        pair = [(ours, [FOREBEAR, "publish", "-q"]), (theirs, ["sh", "-c", _loop(family, port)])]
        for seconds, command in pair if number % 2 else reversed(pair):
            shutil.rmtree(project / "releases", ignore_errors=True)
            with _registry(root / "registry", port):
                lab.rest()
                seconds.append(sure(command, project, lab.env).seconds)
    rows = [
        ["forebear publish", spread(ours), ratios(ours, theirs), WANTED],
        ["docker push, one after the other", spread(theirs), "1", ""],
    ]
    conditions = f"{machine(date)}; {lab.describe()}; {family.describe()}; an empty registry each time, {runs} runs"
    return Section(f"publish-{lab.store}", conditions, HEAD, rows)


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
