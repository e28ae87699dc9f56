"""What an engine can do, found out by trying: an empty image is built in each way, until one works."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING, Final

from forebear.engine.model import Builder, BuildRequest, Capabilities
from forebear.engine.stream import is_full
from forebear.errors import EngineUnreachable, Error
from forebear.retry import Passing

if TYPE_CHECKING:
    from collections.abc import Callable

    from forebear.engine.model import EngineInfo

_PROBE: Final = b"FROM scratch\nLABEL forebear.probe=1\n"


def probe(info: EngineInfo, attempt: Callable[[BuildRequest, Capabilities], None]) -> Capabilities:
    """The best that an engine can do; `attempt` builds an image in a way, and removes it.

    Raises what says nothing of the way: an engine that is gone or busy, a disk that is full.
    """
    request = BuildRequest(lambda: iter((_context(),)), (), (), None, info.platform, 1)
    full = Capabilities(Builder.BUILDKIT, rewrites_timestamps=True, why_not="")
    store = f"the {info.store} image store cannot rewrite timestamps; the containerd image store can"
    plain = Capabilities(Builder.BUILDKIT, rewrites_timestamps=False, why_not=store)
    refused = ""
    for capabilities in (full, plain) if info.keeps_digests else (plain,):
        try:
            attempt(request, capabilities)
        except (EngineUnreachable, Passing):
            raise
        except Error as error:
            if is_full(error.problem):
                raise
            refused = error.problem
        else:
            return capabilities
    return Capabilities(Builder.CLASSIC, rewrites_timestamps=False, why_not=f"BuildKit refuses: {refused}")


def _context() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        member = tarfile.TarInfo("Dockerfile")
        member.size = len(_PROBE)
        tar.addfile(member, io.BytesIO(_PROBE))
    return buffer.getvalue()
