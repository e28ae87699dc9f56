"""Reading tars that others wrote: in bounded memory, and with every fault of theirs as an error of ours."""

from __future__ import annotations

import tarfile
import zlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, Final, Literal, Protocol, Self

from forebear.errors import EngineRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK: Final = 2**16

_LONGEST: Final = 2**20
"""The bytes of an extended header, which is read at once: as many as Go's archive/tar takes, and so any engine."""

_EXTENSIONS: Final = frozenset((b"x", b"g", b"X", b"L", b"K"))
_ENDS: Final = (tarfile.EmptyHeaderError, tarfile.EOFHeaderError)  # type: ignore[attr-defined]
"""What Python's tarfile raises at the end of the file, and at the block of zeros that ends a tar."""

_CUT: Final[type[tarfile.TarError]] = tarfile.TruncatedHeaderError  # type: ignore[attr-defined]

_FAULTS: Final = (tarfile.TarError, zlib.error, ArithmeticError, ValueError, LookupError, EOFError, RecursionError)
"""What Python's tarfile and gzip raise for bytes that are none."""


class Readable(Protocol):
    """What can be read in chunks."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""
        ...


class CutShort(tarfile.ReadError):
    """A tar that ends within a header."""


class _Header(tarfile.TarInfo):
    """A member's header; one that is broken, or would have much read into memory, is refused."""

    @classmethod
    def fromtarfile(cls, tar: tarfile.TarFile) -> Self:
        """The next one. TarFile.next takes a broken one behind the first member for the end of the tar."""
        try:
            return super().fromtarfile(tar)
        except _ENDS:
            raise
        except tarfile.HeaderError as error:
            kind = CutShort if isinstance(error, _CUT) else tarfile.ReadError
            raise kind(f"{error} at byte {tar.offset:,}") from error

    def _proc_member(self, tar: tarfile.TarFile) -> Self:
        """Read what follows, by its type; tarfile.py names this as the place for those who derive from it."""
        if self.type in _EXTENSIONS and self.size > _LONGEST:
            raise tarfile.ReadError(f"an extended header of {self.size:,} bytes")
        return super()._proc_member(tar)  # type: ignore[misc, no-any-return]


@contextmanager
def judged(what: str) -> Iterator[None]:
    """Turn what reading a tar or a gzip stream raises into EngineRefused; `what` names what is read."""
    try:
        yield
    except (*_FAULTS, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        reason = str(error) or type(error).__name__
        raise EngineRefused(
            f"{what} cannot be read: {reason}", "look into the engine's log, and build again"
        ) from error


def opened(file: IO[bytes], mode: Literal["r:", "r|"]) -> tarfile.TarFile:
    """A tar to be read: `r:` where the file can be sought in, `r|` where it comes as a stream."""
    options: dict[str, Any] = {"tarinfo": _Header, "encoding": "utf-8", "errors": "surrogateescape"}
    return tarfile.open(fileobj=file, mode=mode, **options)


def members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """The members in order; the tar forgets each, since a list of all would grow with it."""
    while (member := tar.next()) is not None:
        if member.size < 0:
            raise tarfile.ReadError("a member of negative size")
        yield member
        tar.members.clear()  # type: ignore[attr-defined]


def data(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes] | None:
    """The bytes of a member; None for one that has none: folders, links, devices."""
    return None if member.islnk() or member.issym() else tar.extractfile(member)


def chunks_of(file: Readable) -> Iterator[bytes]:
    """A file in chunks, to its end."""
    while chunk := file.read(CHUNK):
        yield chunk
