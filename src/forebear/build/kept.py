"""What preparations made, kept in the user's cache by the digest of what they read: only an accelerator."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from forebear.atomic import TEMPORARY
from forebear.errors import Fault, InputError, Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from forebear.build.summary import Pairs

_RECORD: Final = "record.json"
_MOST: Final = 64
"""How many runs are kept: those that were not asked for the longest go."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A folder of past runs, each in a folder named by its key; beside them what the last runs read."""

    folder: Path

    def record(self, key: str) -> dict[str, str] | None:
        """The digest of each output of a run, None where it is not kept."""
        found = _loaded(self.folder / "runs" / key / _RECORD)
        return {str(path): str(digest) for path, digest in found.items()} if isinstance(found, dict) else None

    def restore(self, key: str, outputs: Sequence[str], root: Path) -> bool:
        """Put the outputs of a run in place below `root`; whether they were kept. Raises InputError."""
        run = self.folder / "runs" / key
        if self.record(key) is None:
            return False
        try:
            for number, path in enumerate(outputs):
                _put(run / str(number), root / path)
            os.utime(run)
        except OSError as error:
            raise InputError([_unwritable(outputs, error)]) from error
        return True

    def keep(self, key: str, made: Mapping[str, str], root: Path) -> None:
        """Keep the outputs of a run, with the digest of each; a cache that cannot be written keeps nothing."""
        runs = self.folder / "runs"
        with suppress(OSError), _new(runs) as folder:
            for number, path in enumerate(made):
                _copy(root / path, folder / str(number))
            (folder / _RECORD).write_text(json.dumps(dict(made)))
            shutil.rmtree(runs / key, ignore_errors=True)
            folder.rename(runs / key)
        _drop_oldest(runs)

    def remember(self, name: str, files: Pairs) -> None:
        """Keep what the last run of a name read."""
        with suppress(OSError), _new(self.folder / "last") as folder:
            (folder / name).write_text(json.dumps(files))
            (folder / name).replace(self.folder / "last" / name)

    def remembered(self, name: str) -> Pairs | None:
        """What the last run of a name read, None where that is not known."""
        found = _loaded(self.folder / "last" / name)
        return tuple((str(path), str(own)) for path, own in found) if isinstance(found, list) else None


def _loaded(path: Path) -> object:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


@contextmanager
def _new(inside: Path) -> Iterator[Path]:
    """A folder that is gone in the end, unless it was moved."""
    inside.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=inside))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _put(kept: Path, target: Path) -> None:
    """Let `target` be a copy of what is kept: whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with _new(target.parent) as folder:
        _copy(kept, folder / "new")
        if target.is_dir() and not target.is_symlink():
            target.rename(folder / "old")
        (folder / "new").replace(target)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copy(source, target)


def _drop_oldest(runs: Path) -> None:
    with suppress(OSError):
        aged = sorted(runs.iterdir(), key=lambda run: run.stat().st_mtime)
        for run in aged[:-_MOST]:
            shutil.rmtree(run, ignore_errors=True)


def _unwritable(outputs: Sequence[str], error: OSError) -> Fault:
    where = error.filename or outputs[0]
    return Fault(Place(str(where)), f"what was prepared cannot be put there: {error.strerror}", "make room for it")
