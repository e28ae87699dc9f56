"""Trying whether an engine's builder runs commands of a platform: with the smallest program that ends well."""

from __future__ import annotations

import io
import struct
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from forebear.engine.model import BuildRequest
from forebear.errors import BuildFailed, EngineRefused

if TYPE_CHECKING:
    from forebear.engine.model import Engine

_DOCKERFILE: Final = b'FROM scratch\nCOPY end /end\nRUN ["/end"]\n'
_PAGE: Final = 0x10000
_EPOCH: Final = 315532800


@dataclass(frozen=True, slots=True)
class _Machine:
    """An architecture in an ELF file (System V ABI, "ELF Header"): its number, its flags, and `exit(0)` for Linux."""

    number: int
    code: str
    flags: int = 0
    wide: bool = True
    order: str = "<"

    def program(self) -> bytes:
        """A static program of one segment, the headers with the code behind them."""
        code = bytes.fromhex(self.code)
        word, sizes = ("Q", (64, 56)) if self.wide else ("I", (52, 32))
        start = _PAGE + sum(sizes)
        ident = b"\x7fELF" + bytes((2 if self.wide else 1, 1 if self.order == "<" else 2, 1)) + bytes(9)
        layout = f"{self.order}HHI{word}{word}{word}IHHHHHH"
        header = struct.pack(layout, 2, self.number, 1, start, sizes[0], 0, self.flags, *sizes, 1, 0, 0, 0)
        return ident + header + self._segment(sum(sizes) + len(code)) + code

    def _segment(self, size: int) -> bytes:
        """The program header: readable and executable, all of the file ("Program Header")."""
        if self.wide:
            return struct.pack(f"{self.order}IIQQQQQQ", 1, 5, 0, _PAGE, _PAGE, size, size, _PAGE)
        return struct.pack(f"{self.order}IIIIIIII", 1, 0, _PAGE, _PAGE, size, size, 5, _PAGE)


_MACHINES: Final = {
    "amd64": _Machine(62, "31ff b83c000000 0f05"),
    "386": _Machine(3, "31db b801000000 cd80", wide=False),
    "arm64": _Machine(183, "000080d2 a80b80d2 010000d4"),
    "arm": _Machine(40, "0000a0e3 0170a0e3 000000ef", flags=0x05000000, wide=False),
    "ppc64le": _Machine(21, "00006038 01000038 02000044", flags=2),
    "riscv64": _Machine(243, "13050000 9308d005 73000000"),
    "s390x": _Machine(22, "a7290000 0a01", order=">"),
}
"""By the name of the architecture in a platform. The code calls exit(0), in the machine's own order of bytes."""


def program(platform: str) -> bytes | None:
    """A program for a platform that ends with 0; None where none is known."""
    system, architecture, *_ = platform.split("/")
    machine = _MACHINES.get(architecture) if system == "linux" else None
    return machine.program() if machine else None


def obstacle(engine: Engine, platform: str) -> str | None:
    """What keeps the builder from running a command of a platform; "" where nothing does, None where it is not known.

    What the step said, which is indented in a log, tells more than how it ended.

    Raises EngineUnreachable.
    """
    made = program(platform)
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
