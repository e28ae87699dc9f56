"""Slips of the pen: one edit away, or characters that look the same."""

from __future__ import annotations

import re
from typing import Final

# Groups of characters that a reader takes for each other in most typefaces.
_LIKE: Final = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "_": "-", ".": "-"})
_PAIRS: Final = re.compile("rn|vv|cl")
_AS_ONE: Final = {"rn": "m", "vv": "w", "cl": "d"}


def is_slip(name: str, meant: str) -> bool:
    """Whether a name is another than the one that is meant, and one slip away from it.

    A slip is one character more, less or other, two neighbours that changed places, or characters that look alike.
    """
    return name != meant and (_is_one_edit(name, meant) or _skeleton(name) == _skeleton(meant))


def _skeleton(name: str) -> str:
    return _PAIRS.sub(lambda found: _AS_ONE[found[0]], name).translate(_LIKE)


def _is_one_edit(one: str, other: str) -> bool:
    """Whether one insertion, deletion, replacement or swap of neighbours makes one of the other."""
    if abs(len(one) - len(other)) > 1:
        return False
    if len(one) > len(other):
        one, other = other, one
    same = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    rest, others = one[same:], other[same:]
    if len(one) < len(other):
        return rest == others[1:]
    return rest[1:] == others[1:] or (rest[1:2] + rest[:1] == others[:2] and rest[2:] == others[2:])
