"""Line ends of Windows: BuildKit reads them as line feeds, except in here-documents."""

from __future__ import annotations

from forebear.dockerfile.model import DockerfileFault
from forebear.dockerfile.reader import read
from forebear.importing.refused import Refused


def unix(text: str) -> str:
    """A Dockerfile with line feeds alone, which says the same. Raises Refused where it would say something else."""
    found = text.replace("\r\n", "\n")
    if "\r" in found:
        line = found[: found.index("\r")].count("\n") + 1
        raise Refused(line, "a carriage return stands within a line, and no template keeps it", "remove it")
    if found != text and not _alike(text, found):
        reason = "its here-documents hold carriage returns, which no template keeps"
        raise Refused(0, reason, "convert its line ends to LF")
    return found


def _alike(text: str, other: str) -> bool:
    """Whether two texts have the same instructions; what no one can read is told elsewhere."""
    try:
        return read(text).instructions == read(other).instructions
    except DockerfileFault:
        return True
