"""Making the images' contexts ready before they are read: what is due, and carrying it out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forebear import memo
from forebear.build.events import Preparing as Told
from forebear.build.kept import Kept
from forebear.build.logs import Logs
from forebear.build.preparing import Preparing
from forebear.build.recipe import Target
from forebear.errors import BuildFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from forebear.build.digests import Digests
    from forebear.build.events import Event
    from forebear.build.preparing import Due
    from forebear.lineage.model import Image
    from forebear.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Readiness:
    """By the name of an image: which of its preparations are due, in words, and which failed."""

    due: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    failed: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)


def look(workspace: Workspace, images: Iterable[Image], digests: Digests) -> Readiness:
    """What is due; nothing is run. Raises InputError."""
    preparing = _preparing(workspace, digests)
    found = {image.name: [due for each in image.prepare if (due := preparing.due(image, each))] for image in images}
    return Readiness({name: tuple(map(_words, due)) for name, due in found.items() if due})


def make_ready(
    workspace: Workspace, images: Iterable[Image], digests: Digests, platform: str, emit: Callable[[Event], None]
) -> Readiness:
    """Carry out what is due, in the order of the images; what fails is told of its image. Raises InputError."""
    preparing = _preparing(workspace, digests)
    failed: dict[str, tuple[str, ...]] = {}
    for image in images:
        try:
            with Logs(workspace, platform).open(Target(f"{image.name}.prepare", platform)) as (path, log):
                target = Target(image.name, platform)
                for each in image.prepare:
                    if due := preparing.due(image, each):
                        emit(Told(target, due.command, due.why, path))
                        preparing.carry_out(due, log)
        except BuildFailed as error:
            failed[image.name] = (f"its preparation failed: {error}",)
    return Readiness(failed=failed)


def _preparing(workspace: Workspace, digests: Digests) -> Preparing:
    return Preparing(workspace, digests, Kept(memo.folder() / "prepared"))


def _words(due: Due) -> str:
    return f"{due.command} has to run first: {due.why}"
