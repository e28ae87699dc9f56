"""The arguments that BuildKit predefines from the platform."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_PARTS: Final = ("PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT")
_NAMES: Final = frozenset(f"{side}{part}" for side in ("BUILD", "TARGET") for part in _PARTS)
STAGE: Final = "TARGETSTAGE"
UNKNOWN: Final = _NAMES | {STAGE}


def variables(platform: str | None, args: Mapping[str, str]) -> dict[str, str]:
    """The predefined arguments for a platform `os/arch[/variant]`, as overridden by build arguments.

    Source: Dockerfile reference, "Automatic platform ARGs in the global scope". None gives only
    those that are in `args`.
    """
    values = dict(_values(platform)) if platform else {}
    values.update((name, args[name]) for name in UNKNOWN & args.keys())
    return values


@lru_cache(maxsize=64)
def _values(platform: str) -> dict[str, str]:
    system, _, rest = platform.partition("/")
    architecture, _, variant = rest.partition("/")
    parts = (platform, system, "", architecture, variant)
    return {f"{side}{part}": value for side in ("BUILD", "TARGET") for part, value in zip(_PARTS, parts, strict=True)}
