"""What ADD fetches from a network without saying what it has to be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from forebear.dockerfile.copied import sources
from forebear.pins.audit.told import Told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forebear.dockerfile.model import Instruction

# BuildKit, util/gitutil: what is cloned, and what is downloaded.
_GIT: Final = re.compile(r"(?:git|ssh)://|git@[\w.-]+:|github\.com/|https?://[^?#]*\.git(?:[?#]|\Z)", re.IGNORECASE)
_HTTP: Final = re.compile(r"https?://", re.IGNORECASE)
_COMMIT: Final = re.compile(r"(?:#|[?&](?:commit|checksum)=)[0-9a-f]{40}(?:[0-9a-f]{24})?(?:[:&#]|\Z)")
_VALUE: Final = re.compile(r"[?#].*|(?<=//)[^/@]*@")


def told(instruction: Instruction) -> Iterator[Told]:
    """The sources of an ADD that can change unseen."""
    if any(name == "checksum" for name, _ in instruction.flags):
        return
    for source in sources(instruction):
        shown = _VALUE.sub("", source)
        if _GIT.match(source):
            if not _COMMIT.search(source):
                problem = f"ADD clones {shown} at a branch or tag, which can be moved"
                yield Told("no-checksum", source, problem, "write the whole commit behind #", source)
        elif _HTTP.match(source):
            problem = f"ADD downloads {shown}, and takes whatever is there"
            yield Told("no-checksum", source, problem, "write ADD --checksum=sha256:…", source)
