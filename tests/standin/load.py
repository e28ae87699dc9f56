"""Loads a docker-archive into the engine of the environment, unless the engine has it: load.py ARCHIVE REFERENCE."""

from __future__ import annotations

import json
import sys
import tarfile
from pathlib import Path
from typing import Any

import docker
from docker.errors import DockerException, ImageNotFound

AUTHOR = "tools/standin"


def main(archive: Path, reference: str) -> int:
    """Load `archive`, which holds the stand-in under the name `reference`; the exit code."""
    try:
        client = docker.from_env(timeout=600)
        found = inspect(client, reference)
        if found is not None and found["Author"] != AUTHOR:
            print(f"{reference}: the engine has an image of this name that is no stand-in; left as it is")
        elif found is not None and found["RootFS"]["Layers"] == layers(archive):
            print(f"{reference}: the engine has it")
        else:
            load(client, archive)
            print(f"{reference}: loaded")
    except DockerException as fault:
        print(f"tools/standin: the engine cannot take the stand-in: {fault}", file=sys.stderr)
        return 4
    return 0


def inspect(client: docker.DockerClient, reference: str) -> dict[str, Any] | None:
    """What the engine knows of an image; None where it has none of this name."""
    try:
        return client.images.get(reference).attrs
    except ImageNotFound:
        return None


def layers(archive: Path) -> list[str]:
    """The diff IDs that the archive's configuration names."""
    with tarfile.open(archive) as tar:
        member = tar.extractfile("config.json")
        assert member is not None
        return list(json.load(member)["rootfs"]["diff_ids"])


def load(client: docker.DockerClient, archive: Path) -> None:
    """Send the archive to the engine."""
    with archive.open("rb") as stream:
        for line in client.api.load_image(stream):
            if "error" in line:
                raise DockerException(line["error"])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
