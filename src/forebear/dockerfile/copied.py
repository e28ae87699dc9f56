"""What the files that COPY and ADD take are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forebear.dockerfile.model import Malformed
from forebear.dockerfile.words import split_blank, split_json

if TYPE_CHECKING:
    from forebear.dockerfile.model import Instruction


def sources(instruction: Instruction) -> list[str]:
    """What stands before the destination of a COPY or ADD, variables not expanded; nothing where it is malformed."""
    try:
        words = split_json(instruction.text)
    except Malformed:
        return []
    return (split_blank(instruction.text) if words is None else words)[:-1]
