"""Registries that want a password."""

from __future__ import annotations

import base64
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from engines import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

USER, PASSWORD = "ann", "open-sesame-5d1e"
PACKED = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
_BCRYPT: Final = "$2b$04$qySCxEw3Or2Kz6407pbcuuQ24eupm4jkyvyVBCsB6FPuSryhSTvhu"


@contextmanager
def demanding(folder: Path) -> Iterator[Registry]:
    """A registry that lets in whoever knows the password."""
    (folder / "htpasswd").write_text(f"{USER}:{_BCRYPT}\n")
    with started(Registry(folder, f"auth: {{htpasswd: {{realm: private, path: {folder / 'htpasswd'}}}}}\n")) as one:
        yield one


@contextmanager
def started(registry: Registry) -> Iterator[Registry]:
    """A registry, at work."""
    try:
        registry.start()
        yield registry
    finally:
        registry.stop()
