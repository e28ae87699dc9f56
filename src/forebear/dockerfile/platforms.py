"""The arguments that BuildKit predefines from the platform."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from forebear.dockerfile.model import Malformed

if TYPE_CHECKING:
    from collections.abc import Mapping

_PARTS: Final = ("PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT")
_NAMES: Final = frozenset(f"{side}{part}" for side in ("BUILD", "TARGET") for part in _PARTS)
_PART: Final = "[A-Za-z0-9_.-]+"
_SYSTEM: Final = r"([A-Za-z0-9_.-]+)(?:\([A-Za-z0-9_.+%-]*\))?"
# The systems and architectures of Go, which may stand alone.
_ALONE: Final = (
    "(?i:aix|android|darwin|dragonfly|freebsd|hurd|illumos|ios|js|linux|macos|nacl|netbsd|openbsd|plan9|solaris|wasip1"
    "|windows|zos|386|aarch64|amd64|amd64p32|arm|arm64|arm64be|armbe|armel|armhf|i386|loong64|mips|mips64|mips64le"
    "|mips64p32|mips64p32le|mipsle|ppc|ppc64|ppc64le|riscv|riscv64|s390|s390x|sparc|sparc64|wasm|x86-64|x86_64)"
)
STAGE: Final = "TARGETSTAGE"
UNKNOWN: Final = _NAMES | {STAGE}


def check_platform(text: str) -> None:
    """Raise Malformed for what is no `os[(version)][/arch[/variant]]` and no known architecture."""
    system, *parts = text.split("/")
    found = re.fullmatch(_SYSTEM, system)
    fits = found is not None and len(parts) <= 2 and all(re.fullmatch(_PART, part) for part in parts)
    if not fits or not (parts or (found and re.fullmatch(_ALONE, found[1]))):
        raise Malformed(f'"{text[:40]}" is no platform; write it as in linux/amd64')


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
