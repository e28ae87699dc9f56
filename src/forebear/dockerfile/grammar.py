"""What each instruction accepts: its flags and its arguments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from forebear.dockerfile.expand import SPACE
from forebear.dockerfile.model import Malformed
from forebear.dockerfile.words import BLANK, heredoc, split_blank, split_json, split_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from forebear.dockerfile.words import Flag

_STAGE_NAME: Final = re.compile(r"[a-z][a-z0-9\-_.]*")
_UNITS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_LONGEST: Final = 2**63 / 1e9
_DURATION_PART: Final = re.compile(rf"([0-9]+\.?[0-9]*|\.[0-9]+)({'|'.join(_UNITS)})")
_DURATION: Final = re.compile(rf"[+-]?(?:0|(?:{_DURATION_PART.pattern})+)")
_HEALTH_SPACE: Final = re.compile(r"[\t\n\v\f\r \x85\xa0]+")
_COUNT: Final = re.compile(r"\+?[0-9]{1,9}")
_PLAIN: Final = re.compile(r"[!#$%&(-<>-\[\]-_a-~][!#$%&(-\[\]-_a-~]*").fullmatch
_STRINGS: Final = re.compile(r'\[ *"[ !#-\[\]-~]*"(?: *, *"[ !#-\[\]-~]*")* *\]').fullmatch
_ONE, _MANY, _BOOL = "one", "many", "bool"
_COMMON: Final = {"chown": _ONE, "chmod": _ONE, "link": _BOOL, "exclude": _MANY}
FLAGS: Final[dict[str, dict[str, str]]] = {
    "ADD": {**_COMMON, "keep-git-dir": _BOOL, "checksum": _ONE, "unpack": _BOOL},
    "COPY": {**_COMMON, "from": _ONE, "parents": _BOOL},
    "FROM": {"platform": _ONE},
    "RUN": {"mount": _MANY, "network": _ONE, "security": _ONE, "device": _MANY},
    "HEALTHCHECK": dict.fromkeys(("interval", "timeout", "start-period", "start-interval", "retries"), _ONE),
}
_VALUES: Final = {"network": ("default", "none", "host"), "security": ("sandbox", "insecure")}
# BuildKit does not look at the flags of these two.
_UNCHECKED: Final = frozenset({"ARG", "STOPSIGNAL"})


def check_flags(keyword: str, flags: list[Flag]) -> None:
    """Raise Malformed for a flag that the instruction does not take, or not like this."""
    if keyword in _UNCHECKED:
        return
    known = FLAGS.get(keyword, {})
    seen: set[str] = set()
    for flag in flags:
        kind = known.get(flag.name)
        if kind is None:
            raise Malformed(f"{keyword} has no flag --{flag.name}{_meant(flag.name, known, '--')}")
        if flag.name in seen and kind != _MANY:
            raise Malformed(f"the flag --{flag.name} stands twice")
        seen.add(flag.name)
        _check_value(flag, kind)


def _check_value(flag: Flag, kind: str) -> None:
    allowed = _VALUES.get(flag.name)
    if allowed is not None and flag.value not in allowed:
        raise Malformed(f"the flag --{flag.name} is one of {', '.join(allowed)}")
    if kind == _BOOL:
        if flag.value is not None and flag.value.lower() not in {"true", "false"}:
            raise Malformed(f"the flag --{flag.name} is true or false, not {flag.value!r}")
    elif flag.value is None:
        raise Malformed(f"the flag --{flag.name} needs a value")


def check_health_flags(flags: list[Flag]) -> None:
    """Raise Malformed for a duration that is none or below a millisecond, or a count below 0."""
    for flag in flags:
        value = flag.value or ""
        if flag.name == "retries":
            if value and not _COUNT.fullmatch(value):
                raise Malformed(f"the flag --retries is a number, not {value[:40]!r}")
        elif value and not _is_duration(value):
            raise Malformed(f"the flag --{flag.name} is a duration of 1ms or more, as in 1m30s, not {value[:40]!r}")


def _is_duration(text: str) -> bool:
    """Whether it is a duration as Go's time.ParseDuration reads it, 0 or at least a millisecond."""
    if not _DURATION.fullmatch(text):
        return False
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _DURATION_PART.findall(text))
    return seconds == 0 or (0.001 <= seconds < _LONGEST and text[0] != "-")


def check_trigger(keyword: str, text: str, escape: str) -> None:
    """Raise Malformed for what is refused inside of ONBUILD before it is triggered."""
    if keyword in {"ENV", "LABEL"}:
        _pairs(keyword, text, escape)
    elif keyword in {"RUN", "CMD", "ENTRYPOINT", "COPY", "ADD", "VOLUME", "SHELL"}:
        split_json(text)


def check_arguments(keyword: str, text: str, escape: str) -> None:
    """Raise Malformed for arguments that the instruction does not take, or an unknown instruction."""
    check = _CHECKS.get(keyword)
    if check is None:
        raise Malformed(f'"{keyword[:40]}" is no instruction{_meant(keyword, _CHECKS)}')
    check(keyword, text, escape)


def _meant(name: str, known: dict[str, str] | dict[str, Callable[[str, str, str], None]], lead: str = "") -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, known, n=1) if len(name) < 40 else []
    return f"; did you mean {lead}{close[0]}?" if close else ""


