"""One private engine in a folder of its own: dockerd, its containerd and its containers.

The daemon is the first process of a process and a mount namespace. When it ends, however it ends, the kernel
ends its containers and their mounts with it, and it does not see a containerd that the machine itself runs.
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
from fault import Fault
from locks import held, in_use

HOMES = Path("/var/lib/forebear/engine")
STARTS_IN = STOPS_IN = 60  # seconds
SOCKET_PATH_MAX = 107  # bytes: sun_path in unix(7), less the final zero
LONGEST_SOCKET = "run/containerd/containerd-debug.sock"
IN_NAMESPACE = 'mount -t tmpfs -o mode=711 tmpfs /run/containerd && exec "$@"'


@dataclass(frozen=True)
class Engine:
    """What was asked for: `kind` is release, current or system; `store` overlay2 or containerd."""

    kind: str
    store: str
    folder: Path

    @property
    def socket(self) -> Path:
        return self.folder / "docker.sock"

    @property
    def host(self) -> str:
        return f"unix://{self.socket}"

    @property
    def log(self) -> Path:
        return self.folder / "dockerd.log"

    @property
    def users(self) -> Path:
        """Whoever needs an engine that was started on demand holds a shared lock on this file."""
        return self.folder / "users"

    @property
    def on_demand(self) -> Path:
        return self.folder / "on-demand"

    @property
    def config(self) -> Path:
        return self.folder / "daemon.json"

    @property
    def lock(self) -> Path:
        return self.folder.with_name(self.folder.name + ".lock")

    def usr(self) -> Path | None:
        """The folder with the engine's programs; None for those on PATH. Installs what is missing."""
        if self.kind == "system":
            debian.tools()
            return None
        return debian.current() if self.kind == "current" else debian.release()

    def start(self, on_demand: bool) -> bool:
        """Start the engine unless it runs; whether it was started."""
        self._check_length()
        usr = self.usr()
        with held(self.lock):
            if not on_demand:
                self.on_demand.unlink(missing_ok=True)
            if self.process() is not None:
                self._wait()
                return False
            self._prepare()
            self._launch(usr)
            if on_demand:
                self.on_demand.touch()
            return True

    def stop(self, purge: bool, if_idle: bool) -> bool:
        """Stop the engine and its containers; whether it is stopped now."""
        with held(self.lock):
            if if_idle and (not self.on_demand.exists() or in_use(self.users)):
                return False
            self._end()
            network.remove_for(self.folder)
            if purge:
                shutil.rmtree(self.folder, ignore_errors=True)
            self.lock.unlink()
        return True

    def client(self, usr: Path) -> Path:
        """A folder with this engine's docker client and its configuration, which names the client's plugins."""
        folder = self.folder / "client"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "docker").unlink(missing_ok=True)
        (folder / "docker").symlink_to(usr / "bin/docker")
        plugins = {"cliPluginsExtraDirs": [str(usr / "libexec/docker/cli-plugins")]}
        (folder / "config.json").write_text(json.dumps(plugins) + "\n")
        return folder

    def process(self) -> int | None:
        """The number of the first process in the engine's namespace; None when the engine does not run.

        Found by its command line, which names this folder: no pidfile can be stale.
        """
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes().decode(errors="replace").split("\0")
            except OSError:  # it has just ended
                continue
            if Path(words[0]).name == "tini" and str(self.config) in words:
                return int(path.parent.name)
        return None

    def info(self) -> dict[str, Any]:
        """The answer to `GET /info`; OSError when the engine does not answer."""
        return dial.ask(str(self.socket), "/info")

    def version(self) -> dict[str, Any]:
        """The answer to `GET /version`; OSError when the engine does not answer."""
        return dial.ask(str(self.socket), "/version")

    def _check_length(self) -> None:
        longest = len(os.fsencode(self.folder / LONGEST_SOCKET))
        if longest > SOCKET_PATH_MAX:
            over = longest - SOCKET_PATH_MAX
            raise Fault(f"{self.folder}: too long for a unix socket, by {over} bytes; give a shorter --dir", 2)

    def _prepare(self) -> None:
        """A folder without a trace of an earlier run but its data, and with this run's configuration."""
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.folder / "run", ignore_errors=True)
        self.on_demand.unlink(missing_ok=True)
        self.socket.unlink(missing_ok=True)
        lan = network.raise_for(self.folder)
        self.config.write_text(json.dumps(self._settings(lan), indent=2) + "\n")

    def _settings(self, lan: network.Network) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "data-root": str(self.folder / "data"),
            "exec-root": str(self.folder / "run"),
            "pidfile": str(self.folder / "run/dockerd.pid"),
            "hosts": [self.host],
            "bridge": lan.bridge,
            "default-address-pools": [{"base": lan.pool, "size": 26}],
            "iptables": False,
            "ip6tables": False,
            "exec-opts": ["native.cgroupdriver=cgroupfs"],  # systemd does not know the namespace's process numbers
            "features": {"containerd-snapshotter": self.store == "containerd"},
        }
        return settings if self.store == "containerd" else {**settings, "storage-driver": self.store}

    def _launch(self, usr: Path | None) -> None:
        path = os.environ["PATH"] + ":/usr/sbin:/sbin"
        environment = {**os.environ, "PATH": f"{usr}/sbin:{usr}/bin:{path}" if usr else path}
        dockerd = shutil.which("dockerd", path=environment["PATH"])
        if dockerd is None:
            raise Fault("no dockerd on PATH; take --engine release or current")
        Path("/run/containerd").mkdir(exist_ok=True)
        unshare = ["unshare", "--mount", "--propagation", "slave", "--pid", "--fork", "--mount-proc"]
        command = ["sh", "-c", IN_NAMESPACE, "sh", "tini", "-g", "--", dockerd, "--config-file", str(self.config)]
        with self.log.open("wb") as log:
            outer = subprocess.Popen(
                [*unshare, *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=environment,
                cwd="/",
            )
        try:
            self._wait(outer)
            self._check_store()
        except BaseException:
            self._end()
            network.remove_for(self.folder)
            raise

    def _wait(self, outer: subprocess.Popen[bytes] | None = None) -> None:
        """Until the engine answers; Fault when it ends or takes too long."""
        deadline = time.monotonic() + STARTS_IN
        while True:
            try:
                self.info()
            except (OSError, ValueError) as error:
                problem = str(error)
            else:
                return
            if outer is not None and outer.poll() is not None:
                raise Fault(f"the engine ended while it started.\n{self._last_lines()}")
            if time.monotonic() > deadline:
                raise Fault(f"the engine does not answer after {STARTS_IN} s: {problem}\n{self._last_lines()}")
            time.sleep(0.1)

    def _check_store(self) -> None:
        got = dial.store(self.info())
        if got != self.store:
            version = self.version()["Version"]
            raise Fault(f"this engine, {version}, has the store {got} and not {self.store}; take --engine current", 2)

    def _last_lines(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-15:]
        return "\n".join([f"The last lines of {self.log}:", *(f"  {line}" for line in lines)])

    def _end(self) -> None:
        """End the daemon, first politely so that it stops its containers."""
        process = self.process()
        for sign in (signal.SIGTERM, signal.SIGKILL):
            if process is None:
                return
            os.kill(process, sign)
            deadline = time.monotonic() + STOPS_IN
            while (process := self.process()) is not None and time.monotonic() < deadline:
                time.sleep(0.05)
        if process is not None:
            raise Fault(f"the engine, process {process}, does not end")


def default_folder(kind: str, store: str) -> Path:
    """Where an engine lives unless --dir says otherwise."""
    return HOMES / f"{kind}-{store}"
