"""A file system of its own in a file, to see what an engine writes to it and uses of it."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SECTOR: Final = 512
"""Bytes, whatever the device is made of (Linux, Documentation/block/stat.rst)."""


@dataclass(frozen=True, slots=True)
class Disk:
    """A file system that is mounted on a folder."""

    folder: Path
    kind: str

    @property
    def used(self) -> int:
        """The bytes in use, once all is written out, and what was removed is given back."""
        os.sync()
        if self.kind == "btrfs":
            subprocess.run(["btrfs", "subvolume", "sync", self.folder], check=True, stdout=subprocess.DEVNULL)
        found = os.statvfs(self.folder)
        return (found.f_blocks - found.f_bfree) * found.f_frsize

    @property
    def written(self) -> int:
        """The bytes that were ever written to the device, once all is written out."""
        os.sync()
        device = subprocess.check_output(["findmnt", "-n", "-o", "SOURCE", self.folder], text=True).strip()
        fields = open(f"/sys/class/block/{os.path.basename(device)}/stat").read().split()  # noqa: PTH119, PTH123, SIM115
        return int(fields[6]) * _SECTOR


@contextmanager
def mounted(kind: str, file: Path, folder: Path, size: int) -> Iterator[Disk]:
    """A new file system of a kind, ext4 or btrfs, with `size` bytes in `file`, mounted on a folder; gone in the end."""
    folder.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as sparse:
        sparse.truncate(size)
    try:
        subprocess.run([f"mkfs.{kind}", "-q", file], check=True, capture_output=True)
        subprocess.run(["mount", "-o", "loop", file, folder], check=True)
        try:
            yield Disk(folder, kind)
        finally:
            subprocess.run(["umount", folder], check=True)
    finally:
        file.unlink()
