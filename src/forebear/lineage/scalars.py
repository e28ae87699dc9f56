"""Plain YAML values: what may stand unquoted, and what it is."""

from __future__ import annotations

import re
from typing import Final

from forebear.lineage.wrong import Wrong, shown

Scalar = str | int | float | bool | None

_WORDS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_OLD_BOOLEANS: Final = frozenset({"yes", "Yes", "YES", "on", "On", "ON", "no", "No", "NO", "off", "Off", "OFF"})
_INTEGER: Final = re.compile(r"-?[1-9][0-9]{0,17}|0")
_FRACTION: Final = re.compile(r"-?[0-9]+\.[0-9]+")
# Whatever YAML 1.1 (int, float: yaml.org/type) or YAML 1.2 (10.3.2, core schema) takes for a number.
_NUMERIC: Final = re.compile(
    r"""[-+]? (?:
          0[xob][0-9a-fA-F_]+
        | [0-9][0-9_]* (?: :[0-5]?[0-9] )+ (?: \.[0-9_]* )?
        | (?: [0-9][0-9_]* (?: \.[0-9_]* )? | \.[0-9_]+ ) (?: [eE][-+]?[0-9]+ )?
        | \.(?:inf|Inf|INF|nan|NaN|NAN)
    )""",
    re.VERBOSE,
)
_TEXT_STARTS: Final = frozenset("abcdeghijklmpqrsuvwxzABCDEGHIJKLMPQRSUVWXZ/")


def plain(text: str) -> Scalar:
    """The value of an unquoted scalar.

    A number is one only when it is written as it prints, so that what a template prints is what
    lineage.yml says; and a word is refused when readers of YAML 1.1 and 1.2 differ on it. Dates stay text.
    Raises Wrong for what has to be quoted.
    """
    if text and text[0] in _TEXT_STARTS:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FRACTION.fullmatch(text) and repr(float(text)) == text:
        return float(text)
    _refuse_doubtful(text)
    return text


def _refuse_doubtful(text: str) -> None:
    name = shown(text)
    if text in _OLD_BOOLEANS:
        raise Wrong(
            f"{name} is true or false to some readers of YAML and text to others",
            f'write true or false, or "{name}" if text is meant',
        )
    if _NUMERIC.fullmatch(text):
        raise Wrong(f"{name} would be read as a number and lose the way it is written", f'write "{name}"')
