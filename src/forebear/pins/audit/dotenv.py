"""The variables that a `.env` file sets for the compose file beside it."""

from __future__ import annotations

import re
from typing import Final

from forebear.pins.audit.expansion import MAX_LENGTH
from forebear.pins.audit.interpolation import substituted

FILE: Final = ".env"
_LINE: Final = re.compile(
    r"""[ \t]*(?:export[ \t]+)?([a-z_][\w.-]*)[ \t]*[=:][ \t]*(?:'([^']*)'|"((?:[^"\\]|\\.)*)"|((?!['"]).*))""",
    re.ASCII | re.IGNORECASE,
)
_COMMENT: Final = re.compile(r"(?:^|[ \t])#.*")
_ESCAPED: Final = re.compile(r"\\(.)")


def variables(data: bytes) -> dict[str, str]:
    """The variables of a `.env` file (compose documentation, "Env file syntax").

    Those that it only names, and values that are long or of several lines, are left out: none of them names an image.
    """
    known: dict[str, str] = {}
    for line in data.decode("utf-8-sig", "replace").splitlines():
        if len(line) <= MAX_LENGTH and (found := _LINE.match(line)):
            name, literal, quoted, plain = found.groups()
            value = _value(literal, quoted, plain or "", known)
            if len(value) <= MAX_LENGTH:
                known[name] = value
    return known


def _value(literal: str | None, quoted: str | None, plain: str, known: dict[str, str]) -> str:
    if literal is not None:
        return literal
    text = _COMMENT.sub("", plain).strip() if quoted is None else _ESCAPED.sub(r"\1", quoted)
    return substituted(text, known) or ""
