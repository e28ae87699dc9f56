"""The layers of an image that an engine saved, taken out of the stream by the digests that they must have.

Nothing that the stream says of itself is believed: a layer is what has the digest of one once it is unpacked. So
all forms are read alike: the OCI image layout (28 and newer; blobs compressed on the containerd store), and
`ID/layer.tar` of 20.10.
"""

from __future__ import annotations

import gzip
import hashlib
from contextlib import closing, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, TYPE_CHECKING, Final, cast

from forebear.contents.tars import CutShort, chunks_of, data, judged, members, opened
from forebear.errors import BuildFailed, EngineRefused

if TYPE_CHECKING:
    import io
    from collections.abc import Collection, Generator, Iterable, Set

_SAVED: Final = "the image that the engine saved"
_BLOBS: Final = "blobs/sha256/"
_GZIP: Final = b"\x1f\x8b"  # RFC 1952, section 2.3.1
_ZSTD: Final = b"\x28\xb5\x2f\xfd"  # RFC 8878, section 3.1.1


class _Chunks:
    """Chunks as a file that is read once; tarfile asks again where it got less than it wants."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = filter(None, chunks)

    def read(self, _size: int) -> bytes:
        return next(self._chunks, b"")


def spool(chunks: Generator[bytes], wanted: Collection[str], folder: Path) -> dict[str, Path]:
    """Put the wanted layers of a saved image into a folder, unpacked; the file of each.

    `chunks`: what `Engine.save` gives; it is read no further than needed, and closed.
    `wanted`: diff IDs, `sha256:…` of the unpacked layers (OCI image specification, config.md, rootfs.diff_ids).
    Raises EngineRefused where a layer is missing or the stream is broken, BuildFailed where the folder cannot
    take it.
    """
    left, found, unread = set(wanted), dict[str, Path](), 0
    file = cast("IO[bytes]", _Chunks(chunks))
    # An engine that cannot read a layer ends its answer there: which layer that is is told below.
    with closing(chunks), judged(_SAVED), suppress(CutShort), closing(opened(file, "r|")) as tar:
        for member in members(tar) if left else ():
            blob = cast("io.BufferedReader | None", data(tar, member))
            unread += blob is not None and blob.peek(4).startswith(_ZSTD)
            if blob and (layer := _spooled(blob, member.name, left, folder)):
                found.update([layer])
                left.discard(layer[0])
            if not left:
                break
    if left:
        raise _missing(min(left), unread)
    return found


def _missing(layer: str, unread: int) -> EngineRefused:
    if unread:
        return EngineRefused(
            f"layer {layer} cannot be read: {_SAVED} has {unread} compressed with zstd",
            "only layers without compression or with gzip can be compared",
        )
    return EngineRefused(
        f"layer {layer} is missing from {_SAVED}", "take it away (docker image rm), and build it again: forebear build"
    )


def _spooled(file: io.BufferedReader, name: str, wanted: Set[str], folder: Path) -> tuple[str, Path] | None:
    """A layer's digest and file, None where the bytes are not one that is wanted. They are read to their end."""
    packed = file.peek(2).startswith(_GZIP)
    if not packed and name.startswith(_BLOBS) and f"sha256:{name.removeprefix(_BLOBS)}" not in wanted:
        for _chunk in chunks_of(file):
            pass
        return None
    try:
        return _written(gzip.GzipFile(fileobj=file) if packed else file, wanted, folder)
    except gzip.BadGzipFile:
        raise
    except OSError as error:
        problem = f"the layers of an image cannot be put into {folder}: {error.strerror}"
        raise BuildFailed(problem, "make room there, or name another folder in TMPDIR") from error


def _written(unpacked: IO[bytes] | gzip.GzipFile, wanted: Set[str], folder: Path) -> tuple[str, Path] | None:
    digest = hashlib.sha256()
    with NamedTemporaryFile(dir=folder, delete=False) as file:
        path = Path(file.name)
        try:
            for chunk in chunks_of(unpacked):
                digest.update(chunk)
                file.write(chunk)
            file.close()
            layer = f"sha256:{digest.hexdigest()}"
            return (layer, path.rename(folder / f"{digest.hexdigest()}.tar")) if layer in wanted else None
        finally:
            path.unlink(missing_ok=True)
