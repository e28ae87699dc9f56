"""Whether a file names a variable in images alone: only then may --fix put a digest into its value."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re


@dataclass(frozen=True, slots=True)
class Mentions:
    """How often a text mentions each variable, in lower case, and how often in lines that name an image."""

    everywhere: Counter[str]
    in_images: Counter[str]

    def only_images(self, name: str) -> bool:
        """Whether a variable is mentioned for nothing else."""
        return self.everywhere[name.lower()] == self.in_images[name.lower()]


@lru_cache(maxsize=1)
def mentions(text: str, variable: re.Pattern[str], image: re.Pattern[str]) -> Mentions:
    """Those of a file, whose documents ask for them in turn.

    `variable` matches a mention, with the name as its only group; `image` a line that names an image.
    """
    lines = "\n".join(found[0] for found in image.finditer(text))
    return Mentions(*(Counter(name.lower() for name in variable.findall(part)) for part in (text, lines)))
