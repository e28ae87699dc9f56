"""The catalogue of causes, `catalogue.toml` beside this file, as values."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from fnmatch import translate
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from forebear.contents import looks
from forebear.contents.compare import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from forebear.contents.excerpts import Excerpt

_FILE: Final = Path(__file__).with_suffix(".toml")
_THERE: Final = (Kind.CONTENT, Kind.ONLY_FIRST, Kind.ONLY_SECOND)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why an entry differs: a name that does not change, the reason, and what to do, as an instruction."""

    code: str
    why: str
    cure: str


@dataclass(frozen=True, slots=True)
class Row:
    """A cause, and what it shows in; the head of the file says what each means."""

    cause: Cause
    paths: re.Pattern[str]
    kinds: frozenset[Kind]
    alone: bool
    look: Callable[[Excerpt], bool] | None


@cache
def catalogue() -> tuple[Row, ...]:
    """Every row, in the order of the file."""
    return tuple(_row(code, said) for code, said in tomllib.loads(_FILE.read_text("utf-8")).items())


def _row(code: str, said: dict[str, Any]) -> Row:
    return Row(
        Cause(code, said["why"], said["cure"]),
        re.compile("|".join(map(translate, said.get("paths", ["*"])))),
        frozenset(map(Kind, said.get("kinds", _THERE))),
        said.get("alone", False),
        getattr(looks, said["look"]) if "look" in said else None,
    )
