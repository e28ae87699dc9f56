"""Layers as tars, made of values."""

from __future__ import annotations

import hashlib
import io
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping


@dataclass(frozen=True)
class Made:
    """An entry to be."""

    path: str
    content: bytes = b""
    type: bytes = tarfile.REGTYPE
    mode: int = 0o644
    uid: int = 0
    uname: str = ""
    time: str = "0"
    link: str = ""
    xattrs: Mapping[str, str] = field(default_factory=dict)
    device: tuple[int, int] = (0, 0)

    def add(self, tar: tarfile.TarFile) -> None:
        member = tarfile.TarInfo(self.path)
        member.type, member.mode, member.linkname = self.type, self.mode, self.link
        member.uid, member.uname, member.size = self.uid, self.uname, len(self.content)
        member.devmajor, member.devminor = self.device
        times = {"mtime": self.time} if "." in self.time else {}
        member.mtime = int(self.time.partition(".")[0])
        member.pax_headers = times | {f"SCHILY.xattr.{name}": value for name, value in self.xattrs.items()}
        tar.addfile(member, io.BytesIO(self.content))


def layer(entries: Iterable[Made], form: int = tarfile.PAX_FORMAT) -> bytes:
    """The tar of a layer."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form, encoding="utf-8", errors="surrogateescape") as tar:
        for entry in entries:
            entry.add(tar)
    return buffer.getvalue()


def saved(*members: tuple[str, bytes]) -> bytes:
    """The tar of a saved image: names and bytes."""
    return layer(Made(name, content) for name, content in members)


def chunked(data: bytes, size: int = 1000) -> Generator[bytes]:
    """Bytes as an engine streams them."""
    yield b""
    for start in range(0, len(data), size):
        yield data[start : start + size]


def digest(data: bytes) -> str:
    """The digest of bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
