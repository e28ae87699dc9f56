"""Lets a copy of the family's lineage.yml pin what the stand-in for Debian has: pins.py LINEAGE REFERENCE."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import docker

PACKAGES = "/usr/share/debian/Packages"


def main(lineage: Path, reference: str) -> int:
    """Write the versions of the stand-in's packages into a lineage.yml, at the packages that it names."""
    said = docker.from_env().containers.run(reference, ["grep", "-E", "^(Package|Version): ", PACKAGES], remove=True)
    words = said.decode().split()
    text = lineage.read_text()
    for name, version in zip(words[1::4], words[3::4], strict=True):
        text = re.sub(rf"^( +{re.escape(name)}: ).*$", rf"\g<1>{version}", text, flags=re.MULTILINE)
    lineage.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
