"""Preparations: commands that make a part of an image's context, run only where what they read has changed."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from forebear.build.commands import carry_out, shown
from forebear.build.context import changes, read_context
from forebear.build.summary import mark
from forebear.errors import BuildFailed, Fault, InputError

if TYPE_CHECKING:
    from pathlib import Path

    from forebear.build.digests import Digests
    from forebear.build.kept import Kept
    from forebear.build.summary import Pairs
    from forebear.engine.model import Log
    from forebear.lineage.model import Image, Preparation
    from forebear.workspace import Workspace

FORMAT: Final = "forebear preparation 1"


@dataclass(frozen=True, slots=True)
class Due:
    """A preparation that has to run, or whose outputs have to be put back from what an earlier run made.

    `key`: the digest of the command and of all that it reads; `why`: the reason, in words.
    """

    image: Image
    preparation: Preparation
    key: str
    why: str

    @property
    def command(self) -> str:
        """The command as people write it."""
        return shown(self.preparation)


@dataclass(frozen=True, slots=True)
class Preparing:
    """The preparations of a project: which are due, and carrying them out."""

    workspace: Workspace
    digests: Digests
    kept: Kept

    def due(self, image: Image, preparation: Preparation) -> Due | None:
        """The preparation, where its outputs are not what its inputs make of them. Raises InputError."""
        self._confine(image, preparation)
        key, files = self._inputs(image, preparation)
        made = self.kept.record(key)
        if made is not None and made == self._outputs(preparation):
            return None
        return Due(image, preparation, key, self._why(preparation, files, known=made is not None))

    def carry_out(self, due: Due, log: Log) -> None:
        """Put the outputs back, or run the command, keep what it made, and remember what it read.

        Raises BuildFailed where it fails, makes no output, or changes what it reads; InputError.
        """
        if not self.kept.restore(due.key, due.preparation.outputs, self.workspace.root):
            carry_out(due.preparation, self.workspace.root, due.image.epoch, log)
            self._keep(due)
        _, files = self._inputs(due.image, due.preparation)
        self.kept.remember(self._last(due.preparation), files)

    def _confine(self, image: Image, preparation: Preparation) -> None:
        """No output is behind a link out of the project: what is put back would land there. Raises InputError."""
        root = os.path.realpath(self.workspace.root)
        real = {path: os.path.realpath(self.workspace.root / path) for path in preparation.outputs}
        outside = [path for path, there in real.items() if not there.startswith(f"{root}/")]
        if outside:
            problem = f"{outside[0]} leads out of the project by a symbolic link"
            raise InputError([Fault(image.place_of("prepare"), problem, "let the command write inside the project")])

    def _keep(self, due: Due) -> None:
        made = self._outputs(due.preparation)
        missing = [path for path, digest in made.items() if not digest]
        if missing:
            raise BuildFailed(f"{due.command} made no {', '.join(missing)}", "correct the command, or its outputs")
        if self._inputs(due.image, due.preparation)[0] != due.key:
            raise BuildFailed(
                f"{due.command} changed what it reads, and would run each time", "name its inputs without what it makes"
            )
        self.kept.keep(due.key, made, self.workspace.root)

    def _inputs(self, image: Image, preparation: Preparation) -> tuple[str, Pairs]:
        """The key of a preparation, and its inputs in a few lines."""
        states = {path: self._state(path) for path in preparation.inputs}
        said = [FORMAT, preparation.run, preparation.folder, preparation.outputs, image.epoch]
        text = json.dumps([*said, {path: digest for path, (digest, _) in states.items()}])
        files = tuple(sorted(pair for _, pairs in states.values() for pair in pairs))
        return hashlib.sha256(text.encode()).hexdigest(), files

    def _outputs(self, preparation: Preparation) -> dict[str, str]:
        return {path: self._state(path)[0] for path in preparation.outputs}

    def _state(self, path: str) -> tuple[str, Pairs]:
        """The digest of a file or of a folder, "" where nothing is, and its files in a few lines."""
        whole = self.workspace.root / path
        if not self.workspace.exists(path):
            return "", ()
        if whole.is_dir():
            context = read_context(whole, path, self.digests)
            return context.digest, tuple((f"{path}/{below}", own) for below, own in context.summary())
        digest = self._file(whole)
        return digest, ((path, mark(digest.encode())),)

    def _file(self, path: Path) -> str:
        stat = path.stat()
        bits = "755" if stat.st_mode & 0o100 else "644"
        return f"{bits} {self.digests.of(path, stat)}"

    def _last(self, preparation: Preparation) -> str:
        """What names the last run of a preparation in this folder."""
        return hashlib.sha256(json.dumps([str(self.workspace.root), preparation.outputs]).encode()).hexdigest()

    def _why(self, preparation: Preparation, files: Pairs, *, known: bool) -> str:
        before = self.kept.remembered(self._last(preparation))
        words = changes(before, files) if before is not None else ()
        if words:
            return ", ".join(words)
        missing = [path for path in preparation.outputs if not self.workspace.exists(path)]
        if missing:
            return f"{', '.join(missing)} is missing"
        if known:
            return "its outputs were changed"
        return "it has not run here yet" if before is None else "its command changed"
