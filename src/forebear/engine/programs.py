"""Pure: the smallest programs for Linux, made without a compiler: one that ends well, and one that asks over HTTP."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

_PAGE: Final = 0x10000
_LOOPBACK: Final = bytes((127, 0, 0, 1))


@dataclass(frozen=True, slots=True)
class _Machine:
    """An architecture in an ELF file (System V ABI, "ELF Header"): its number, its flags, and code for Linux.

    `end` calls exit(0). `ask` connects to what stands behind it, sends what stands behind that, and prints what comes;
    it is what tools/programs assembles.
    """

    number: int
    end: str
    ask: str
    flags: int = 0
    wide: bool = True
    order: str = "<"

    def program(self, code: bytes) -> bytes:
        """A static program of one segment, the headers with the code behind them."""
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

    def address(self, port: int) -> bytes:
        """A port of the loopback as connect(2) takes it (ip(7)): struct sockaddr_in, 16 bytes."""
        return struct.pack(f"{self.order}H", 2) + struct.pack(">H", port) + _LOOPBACK + bytes(8)

    def counted(self, text: bytes) -> bytes:
        """A text behind its length, a word of the machine in 8 bytes."""
        return struct.pack(f"{self.order}{'Q' if self.wide else 'I'}", len(text)).ljust(8, b"\0") + text


_MACHINES: Final = {
    "amd64": _Machine(
        62,
        "31ff b83c000000 0f05",
        "6a29586a025f6a015e31d20f0589c389c7488d35580000006a105a6a2a580f0585c0753b89df488d355b000000488b15"
        "4c0000006a01580f054881ec0010000089df4889e6ba0010000031c00f0585c07e1289c2bf0100000089f80f05ebe16a"
        "075feb0231ff6a3c580f050000000000",
    ),
    "386": _Machine(
        3,
        "31db b801000000 cd80",
        "e8000000005d81c57b000000b867010000bb02000000b90100000031d2cd8089c689c389e9ba10000000b86a010000cd"
        "8085c0753b89f38d4d188b5510b804000000cd8081ec0010000089f389e1ba00100000b803000000cd8085c07e1989c2"
        "bb0100000089e1b804000000cd80ebdabb07000000eb0231dbb801000000cd80",
        wide=False,
    ),
    "arm64": _Machine(
        183,
        "000080d2 a80b80d2 010000d4",
        "400080d2210080d2020080d2c81880d2010000d4f30300aac1030010020280d2681980d2010000d4800200b5e00313aa"
        "c103001062030058080880d2010000d4ff0740d1e00313aae1030091020082d2e80780d2010000d41f0000f12d010054"
        "e20300aa200080d2e1030091080880d2010000d4f4ffff17e00080d202000014000080d2a80b80d2010000d400000000",
    ),
    "arm": _Machine(
        40,
        "0000a0e3 0170a0e3 000000ef",
        "0200a0e30110a0e30020a0e3467fa0e3017087e2000000ef0040a0e174108fe21020a0e3027087e2000000ef000050e3"
        "1300001a0400a0e158108fe2102091e5181081e20470a0e3000000ef01da4de20400a0e10d10a0e1012aa0e30370a0e3"
        "000000ef000050e3070000da0020a0e10100a0e30d10a0e10470a0e3000000eff2ffffea0700a0e3000000ea0000a0e3"
        "0170a0e3000000ef",
        flags=0x05000000,
        wide=False,
    ),
    "ppc64le": _Machine(
        21,
        "00006038 01000038 02000044",
        "4601003802006038010080380000a03802000044781b7e7c05000048a602e87f8c00ff3b78f3c37f78fbe47f1000a038"
        "48010038020000440000232c5400824078f3c37f18009f381000bfe8040000380200004400f0213878f3c37f780b247c"
        "0010a03803000038020000442c0083410000232c24008140781b657c01006038780b247c0400003802000044ccffff4b"
        "070060380800004800006038010000380200004400000000",
        flags=2,
    ),
    "riscv64": _Machine(
        243,
        "13050000 9308d005 73000000",
        "6f0000091305200093051000130600009308600c730000001304050093850400130600019308b00c7300000063180504"
        "130504009385840103b604019308000473000000b7120000330151401305040093050100371600009308f00373000000"
        "6352a00213060500130510009305010093080004730000006ff05ffd130570006f008000130500009308d00573000000"
        "13000000eff41ff7",
    ),
    "s390x": _Machine(
        22,
        "a7290000 0a01",
        "a7290002a7390001a7490000a71901670a00b9040062c07000000035b9040037a7490010a719016a0a00a72f0000a774"
        "0020b904002641307018e340701000040a04a7fbf000b9040026b904003fa74910000a03a72f0000a7c4000fb9040042"
        "a7290001b904003f0a04a7f4ffeea7290007a7f40004a72900000a0100000000",
        order=">",
    ),
}
"""By the name of the architecture in a platform. The code is in the machine's own order of bytes."""


def ending(platform: str) -> bytes | None:
    """A program for a platform that ends with 0; None where none is known."""
    machine = _machine(platform)
    return machine.program(bytes.fromhex(machine.end)) if machine else None


def asking(platform: str, port: int, request: bytes) -> bytes | None:
    """A program for a platform that sends a request to a port of the loopback, and prints what comes back.

    It ends when the other side does, and with 7 where nobody listens. None where no such program is known.
    """
    machine = _machine(platform)
    if machine is None:
        return None
    return machine.program(bytes.fromhex(machine.ask) + machine.address(port) + machine.counted(request))


def _machine(platform: str) -> _Machine | None:
    system, architecture, *_ = platform.split("/")
    return _MACHINES.get(architecture) if system == "linux" else None