def stage_name(text: str) -> str | None:
    """The name that the arguments of a FROM give to their stage. Raises Malformed."""
    words = split_blank(text)
    if len(words) == 1:
        return None
    if len(words) != 3 or words[1].lower() != "as":
        raise Malformed("FROM takes an image, or an image, AS and a name")
    name = words[2].lower()
    if not _STAGE_NAME.fullmatch(name):
        raise Malformed(f'"{words[2][:80]}" cannot name a stage; use letters, digits, "-", "_" and ".", a letter first')
    return name


def argument_pairs(text: str, escape: str) -> list[tuple[str, str | None]]:
    """The names of an ARG, each with its default, not expanded. Raises Malformed."""
    pairs: list[tuple[str, str | None]] = []
    for word in split_words(text, escape):
        name, equals, value = word.partition("=")
        if not name:
            raise Malformed("ARG has a name that is blank")
        pairs.append((name, value if equals else None))
    if not pairs:
        raise Malformed("ARG needs a name")
    return pairs


def key_values(text: str, escape: str) -> list[tuple[str, str]]:
    """The names and values of an ENV or LABEL that was checked, not expanded."""
    words = split_words(text, escape)
    if "=" not in words[0]:
        name, value = BLANK.split(text, maxsplit=1)
        return [(name, value)]
    pairs = [word.partition("=") for word in words]
    return [(name, value) for name, _, value in pairs]


def _from(_keyword: str, text: str, _escape: str) -> None:
    stage_name(text)


def _arg(_keyword: str, text: str, escape: str) -> None:
    if not _is_plain(text):
        argument_pairs(text, escape)


def _is_plain(text: str) -> bool:
    """Whether the text is one word, at a glance: no white space, quote or escape, and no `=` first."""
    return _PLAIN(text) is not None


def _pairs(keyword: str, text: str, escape: str) -> None:
    if _is_plain(text) and "=" in text:
        return
    words = split_words(text, escape)
    if not words:
        raise Malformed(f"{keyword} needs a name and a value")
    if "=" not in words[0]:
        if not BLANK.search(text):
            raise Malformed(f"{keyword} {text[:40]} has no value")
        return
    for word in words:
        if "=" not in word:
            raise Malformed(f'"{word[:40]}" has no "="; {keyword} takes name=value, with quotes around spaces')
        if word[0] == "=":
            raise Malformed(f"{keyword} has a name that is blank")


def _command(_keyword: str, text: str, _escape: str) -> None:
    if text[:1] == "[" and not _STRINGS(text):
        split_json(text)


def _shell(_keyword: str, text: str, _escape: str) -> None:
    if not split_json(text):
        raise Malformed('SHELL takes a JSON list of strings, as in ["/bin/sh", "-c"]')


def _files(keyword: str, text: str, _escape: str) -> None:
    if text[:1] != "[" and "<<" not in text and BLANK.search(text):
        return
    words = split_json(text)
    words = split_blank(text) if words is None else words
    if len(words) < 2:
        raise Malformed(f"{keyword} needs a source and a destination")
    if "<<" in words[-1] and _is_heredoc(words[-1]):
        raise Malformed(f"{keyword} cannot have a here-document as its destination")


def _is_heredoc(word: str) -> bool:
    try:
        return heredoc(word) is not None
    except Malformed:
        return False


def _volume(_keyword: str, text: str, _escape: str) -> None:
    if _is_plain(text) and text[0] != "[":
        return
    words = split_json(text)
    words = split_blank(text) if words is None else words
    if not all(word.strip(SPACE) for word in words or [""]):
        raise Malformed("VOLUME needs a path")


def _one(keyword: str, text: str, _escape: str) -> None:
    if not text:
        raise Malformed(f"{keyword} needs one argument")


def _health(_keyword: str, text: str, _escape: str) -> None:
    kind, command = split_health(text)
    if kind == "NONE" and command:
        raise Malformed("HEALTHCHECK NONE takes no argument")
    if kind not in {"NONE", "CMD"}:
        raise Malformed("HEALTHCHECK takes NONE, or CMD and a command")
    if kind == "CMD" and (not command or split_json(command) == []):
        raise Malformed("HEALTHCHECK CMD needs a command")


def split_health(text: str) -> tuple[str, str]:
    """NONE or CMD, in upper case, and the command."""
    first, *rest = _HEALTH_SPACE.split(text, maxsplit=1)
    return first.upper(), rest[0] if rest else ""


def _trigger(_keyword: str, text: str, _escape: str) -> None:
    word = split_blank(text)[0].upper() if text else ""
    if not word:
        raise Malformed("ONBUILD needs an instruction")
    if word in {"ONBUILD", "MAINTAINER", "FROM"}:
        raise Malformed(f"ONBUILD cannot hold {word}")


_CHECKS: Final[dict[str, Callable[[str, str, str], None]]] = {
    **dict.fromkeys(("RUN", "CMD", "ENTRYPOINT"), _command),
    **dict.fromkeys(("COPY", "ADD"), _files),
    **dict.fromkeys(("ENV", "LABEL"), _pairs),
    **dict.fromkeys(("EXPOSE", "MAINTAINER", "STOPSIGNAL", "USER", "WORKDIR"), _one),
    "ARG": _arg,
    "FROM": _from,
    "HEALTHCHECK": _health,
    "ONBUILD": _trigger,
    "SHELL": _shell,
    "VOLUME": _volume,
}
