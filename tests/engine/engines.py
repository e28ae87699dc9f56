"""What tests on real engines need: the engines, a base image, and a registry of their own."""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import shutil
import socket
import subprocess
import tarfile
import tempfile
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import docker
import requests
from docker.errors import ImageNotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

TOOL = Path(__file__).parents[2] / "tools/engine"
ENGINES = ("release-overlay2", "current-overlay2", "current-containerd")
BASE = "docker.io/library/base:1"
BASE_LABEL = "forebear.test.base"
_LOCK = Path(tempfile.gettempdir(), "forebear-tests.lock")
REGISTRY_CONFIG = """\
version: 0.1
log: {{level: warn}}
storage:
  filesystem: {{rootdirectory: {storage}}}
  delete: {{enabled: true}}
http: {{addr: "127.0.0.1:{port}"}}
"""


@dataclass(frozen=True)
class Engine:
    """A running engine: its name among ENGINES, and its DOCKER_HOST."""

    name: str
    host: str

    @contextmanager
    def client(self) -> Iterator[docker.APIClient]:
        """A client of the engine's raw API."""
        with closing(docker.APIClient(base_url=self.host, version="auto", timeout=300)) as client:
            yield client

    def describe(self) -> str:
        """Name and versions, for the summary of a test run."""
        with self.client() as client:
            version, info = client.version(), client.info()
        parts = [f"{one['Name']} {one['Version']}" for one in version["Components"] if one["Name"] != "docker-init"]
        store = dict(info["DriverStatus"]).get("driver-type", "graph driver")
        return f"{self.name}: {', '.join(parts)}; API {version['ApiVersion']}; {info['Driver']} ({store})"


def chosen() -> tuple[str, ...]:
    """The engines to test on: those that FOREBEAR_ENGINES names, else all; ValueError for an unknown one."""
    names = tuple(os.environ.get("FOREBEAR_ENGINES", "").replace(",", " ").split()) or ENGINES
    unknown = set(names) - set(ENGINES)
    if unknown:
        raise ValueError(f"FOREBEAR_ENGINES: no engine {', '.join(sorted(unknown))}; there are {', '.join(ENGINES)}")
    return names


@contextmanager
def borrowed(name: str) -> Iterator[Engine]:
    """The engine `name`, running; it ends with its last user, unless it was started by hand."""
    kind, _, store = name.partition("-")
    options = ["--engine", kind, "--store", store]
    command = [str(TOOL), "run", *options, "--", "sh", "-c", 'echo "$DOCKER_HOST"; exec cat']
    pipe = subprocess.PIPE
    # A session of its own: an interrupt from the terminal must not stop the engine under a test's clean-up.
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, start_new_session=True) as tool:
        assert tool.stdout is not None
        host = tool.stdout.readline().strip()
        if not host:
            raise RuntimeError(f"no engine {name}:\n{tool.communicate()[1]}")
        yield Engine(name, host)
        tool.communicate()  # closes its input, which ends it


def install(program: str, package: str) -> str:
    """The path of `program`, from Debian's `package`, which is installed if it is missing."""
    found = shutil.which(program)
    if found is None:
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            raise RuntimeError(f"{program} is missing: apt-get install {package}, or run the tests as root")
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        apt = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]
        subprocess.run([*apt, "update"], check=True, env=environment)
        subprocess.run([*apt, "install", "-y", "--no-install-recommends", package], check=True, env=environment)
        found = shutil.which(program)
        assert found is not None
    return found


def load_base(client: docker.APIClient) -> str:
    """Import a base image of busybox alone as BASE, unless it is there; its reference. Another run may do so, too."""
    with _LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _load_base(client)


def _load_base(client: docker.APIClient) -> str:
    archive = _base_archive(Path(install("busybox", "busybox-static")))
    label = hashlib.sha256(archive).hexdigest()
    try:
        labels = client.inspect_image(BASE)["Config"]["Labels"] or {}
    except ImageNotFound:
        labels = {}
    if labels.get(BASE_LABEL) != label:
        repository, _, tag = BASE.rpartition(":")
        changes = [f"LABEL {BASE_LABEL}={label}", 'CMD ["/bin/sh"]']
        client.import_image_from_data(archive, repository=repository, tag=tag, changes=changes)
    return BASE


def _base_archive(busybox: Path) -> bytes:
    """A root file system: /bin/busybox, a link for each of its programs, and the usual folders."""
    buffer = io.BytesIO()
    programs = subprocess.run([busybox, "--list"], check=True, capture_output=True, text=True).stdout.split()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, mode in {"bin": 0o755, "etc": 0o755, "root": 0o700, "tmp": 0o1777, "var": 0o755}.items():
            archive.addfile(_entry(name, tarfile.DIRTYPE, mode))
        program = _entry("bin/busybox", tarfile.REGTYPE, 0o755)
        program.size = busybox.stat().st_size
        archive.addfile(program, io.BytesIO(busybox.read_bytes()))
        for name in sorted(set(programs) - {"busybox"}):
            link = _entry(f"bin/{name}", tarfile.SYMTYPE, 0o777)
            link.linkname = "busybox"
            archive.addfile(link)
    return buffer.getvalue()


def _entry(name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = kind, mode
    return entry


def tags(client: docker.APIClient, project: str) -> list[str]:
    """Every tag of the images of `project`, whatever registry they are named for."""
    # Filtered by the engine: the containerd store takes a second for each hundred images that it lists.
    images = client.images(filters={"reference": [f"{project}/*:*", f"*/{project}/*:*"]})
    return sorted(tag for image in images for tag in image["RepoTags"] or [] if f"/{project}/" in f"/{tag}")


def remove_images(client: docker.APIClient, project: str) -> None:
    """Remove every tag of the images of `project`."""
    for tag in tags(client, project):
        with suppress(ImageNotFound):  # the containerd store drops all names of what was pulled by digest at once
            client.remove_image(tag, force=True)


class Registry:
    """A real registry on the loopback, with its own storage; it can be stopped and started again.

    `more` is added to its configuration: who is let in, or what it is a mirror of.
    """

    def __init__(self, folder: Path, more: str = "") -> None:
        self.log = folder / "log"
        self._config = folder / "config.yml"
        self._port = _free_port()
        self._config.write_text(REGISTRY_CONFIG.format(storage=folder / "storage", port=self._port) + more)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """What references begin with."""
        return f"localhost:{self._port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [install("docker-registry", "docker-registry"), "serve", str(self._config)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + 30
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the registry did not start:\n{self.log.read_text()}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop it; its storage stays."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{self._port}/v2/", timeout=5).status_code in (200, 401)
        except requests.ConnectionError:
            return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
