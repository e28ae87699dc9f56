"""Which folder is the build context of a Dockerfile, where nothing says it: one that holds all that it copies."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final

from forebear.dockerfile.copied import sources
from forebear.dockerfile.words import heredoc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from forebear.dockerfile.model import Dockerfile

# Variables and patterns name no one file; ADD takes from elsewhere too.
_UNCLEAR: Final = re.compile(r"[$*?\[\\]|://|^git@")


def context_of(path: str, dockerfile: Dockerfile, exists: Callable[[str], bool]) -> str:
    """The context of the Dockerfile at `path`, as a folder below the root ("." is the root).

    It is the Dockerfile's own folder, unless something that it copies is missing there and a folder above has it
    all: then the nearest such. `exists` tells whether a path below the root is there.
    """
    own = path.rpartition("/")[0] or "."
    copied = tuple(dict.fromkeys(_copied(dockerfile)))
    folders = (folder for folder in _upwards(own) if all(exists(posixpath.normpath(f"{folder}/{c}")) for c in copied))
    return next(folders, own)


def _copied(dockerfile: Dockerfile) -> Iterator[str]:
    for each in dockerfile.instructions:
        if each.keyword in {"COPY", "ADD"} and not any(name == "from" for name, _ in each.flags):
            yield from (
                posixpath.normpath(f"./{one}") for one in sources(each) if not _UNCLEAR.search(one) and not heredoc(one)
            )


def _upwards(folder: str) -> Iterator[str]:
    while folder != ".":
        yield folder
        folder = folder.rpartition("/")[0] or "."
    yield "."
