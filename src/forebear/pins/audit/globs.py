"""Patterns of paths, as settings exclude them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_TOKEN: Final = re.compile(r"/?\*\*/?|\*|\?|[^*?]+")


def matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Tells whether a path in posix form is what one of the patterns says, or below it.

    `*` and `?` stay within a name, `**` does not; a pattern without `/` means that name in any folder.
    """
    alternatives = "|".join(_expression(pattern) for pattern in patterns)
    if not alternatives:
        return lambda _path: False
    found = re.compile(rf"(?:{alternatives})(?:/.*)?", re.DOTALL).fullmatch
    return lambda path: found(path) is not None


def _expression(pattern: str) -> str:
    bare = pattern.strip("/").removeprefix("./")
    anywhere = "" if "/" in pattern.rstrip("/") else "(?:.*/)?"
    return anywhere + "".join(map(_piece, _TOKEN.findall(bare)))


def _piece(token: str) -> str:
    if "**" in token:
        left, right = token.startswith("/"), token.endswith("/")
        return "/(?:.*/)?" if left and right else "/.*" if left else "(?:.*/)?" if right else ".*"
    return {"*": "[^/]*", "?": "[^/]"}.get(token) or re.escape(token)
