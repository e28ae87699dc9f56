"""Being an ordinary user: the tests run as root, too, to whom nothing is closed."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def as_nobody() -> Iterator[Path]:
    """A folder of an ordinary user's, and no right beyond that user's."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        with tempfile.TemporaryDirectory(dir="/tmp") as folder:
            yield Path(folder)
            Path(folder).chmod(0o700)
    finally:
        if is_root:
            os.seteuid(0)
