"""The versions that lineage.yml had before, as git remembers them."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any, Final

from forebear.errors import InputError
from forebear.lineage.document import load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEPTH: Final = 100
"""How many of the last commits that changed the file are looked at."""

_SECONDS: Final = 20
# Nothing of a repository's own settings runs, and nothing is fetched.
_QUIET: Final = {"GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}


def versions(root: Path, file: str) -> Iterator[tuple[str, str, str]]:
    """The image, its version and where that was, for each image in the past of a file; none without git."""
    commits = _git(root, "log", f"-n{DEPTH}", "--format=%H", "--", file).split()
    for commit in commits:
        data = _git(root, "cat-file", "blob", f"{commit}:./{file}")
        where = f"in commit {commit[:12]}"
        yield from (
            (name, version, where) for name, version in _declared(data.encode("utf-8", "surrogateescape"), file)
        )


def _git(root: Path, *arguments: str) -> str:
    """What git prints; nothing where it is not there, or knows nothing of this."""
    command = ["git", "--no-pager", "-c", "core.fsmonitor=false", "-c", "log.showSignature=false", *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program, no shell
            command, cwd=root, env={**os.environ, **_QUIET}, capture_output=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "surrogateescape") if done.returncode == 0 else ""


def _declared(data: bytes, file: str) -> Iterator[tuple[str, str]]:
    """The version of each image in a text that may have any form, as far as it can be told."""
    try:
        found: Any = load(data, file).data
    except InputError:
        return
    images = found.get("images") if isinstance(found, dict) else None
    for name, image in images.items() if isinstance(images, dict) else ():
        own = image.get("version") if isinstance(image, dict) else None
        version = own or found.get("version")
        if isinstance(version, str):
            yield name, version
