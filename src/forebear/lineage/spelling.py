"""Suggestions for misspelt words."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

# Comparing with 10,000 words takes 50 ms; a file that misspells thousands must not take minutes.
PATIENCE: Final = 20
_LONGEST: Final = 100


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The word of `words` that `word` is a likely misspelling of."""
    if len(word) > _LONGEST:
        return None
    return next(iter(get_close_matches(word, words, n=1)), None)


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """`did you mean X?`, or nothing."""
    near = nearest(word, words)
    return f"did you mean {near}?" if near else ""


class Speller:
    """Suggestions out of many words, for the first few that are asked for."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = list(words)
        self._hints: dict[str, str] = {}

    def did_you_mean(self, word: str) -> str:
        """`did you mean X?`, or nothing."""
        if word not in self._hints and len(self._hints) < PATIENCE:
            self._hints[word] = did_you_mean(word, self._words)
        return self._hints.get(word, "")
