"""Pure: keeping secrets out of logs: a command of a build may print what it was given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forebear.engine.model import Log

_STARS: Final = "***"
_SHORTEST: Final = 4
"""The characters from which on a line of a secret is hidden: hiding less would only garble the log."""


def hiding(secrets: Mapping[str, bytes], log: Log) -> Log:
    """A log that takes lines without what is in them of secrets, whole or line by line, and hands them on."""
    texts = [value.decode("utf-8", "replace") for value in secrets.values()]
    parts = {line.strip() for text in texts for line in text.splitlines()}
    hidden = sorted((part for part in parts if len(part) >= _SHORTEST), key=len, reverse=True)
    if not hidden:
        return log

    def without(line: str) -> None:
        for part in hidden:
            line = line.replace(part, _STARS)
        log(line)

    return without
