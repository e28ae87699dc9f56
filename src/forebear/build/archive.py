"""A build context as the tar stream that an engine reads: the same bytes for the same words, never held whole."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Final, NoReturn

from forebear.errors import BuildFailed

if TYPE_CHECKING:
    import tarfile
    from collections.abc import Iterable, Iterator

    from forebear.build.context import Context, Entry

CHUNK: Final = 1 << 20
"""No chunk of the stream is longer, in bytes."""

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def stream(context: Context, dockerfile: bytes, *, epoch: int) -> Iterator[bytes]:
    """A tar archive (POSIX.1-2001, "pax") of the context, with the text `dockerfile` as its first file.

    Entries keep their order and mode, belong to 0:0 and have the time `epoch` (seconds since 1970).
    Raises BuildFailed at a file that is no longer what the context says; the archive then has no end,
    so that no engine takes it.
    """
    return _in_chunks(_pieces(context, dockerfile, epoch))


def _in_chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Small pieces together, in chunks of at most CHUNK bytes, which no piece exceeds."""
    chunk = bytearray()
    for piece in pieces:
        if len(chunk) + len(piece) > CHUNK:
            yield bytes(chunk)
            chunk.clear()
        chunk += piece
    yield bytes(chunk)


def _pieces(context: Context, dockerfile: bytes, epoch: int) -> Iterator[bytes]:
    import tarfile

    head = tarfile.TarInfo(context.dockerfile)
    head.size, head.mode = len(dockerfile), 0o644
    yield _header(head, epoch)
    yield from (dockerfile[start : start + CHUNK] for start in range(0, len(dockerfile), CHUNK))
    yield _padding(len(dockerfile))
    for entry in context.entries:
        yield _header(_describe(entry), epoch)
        if entry.kind == "file":
            yield from _contents(context, entry)
    yield bytes(2 * tarfile.BLOCKSIZE)


def _describe(entry: Entry) -> tarfile.TarInfo:
    import tarfile

    kinds = {"file": tarfile.REGTYPE, "directory": tarfile.DIRTYPE, "link": tarfile.SYMTYPE}
    info = tarfile.TarInfo(entry.path)
    info.type, info.mode, info.size, info.linkname = kinds[entry.kind], entry.mode, entry.size, entry.target
    return info


def _header(info: tarfile.TarInfo, epoch: int) -> bytes:
    import tarfile

    info.mtime = epoch
    return info.tobuf(tarfile.PAX_FORMAT)


def _padding(size: int) -> bytes:
    """A file's contents end on a block of 512 bytes."""
    return bytes(-size % 512)


def _contents(context: Context, entry: Entry) -> Iterator[bytes]:
    """A file's bytes and padding, which is not given before the digest of all of them was right."""
    try:
        descriptor = os.open(os.fsencode(context.root) + b"/" + entry.path.encode(), _FLAGS)
        try:
            yield from _checked(descriptor, context, entry)
        finally:
            os.close(descriptor)
    except OSError as error:
        _refuse(context, entry, f" ({(error.strerror or str(error)).lower()})")
    yield _padding(entry.size)


def _checked(descriptor: int, context: Context, entry: Entry) -> Iterator[bytes]:
    digest, left = hashlib.sha256(), entry.size
    while part := os.read(descriptor, min(CHUNK, left)):
        digest.update(part)
        left -= len(part)
        yield part
    if left or os.read(descriptor, 1) or digest.hexdigest() != entry.digest:
        _refuse(context, entry)


def _refuse(context: Context, entry: Entry, cause: str = "") -> NoReturn:
    problem = f"context file {context.label}/{entry.path} changed while it was being sent{cause}"
    raise BuildFailed(problem, "run it again") from None
