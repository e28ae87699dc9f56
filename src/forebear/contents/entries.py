"""An entry of a layer: what of it can differ, and how that is written for people."""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Final, cast

from forebear.contents.tars import CHUNK

if TYPE_CHECKING:
    from collections.abc import Mapping

_TYPES: Final = {
    b"\0": "file",
    b"0": "file",
    b"7": "file",
    b"S": "file",
    b"1": "hard link",
    b"2": "symbolic link",
    b"3": "character device",
    b"4": "block device",
    b"5": "folder",
    b"6": "fifo",
}
_XATTR: Final = "SCHILY.xattr."  # as star, Go's archive/tar and so all engines write extended attributes
_SECONDS: Final = re.compile(r"(-?\d{1,18})(?:\.(\d*))?")
_WITHOUT_BYTES: Final = frozenset(_TYPES.values()) - {"file"}
_SHOWN: Final = 12
_VALUE: Final = 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry.

    `path` and `link` as the layer's bytes, the path without `/` or `./` before it; `mode`: the permission bits;
    `time`: seconds since 1970 as a decimal; `xattrs`: JSON, hexadecimal by name; `content`: the digest of a file's
    bytes, the numbers of a device; `offset`: where a file's bytes are in the layer, -1 where they are not in one piece.
    """

    path: bytes
    type: str
    mode: int
    owner: str
    time: str
    link: bytes
    xattrs: str
    size: int
    content: str
    offset: int


def entry_of(file: IO[bytes], member: tarfile.TarInfo) -> Entry:
    """The entry that a member of a layer is; its bytes are read. Raises ReadError where they end too early."""
    kind = _TYPES.get(member.type, f"type {member.type!r}")
    bare = kind in _WITHOUT_BYTES
    link = kind.endswith("link")
    return Entry(
        path=_bytes(member.name.removeprefix("./").lstrip("/")),
        type=kind,
        mode=member.mode & 0o7777,
        owner=shown(_bytes(f"{member.uid}:{member.gid} ({member.uname}:{member.gname})")),
        time=_time(member.pax_headers.get("mtime"), member.mtime),
        link=_bytes(member.linkname) if link else b"",
        xattrs=_xattrs(member.pax_headers),
        size=0 if bare else member.size,
        content=_numbers(member, kind) if bare else _digest(file, member),
        offset=-1 if bare or member.issparse() else member.offset_data,
    )


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _time(exact: str | None, rounded: float) -> str:
    """Without zeros that mean nothing; tarfile rounds what an extended header says to a float."""
    found = _SECONDS.fullmatch(exact or "")
    if found is None:
        return str(int(rounded))
    fraction = (found[2] or "").rstrip("0")
    return f"{found[1]}.{fraction}" if fraction else str(int(found[1]))


def _xattrs(headers: Mapping[str, str]) -> str:
    names = sorted(name for name in headers if name.startswith(_XATTR))
    return json.dumps({name.removeprefix(_XATTR): _bytes(headers[name]).hex() for name in names})


def _numbers(member: tarfile.TarInfo, kind: str) -> str:
    return f"{member.devmajor}:{member.devminor}" if kind.endswith("device") else ""


def _digest(file: IO[bytes], member: tarfile.TarInfo) -> str:
    """Of the bytes that are there: the holes of a sparse file, which can be larger than any disk, count by their place.

    tarfile reads some sparse maps without ever coming to an end, so that its reader is left aside.
    """
    holes = cast("list[tuple[int, int]] | None", member.sparse)
    digest = hashlib.sha256(repr(holes).encode() if holes is not None else b"")
    left = member.size if holes is None else sum(size for _, size in holes)
    file.seek(member.offset_data)
    while left > 0:
        chunk = file.read(min(left, CHUNK))
        if not chunk:
            raise tarfile.ReadError("it ends within a file")
        digest.update(chunk)
        left -= len(chunk)
    return digest.hexdigest()


def shown(name: bytes) -> str:
    """Bytes as text: what is no UTF-8, or would not be seen, is escaped."""
    text = name.decode("utf-8", "backslashreplace")
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def content(entry: Entry) -> str:
    """`29 bytes, sha256:0123456789ab`; a device's numbers: `1:3`."""
    if entry.type in _WITHOUT_BYTES:
        return entry.content
    return f"{entry.size:,} bytes, sha256:{entry.content[:_SHOWN]}"


def mode(entry: Entry) -> str:
    """`0644`."""
    return f"{entry.mode:04o}"


def owner(entry: Entry) -> str:
    """`0:0`, with names where there are some: `0:0 (root:root)`."""
    return entry.owner.removesuffix(" (:)")


def time(entry: Entry) -> str:
    """`2026-11-24T00:00:00.25Z`."""
    seconds, _, fraction = entry.time.partition(".")
    try:
        text = datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return f"{entry.time} s"
    return f"{text}.{fraction}Z" if fraction else f"{text}Z"


def link(entry: Entry) -> str:
    """`-> busybox`."""
    return f"-> {shown(entry.link)}"


def xattrs(entry: Entry) -> str:
    """`security.capability=0x0100…`."""
    values = json.loads(entry.xattrs).items()
    texts = [f"{shown(_bytes(name))}=0x{value[:_VALUE]}{'…' * (len(value) > _VALUE)}" for name, value in values]
    return ", ".join(texts) or "no extended attributes"


def summary(entry: Entry) -> str:
    """What there is: `file, 29 bytes, sha256:0123456789ab, 0644`."""
    said = content(entry) if entry.content else link(entry) if entry.link else ""
    return ", ".join(filter(None, (entry.type, said, mode(entry))))
