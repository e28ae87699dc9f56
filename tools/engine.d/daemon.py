"""One private engine in a folder of its own: dockerd, its containerd and its containers.

The daemon is the first process of a process and a mount namespace. When it ends, however it ends, the kernel
ends its containers and their mounts with it; and it does not see a containerd that the machine itself runs.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import debian
import dial
import network
from errors import EngineError
from locks import changing, in_use

HOMES = Path("/var/lib/forebear/engine")
STORES = ("overlay2", "containerd", "vfs", "btrfs")
STARTS_IN = STOPS_IN = 60  # seconds
LOG_LINES = 15
WITHOUT_KEY = 23  # the version from which on dockerd has no key of its own
SOCKET_PATH_MAX = 104  # bytes; containerd refuses more, wherever it runs (sys.CreateUnixSocket)
LONGEST_SOCKET = "run/containerd/containerd-debug.sock"
IN_NAMESPACE = 'mount -t tmpfs -o mode=711 tmpfs /run/containerd && exec "$@"'


@dataclass(frozen=True)
class Engine:
    """An engine as asked for: `kind` is release, current or system; `store` is one of STORES."""

    kind: str
    store: str
    folder: Path

    def __str__(self) -> str:
        return f"{self.folder} ({self.kind}, {self.store})"

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.folder / "docker.sock"

    @property
    def host(self) -> str:
        """The value for DOCKER_HOST."""
        return f"unix://{self.socket}"

    @property
    def log(self) -> Path:
        """What the daemon said since it was started."""
        return self.folder / "dockerd.log"

    @property
    def config(self) -> Path:
        """The daemon's configuration; /etc/docker is the machine's own engine's."""
        return self.folder / "daemon.json"

    @property
    def client(self) -> Path:
        """The engine's own docker client and its configuration; an old engine and a new client do not agree."""
        return self.folder / "client"

    @property
    def on_demand(self) -> Path:
        """There if the engine is to end with its last user, because nobody started it by hand."""
        return self.folder / "on-demand"

    def start(self, on_demand: bool = False) -> None:
        """Start the engine; nothing to do when it runs."""
        self._check_length()
        with changing(self.folder):
            usr = self.usr()
            if not on_demand:
                self.on_demand.unlink(missing_ok=True)
            if self.process() is not None:
                self._wait()
                self._check()
                return
            self._prepare(usr)
            if on_demand:
                self.on_demand.touch()
            self._launch(usr)

    def stop(self, purge: bool = False) -> None:
        """Stop the engine and its containers, `purge` its data; nothing to do when it does not run."""
        with changing(self.folder):
            self._end()
            if purge and self.folder.exists():
                shutil.rmtree(self.folder)

    def stop_if_idle(self) -> None:
        """Stop the engine if it was started on demand and nobody uses it any more."""
        with changing(self.folder):
            if self.on_demand.exists() and not in_use(self.folder):
                self._end()

    def usr(self) -> Path:
        """The folder of the engine's programs; installs what is missing."""
        if self.kind != "system":
            return debian.current() if self.kind == "current" else debian.release()
        debian.tools()
        dockerd = shutil.which("dockerd")
        if dockerd is None:
            raise EngineError("there is no dockerd on PATH; take --engine release or --engine current")
        return Path(dockerd).parents[1]

    def process(self) -> int | None:
        """The number of the engine's first process; None when the engine does not run.

        Found by its command line, which names this folder: there is no pidfile that could be stale.
        """
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes().decode(errors="replace").split("\0")
            except OSError:  # it has just ended
                continue
            if Path(words[0]).name == "tini" and str(self.config) in words and self._is_root_of(path.parent):
                return int(path.parent.name)
        return None

    def _is_root_of(self, process: Path) -> bool:
        """Whether the process sees our folder, and not one of the same name in a container."""
        try:
            return self.config.samefile(f"{process}/root{self.config}")
        except OSError:
            return False

    def describe(self) -> str:
        """What runs: version and store; OSError when it does not answer."""
        info = dial.ask(self.socket, "/info")
        return f"engine {info['ServerVersion']}, store {dial.store(info)}"

    def _check_length(self) -> None:
        over = len(os.fsencode(self.folder / LONGEST_SOCKET)) - SOCKET_PATH_MAX
        if over > 0:
            raise EngineError(f"{self.folder}: {over} bytes too long for unix sockets; give a shorter --dir", 2)

    def _prepare(self, usr: Path) -> None:
        """A folder with no trace of an earlier run but its data, and with the configuration of this run."""
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.folder / "run", ignore_errors=True)
        self.socket.unlink(missing_ok=True)
        self.on_demand.unlink(missing_ok=True)
        self._write_client(usr)
        self.config.write_text(json.dumps(self._settings(usr, network.raise_for(self.folder)), indent=2) + "\n")

    def _write_client(self, usr: Path) -> None:
        shutil.rmtree(self.client, ignore_errors=True)
        self.client.mkdir()
        (self.client / "docker").symlink_to(usr / "bin/docker")
        plugins = {"cliPluginsExtraDirs": [str(usr / "libexec/docker/cli-plugins")]}
        (self.client / "config.json").write_text(json.dumps(plugins) + "\n")

    def _settings(self, usr: Path, lan: network.Network) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "data-root": str(self.folder / "data"),
            "exec-root": str(self.folder / "run"),
            "pidfile": str(self.folder / "run/dockerd.pid"),
            "hosts": [self.host],
            "labels": [f"engine={self.kind}"],
            "bridge": lan.bridge,
            "default-address-pools": [{"base": lan.pool, "size": 26}],
            "iptables": False,
            "ip6tables": False,
            # systemd does not know the process numbers of another namespace
            "exec-opts": ["native.cgroupdriver=cgroupfs"],
            "features": {"containerd-snapshotter": self.store == "containerd"},
        }
        if self.store != "containerd":
            settings["storage-driver"] = self.store
        if _major(usr) < WITHOUT_KEY:
            settings["deprecated-key-path"] = str(self.folder / "key.json")  # else it is written to /etc/docker
        return settings

    def _launch(self, usr: Path) -> None:
        Path("/run/containerd").mkdir(exist_ok=True)
        unshare = ["unshare", "--mount", "--propagation", "slave", "--pid", "--fork", "--mount-proc"]
        inside = ["sh", "-c", IN_NAMESPACE, "sh"]
        daemon = ["tini", "-g", "--", "dockerd", "--config-file", str(self.config)]
        with self.log.open("wb") as log:
            outer = subprocess.Popen(
                [*unshare, *inside, *daemon],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "PATH": f"{usr}/sbin:{usr}/bin:{os.environ['PATH']}"},
                cwd="/",
            )
        try:
            self._wait(outer)
            self._check()
        except BaseException:
            self._end()
            raise

    def _wait(self, outer: subprocess.Popen[bytes] | None = None) -> None:
        """Until the engine answers; EngineError when it ends or takes too long."""
        deadline = time.monotonic() + STARTS_IN
        while True:
            try:
                dial.ask(self.socket, "/info")
            except OSError as error:
                problem = error
            else:
                return
            if outer is not None and outer.poll() is not None:
                raise EngineError(f"the engine ended while it started\n{self._last_lines()}")
            if time.monotonic() > deadline:
                raise EngineError(f"no answer within {STARTS_IN} s ({problem})\n{self._last_lines()}")
            time.sleep(0.1)

    def _check(self) -> None:
        """That what runs is what was asked for."""
        info = dial.ask(self.socket, "/info")
        if f"engine={self.kind}" not in info["Labels"]:
            raise EngineError(f"{self.folder}: another engine runs here, {self.describe()}; stop it first", 2)
        if network.find(self.folder) is None:
            raise EngineError(f"{self.folder}: somebody removed this engine's network; stop it and start it again")
        if dial.store(info) != self.store:
            raise EngineError(f"wanted the store {self.store}, got {self.describe()}; see docs/engines.md", 2)

    def _last_lines(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-LOG_LINES:]
        return "\n".join([f"the last lines of {self.log}:", *(f"  {line}" for line in lines)])

    def _end(self) -> None:
        """End the daemon, politely at first so that it stops its containers, and take its network down."""
        for sign in (signal.SIGTERM, signal.SIGKILL):
            deadline = time.monotonic() + STOPS_IN
            if (process := self.process()) is not None:
                os.kill(process, sign)
            while self.process() is not None and time.monotonic() < deadline:
                time.sleep(0.05)
        if (process := self.process()) is not None:
            raise EngineError(f"the engine {self}, process {process}, does not end; see {self.log}")
        self.socket.unlink(missing_ok=True)
        network.remove_for(self.folder)


def _major(usr: Path) -> int:
    """The first number of the version of the dockerd in `usr`."""
    path = f"{usr}/sbin:{usr}/bin"
    said = subprocess.check_output(["dockerd", "--version"], text=True, env={"PATH": path})
    return int(said.removeprefix("Docker version ").partition(".")[0])
