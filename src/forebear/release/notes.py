"""Pure: the section of CHANGELOG.md that a cut drafts, and where it goes."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from forebear.lineage.bumping import is_later, is_prerelease
from forebear.lineage.versions import parse_version
from forebear.lineage.wrong import Wrong

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forebear.lineage.model import Image, Lineage
    from forebear.release.git import Commit

FILE: Final = "CHANGELOG.md"
_TITLE: Final = "# Changelog\n"
_CUT: Final = re.compile(r"Cut \d+\.\d+\.\d+\S*$")
_SECTION: Final = re.compile(r"^## (?!\[?unreleased\b)", re.MULTILINE | re.IGNORECASE)


def section(lineage: Lineage, version: str, epoch: int, commits: Iterable[Commit]) -> str:
    """A heading with the version and the day, and a line for each commit with the images that it is about.

    Commits that are cuts themselves are left out.
    """
    lines = [
        f"- {_text(each.subject)} ({', '.join([*_about(lineage, each.paths), each.name])})"
        for each in commits
        if not _CUT.match(each.subject)
    ]
    day = f"{datetime.fromtimestamp(epoch, UTC):%Y-%m-%d}"
    return "\n".join([f"## {version} - {day}", "", *(lines or ["- Nothing but the version."]), ""])


def last_final(version: str, known: Iterable[str]) -> str:
    """The release whose changes a reader knows: the version itself; before a pre-release the last final one, if any."""
    if not is_prerelease(version):
        return version
    finals = [each for each in known if _is_final(each) and is_later(version, each)]
    return max(finals, key=parse_version, default=version)


def _is_final(text: str) -> bool:
    try:
        return not is_prerelease(text)
    except Wrong:
        return False


def inserted(text: str, drafted: str) -> str:
    """A changelog with a section more: before the newest release, behind what is not released."""
    if not text:
        return f"{_TITLE}\n{drafted}"
    newline = "\r\n" if "\r\n" in text else "\n"
    drafted = drafted.replace("\n", newline)
    if found := _SECTION.search(text):
        return f"{text[: found.start()]}{drafted}{newline}{text[found.start() :]}"
    return f"{text.rstrip()}{newline}{newline}{drafted}"


def _about(lineage: Lineage, paths: Iterable[str]) -> list[str]:
    """The images that files belong to, in the order of lineage.yml; the lock is the pins."""
    touched = list(paths)
    names = [image.name for image in lineage.images.values() if any(_is_about(path, image) for path in touched)]
    return [*names, *(["pins"] if "lineage.lock" in touched else [])]


def _is_about(path: str, image: Image) -> bool:
    """Whether a file is of one image; a context that is the whole project holds those of all."""
    own = path in {f"templates/{image.template}", image.dockerfile_path}
    return own or path.startswith(f"{image.context}/")


def _text(subject: str) -> str:
    """A subject as Markdown shows it: no markup of its own, no control characters."""
    shown = "".join(char if char.isprintable() else " " for char in subject)
    return re.sub(r"([\\`*_\[\]<>])", r"\\\1", shown)
