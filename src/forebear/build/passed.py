"""Which images passed which gates: by image ID and the digest of the gates. Only an accelerator."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from forebear.errors import InputError

if TYPE_CHECKING:
    from forebear.workspace import Workspace

FILE: Final = ".forebear/gates.json"
_LIMIT: Final = 16 << 20
_KEPT: Final = 50_000


class Passed:
    """Images that need not be gated again; a file that cannot be read or written costs time and nothing else."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._lock = threading.Lock()
        self._known: dict[str, str] = {}
        with suppress(InputError, ValueError, RecursionError):
            found = json.loads(workspace.read(FILE, limit=_LIMIT)) if workspace.exists(FILE) else {}
            self._known = dict(found) if isinstance(found, dict) else {}

    def has(self, image: str, gates: str) -> bool:
        """Whether an image, by ID, passed gates, by their digest."""
        return self._known.get(image) == gates

    def add(self, image: str, gates: str) -> None:
        """It passed them."""
        with self._lock:
            self._known.pop(image, None)
            self._known[image] = gates

    def save(self) -> None:
        """Write what is known, the newest."""
        with self._lock, suppress(InputError):
            kept = dict([*self._known.items()][-_KEPT:])
            if kept:
                self._workspace.prepare()
                self._workspace.write(FILE, json.dumps(kept, indent=0).encode())
