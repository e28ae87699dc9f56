"""Trying whether an engine's builder runs commands of a platform: with the smallest program that ends well."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING, Final

from forebear.engine.model import BuildRequest
from forebear.engine.programs import ending
from forebear.errors import BuildFailed, EngineRefused

if TYPE_CHECKING:
    from forebear.engine.model import Engine

_DOCKERFILE: Final = b'FROM scratch\nLABEL forebear.probe=1\nCOPY end /end\nRUN ["/end"]\n'
_EPOCH: Final = 315532800


def obstacle(engine: Engine, platform: str) -> str | None:
    """What keeps the builder from running a command of a platform; "" where nothing does, None where it is not known.

    What the step said, which is indented in a log, tells more than how it ended.

    Raises EngineUnreachable.
    """
    made = ending(platform)
    if made is None:
        return None
    context = _context(made)
    lines: list[str] = []
    request = BuildRequest(lambda: iter((context,)), (), (), None, platform, _EPOCH, fresh=True)
    try:
        engine.untag(engine.build(request, lines.append))
    except (BuildFailed, EngineRefused) as error:
        return next((line.strip() for line in reversed(lines) if line.startswith(" ")), error.problem)
    return ""


def _context(end: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, data, mode in (("Dockerfile", _DOCKERFILE, 0o644), ("end", end, 0o755)):
            member = tarfile.TarInfo(name)
            member.size, member.mode, member.mtime = len(data), mode, _EPOCH
            tar.addfile(member, io.BytesIO(data))
    return buffer.getvalue()
