"""The stand-ins for distributions on an engine, and what they have to install."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from families import output

if TYPE_CHECKING:
    from engines import Engine

TOOL = Path(__file__).parents[2] / "tools/standin"
FEDORA = "docker.io/library/fedora:25"
DEBIAN = "docker.io/library/debian:standin"
BUILDER = "docker.io/library/debian:bookworm-20250721-slim"


def load_fedora(engine: Engine) -> str:
    """The reference of a Fedora with dnf, and Tomcat to install."""
    return _loaded(engine, "fedora", FEDORA)


def load_debian(engine: Engine) -> str:
    """The reference of a Debian with apt, and Tomcat to install."""
    return _loaded(engine, "debian", DEBIAN)


def load_builder(engine: Engine) -> str:
    """The reference of the Debian 12 that the family's builder starts from."""
    return _loaded(engine, "builder", BUILDER)


def _loaded(engine: Engine, name: str, reference: str) -> str:
    environment = {**os.environ, "DOCKER_HOST": engine.host}
    subprocess.run([TOOL, name], check=True, env=environment, stdout=subprocess.DEVNULL)
    return reference


def versions(engine: Engine, *names: str) -> dict[str, str]:
    """The versions of packages that the Debian has to install."""
    with engine.client() as client:
        said = output(client, DEBIAN, "sh", "-c", "grep -E '^(Package|Version): ' /usr/share/debian/Packages")
    words = said.split()
    found = dict(zip(words[1::4], words[3::4], strict=True))
    return {name: found[name] for name in names}
