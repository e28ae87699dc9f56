"""A private engine on a small disk of its own, to be killed and to run full."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from engines import TOOL, Engine, load_base

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZE = "96m"


class Private:
    """An engine like one of the shared ones, in `folder`; its data is on a disk of `size` in memory."""

    def __init__(self, name: str, folder: Path, size: str = SIZE) -> None:
        kind, _, store = name.partition("-")
        self._options = ["--engine", kind, "--store", store, "--dir", str(folder)]
        self._folder = folder
        self._size = size
        self.engine = Engine(name, f"unix://{folder}/docker.sock")

    def start(self) -> None:
        """Start it, with what it had."""
        self._tool("start")

    def kill(self) -> None:
        """Kill its daemon as the kernel would that is out of memory; its containers end with it."""
        config = f"{self._folder}/daemon.json"
        for process in self._processes(config):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while self._processes(config):
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def _processes(self, config: str) -> list[int]:
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                words = path.read_bytes().decode(errors="replace").split("\0")
                if words[0] == "dockerd" and config in words:
                    found.append(int(path.parent.name))
        return found

    def _tool(self, what: str, *more: str) -> None:
        subprocess.run([TOOL, what, *self._options, *more], check=True, capture_output=True, text=True)

    @contextmanager
    def running(self) -> Iterator[Engine]:
        """The engine, started; at the end nothing is left of it."""
        data = self._folder / "data"
        data.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self._size}", "tmpfs", data], check=True)
        try:
            self.start()
            yield self.engine
        finally:
            self.kill()
            self._tool("stop")
            subprocess.run(["umount", data], check=True)
            self._tool("stop", "--purge")


@contextmanager
def private_engine(name: str) -> Iterator[Private]:
    """A running engine like one of the shared ones, with the base image and nothing else."""
    folder = Path(tempfile.mkdtemp(prefix="forebear-"))  # short enough for the path of a socket
    private = Private(name, folder)
    with private.running() as engine, engine.client() as client:
        load_base(client)
        yield private
    shutil.rmtree(folder, ignore_errors=True)
