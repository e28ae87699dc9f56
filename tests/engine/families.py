"""Small families of images on a real engine: their folder, forebear at work in it, and what came of it."""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from forebear import api

if TYPE_CHECKING:
    from collections.abc import Mapping

    import docker

    from forebear.engine.model import Engine

FOREBEAR = Path(sys.executable).with_name("forebear")
VERSION = "1.0.0"


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    out: str
    err: str

    @property
    def documents(self) -> list[dict[str, Any]]:
        """What --json printed: one document, or one a line."""
        texts = [self.out] if self.out.startswith("{\n") else self.out.splitlines()
        return [json.loads(text) for text in texts]

    @property
    def lines(self) -> list[str]:
        """The lines of the result, without what they say of time."""
        return [line.partition(" in ")[0] for line in self.out.splitlines()]


@dataclass
class Family:
    """A project of a few images in `root`, built on the engine at `host`; lineage.yml follows every `add`.

    `labels` are those of images that are added without any; `environment` is more of it, for the command line.
    """

    root: Path
    host: str
    project: str
    fields: dict[str, Any] = field(default_factory=dict)
    images: dict[str, dict[str, Any]] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.engine: Engine = api.connect(self.host)
        self._started: list[subprocess.Popen[str]] = []

    def add(
        self, name: str, base: str, *lines: str, files: Mapping[str, str | bytes] | None = None, **entry: Any
    ) -> None:
        """Declare an image: FROM its parent, then `lines`; `files` are its context, `entry` the rest of its entry."""
        self.images[name] = {"from": base, **({"labels": self.labels} if self.labels else {}), **entry}
        self.template(name, *lines)
        for path, data in (files or {}).items():
            self.put(f"images/{name}/{path}", data)
        self.declare()

    def template(self, name: str, *lines: str) -> None:
        """Write the template of an image: `lines`, after FROM its parent where they begin with no other FROM."""
        start = [] if any(line.startswith("FROM") for line in lines) else ["FROM {{ parent }}"]
        self.put(f"templates/{name}.Dockerfile.j2", "\n".join([*start, *lines, ""]))

    def put(self, path: str, data: str | bytes) -> None:
        """Write a file of the project."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data.encode() if isinstance(data, str) else data)

    def declare(self, **fields: Any) -> None:
        """Write lineage.yml, with more fields at its top."""
        self.fields |= fields
        head = {"lineage": 1, "project": self.project, "version": VERSION, **self.fields}
        self.put("lineage.yml", yaml.safe_dump({**head, "images": self.images}, sort_keys=False))

    def clone(self, root: Path, host: str = "") -> Family:
        """The same project in another folder, without what is not committed; perhaps on another engine."""
        shutil.copytree(self.root, root, ignore=shutil.ignore_patterns(".forebear"), copy_function=shutil.copyfile)
        images = {name: dict(entry) for name, entry in self.images.items()}
        return Family(root, host or self.host, self.project, dict(self.fields), images)

    def tag(self, name: str) -> str:
        """The release tag of an image, as the engine lists it."""
        registry = f"{self.fields['registry']}/" if "registry" in self.fields else ""
        return f"{registry}{self.project}/{name}:{self.images[name].get('version', VERSION)}"

    def log_in(self, registry: str, user: str, password: str) -> None:
        """Let the Docker configuration of the command line know a password."""
        known = {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}
        self.put("none/config.json", json.dumps({"auths": {registry: known}}))

    def start(self, *words: str) -> subprocess.Popen[str]:
        """The command line, at work."""
        environment = {"PATH": "/usr/bin:/bin", "DOCKER_HOST": self.host, "DOCKER_CONFIG": str(self.root / "none")}
        environment |= {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ} | self.environment
        process = subprocess.Popen(
            [FOREBEAR, "-C", self.root, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self._started.append(process)
        return process

    def close(self) -> None:
        """End what is still at work."""
        for process in self._started:
            with process:
                process.kill()

    def forebear(self, *words: str, code: int = 0, seconds: float = 60) -> Ran:
        """The command line, run to its end, which must be `code`, within a time."""
        return ended(self.start(*words), code, seconds)

    def lock(self) -> None:
        """Lock the upstreams, as one does without a network."""
        api.write_lock(api.open_project(self.root), self.engine, local=True)

    def build(self, *select: str) -> dict[str, str]:
        """How each image came to its end, by name."""
        done = api.build(api.open_project(self.root), self.engine, select)
        return {each.target.image: str(each.outcome) for each in done}

    def plan(self, *select: str) -> dict[str, tuple[str, ...]]:
        """The reasons of each image that is built or blocked, by name; nothing of those that are reused."""
        made = api.plan(api.open_project(self.root), self.engine, select)
        return {step.target.image: step.reasons for step in made.steps if step.action != "reuse"}

    def drifted(self) -> list[str]:
        """What is half written, or not as the templates say."""
        half = [str(path) for path in self.root.rglob(".forebear-write-*")]
        return half + [each.diff for each in api.drift(api.open_project(self.root))]


def ended(process: subprocess.Popen[str], code: int, seconds: float = 60) -> Ran:
    """What a command came to, which must be the exit code `code`, and never a traceback."""
    out, err = process.communicate(timeout=seconds)
    assert process.returncode == code, out + err
    assert "Traceback" not in out + err
    return Ran(out, err)


def outcomes(ran: Ran) -> dict[str, str]:
    """How each image came to its end, by name, in the order in which they did, as `build --json` tells it."""
    return {each["image"]: each["outcome"] for each in ran.documents if each.get("event") == "ended"}


def by_hand(client: docker.APIClient, tag: str, *lines: str, builder: str = "buildkit") -> str:
    """Build an image of a Dockerfile alone as anybody may, without forebear; its ID."""
    url = f"{client.base_url}/v{client.api_version}/build"
    version = "2" if builder == "buildkit" else "1"
    headers = {"Content-Type": "application/x-tar"}
    answer = client.post(url, params={"t": tag, "version": version}, data=_tar("\n".join(lines)), headers=headers)
    assert "errorDetail" not in answer.text, answer.text
    return identity(client, tag)


def _tar(dockerfile: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo("Dockerfile")
        member.size = len(dockerfile.encode())
        archive.addfile(member, io.BytesIO(dockerfile.encode()))
    return buffer.getvalue()


def identity(client: docker.APIClient, image: str) -> str:
    """The ID of an image."""
    return str(client.inspect_image(image)["Id"])


def layers(client: docker.APIClient, image: str) -> list[str]:
    """The layers of an image, lowest first."""
    return list(client.inspect_image(image)["RootFS"]["Layers"])


def labels(client: docker.APIClient, image: str) -> dict[str, str]:
    """The labels of an image."""
    return dict(client.inspect_image(image)["Config"]["Labels"])


def everything(client: docker.APIClient, image: str) -> bytes:
    """Every byte of an image: what a registry or a file would hold of it, unpacked, and all that is told of it."""
    saved = b"".join(client.get_image(image))
    with tarfile.open(fileobj=io.BytesIO(saved)) as archive:
        files = [file.read() for entry in archive if entry.isfile() and (file := archive.extractfile(entry))]
    layers = [gzip.decompress(data) for data in files if data.startswith(b"\x1f\x8b")]
    said = json.dumps([client.inspect_image(image), client.history(image)]).encode()
    return b"\0".join([saved, *files, *layers, said])


def output(client: docker.APIClient, image: str, *command: str) -> str:
    """What a command prints in a container of an image, where it has to succeed."""
    container = client.create_container(image, list(command))["Id"]
    try:
        client.start(container)
        code, said = client.wait(container)["StatusCode"], client.logs(container).decode()
    finally:
        client.remove_container(container, force=True)
    assert code == 0, said
    return str(said)
