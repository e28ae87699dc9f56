"""Where images may come from, and which names are slips of known ones."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from forebear.pins.audit import wellknown
from forebear.pins.audit.slips import is_slip
from forebear.pins.audit.told import Verdict
from forebear.reference import DOCKER_HUB, Reference

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_LIBRARY: Final = "library"
_SHORTEST: Final = 5
"""Below this length other names are one edit away by chance."""


class Known:
    """What the settings allow, and the names that slips are compared with."""

    def __init__(self, allowed: Collection[str] = (), names: Collection[str] = ()) -> None:
        """Registries, or folders in them, that images may come from (none: all); and further names that are meant.

        Where anybody can take a name, in a well-known registry, slips are looked for although it is allowed.
        """
        self._allowed = tuple(each.rstrip("/") for each in allowed)
        meant = [*self._allowed, *(each.rstrip("/") for each in names)]
        self._registries = wellknown.REGISTRIES | {each.partition("/")[0] for each in meant}
        self._folders: dict[str, frozenset[str]] = {}
        for each in meant:
            registry, _, path = each.partition("/")
            if path:
                more = self._folders.get(registry, frozenset())
                self._folders[registry] = more | {path.partition("/")[0]}
        own = {each for each in self._allowed if each.partition("/")[0] not in wellknown.REGISTRIES}
        self._sure = frozenset({*meant} - {*self._allowed} | own)
        self._judged = lru_cache(maxsize=1 << 12)(self._judge)

    def verdicts(self, reference: Reference) -> tuple[Verdict, ...]:
        """What to tell of where a reference comes from: most telling first."""
        return self._judged(reference.name)

    def _judge(self, name: str) -> tuple[Verdict, ...]:
        return (*self._look_alike(name), *self._not_allowed(name))

    def _not_allowed(self, name: str) -> Iterator[Verdict]:
        if self._allowed and not any(_is_in(name, each) for each in self._allowed):
            problem = f"{name} is in none of the registries and folders that the settings allow"
            yield Verdict("not-allowed", problem, f"take it from {_one_of(self._allowed)}")

    def _look_alike(self, name: str) -> Iterator[Verdict]:
        if name in self._allowed or any(_is_in(name, each) for each in self._sure):
            return
        registry, _, path = name.partition("/")
        if meant := self._meant(registry, path):
            problem = f"{name} looks like {meant}, and is another name"
            yield Verdict("look-alike", problem, f"write {meant}, or add {name} to names in the settings")

    def _meant(self, registry: str, path: str) -> str | None:
        """The known name that this one is a slip of."""
        if registry not in self._registries:
            near = _slip_of(registry, self._registries, 0) or _posing(registry, self._registries)
            return f"{near}/{path}" if near else None
        folder, _, rest = path.partition("/")
        known = wellknown.FOLDERS | self._folders.get(registry, frozenset())
        if rest and folder not in known and (near := _slip_of(folder, known, _SHORTEST)):
            return f"{registry}/{near}/{rest}"
        if registry == DOCKER_HUB and folder == _LIBRARY and rest not in wellknown.OFFICIAL:
            near = _slip_of(rest, wellknown.OFFICIAL, _SHORTEST)
            return near and f"{registry}/{folder}/{near}"
        return None

    def disguised(self, text: str) -> Iterator[Verdict]:
        """What to tell of a text that is no reference because of characters that look like others."""
        odd = next((char for char in text if not char.isascii() and char.isprintable()), None)
        if odd is not None:
            called = unicodedata.name(odd, "a character without a name").lower()
            problem = f"{text} holds {odd} (U+{ord(odd):04X}, {called}), which no reference can hold"
            yield Verdict("look-alike", problem, "write it in ASCII letters")


def _is_in(name: str, folder: str) -> bool:
    return name == folder or name.startswith(f"{folder}/")


def _slip_of(name: str, known: Collection[str], shortest: int) -> str | None:
    return next((each for each in sorted(known) if len(each) >= shortest and is_slip(name, each)), None)


def _posing(registry: str, known: Collection[str]) -> str | None:
    """The known registry that another begins with, as in docker.io.example.com."""
    return next((each for each in sorted(known) if registry.startswith((f"{each}.", f"{each}-"))), None)


def _one_of(allowed: Collection[str]) -> str:
    return " or ".join(allowed) if len(allowed) < 4 else f"one of {', '.join(allowed)}"
