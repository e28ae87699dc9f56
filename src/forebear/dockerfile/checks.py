"""What BuildKit finds only when it builds: in the stages that the last one needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from forebear.dockerfile.expand import UnsetFault, expand
from forebear.dockerfile.grammar import argument_pairs, check_arguments, check_flags, key_values
from forebear.dockerfile.model import DockerfileFault, Instruction, Malformed
from forebear.dockerfile.mounts import check_mount
from forebear.dockerfile.words import Flag, heredoc, split_blank, split_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from forebear.dockerfile.model import Dockerfile, Stage

_EXPANDED_FLAGS: Final = frozenset({"chown", "chmod", "checksum"})
_PORT: Final = r"(?:.*:)?([0-9]{1,5})(?:-([0-9]{1,5}))?(?:/(?i:tcp|udp|sctp))?"
_SPECIAL: Final = re.compile(r"[$\"'\\`]").search
_QUOTED: Final = re.compile(r'"[^"$\\`]*"|\'[^\']*\'').fullmatch
_WORDY: Final = frozenset({"ADD", "ARG", "COPY", "ENV", "LABEL", "USER", "WORKDIR"})  # all they can be is malformed
_REMOTE: Final = r"(?:https?|git|ssh|git\+\w+)://|github\.com/|[\w.-]+@[\w.-]+:"
_HTTP: Final = r"https?://(?!\S*\.git(?:[?#]|\Z))"
_CHECKSUM: Final = "sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}"
_SIGNAL: Final = (
    r"(?i:[+-]?0*[1-9][0-9]*|(?:SIG)?(?:ABRT|ALRM|BUS|CHLD|CLD|CONT|FPE|HUP|ILL|INT|IO|IOT|KILL|PIPE|POLL|PROF|PWR|QUIT"
    r"|SEGV|STKFLT|STOP|SYS|TERM|TRAP|TSTP|TTIN|TTOU|URG|USR1|USR2|VTALRM|WINCH|XCPU|XFSZ"
    r"|RTMIN(?:\+(?:1[0-5]|[1-9]))?|RTMAX(?:-(?:1[0-4]|[1-9]))?))"
)


def check(dockerfile: Dockerfile, args: Mapping[str, str]) -> None:
    """Raise DockerfileFault for what fails whatever the base images hold.

    These are uses of a stage that comes later, and words that cannot be expanded; `args` are the build
    arguments.
    """
    _check_cycles(dockerfile)
    escape = dockerfile.directives.escape
    for stage in dockerfile.reached(dockerfile.stages[-1]):
        if stage.base.stage is not None:
            _check_triggers(dockerfile.stages[stage.base.stage], escape, args)
        for instruction in stage.instructions:
            try:
                _check_instruction(instruction, escape, args)
            except Malformed as fault:
                raise DockerfileFault(instruction.line, str(fault)) from fault


def _check_triggers(stage: Stage, escape: str, args: Mapping[str, str]) -> None:
    """What ONBUILD holds is first looked at where another stage triggers it."""
    for trigger in [one.trigger for one in stage.instructions if one.trigger is not None]:
        try:
            check_arguments(trigger.keyword, trigger.text, escape)
            check_flags(trigger.keyword, [Flag(name, value, range(0)) for name, value in trigger.flags])
            _check_instruction(trigger, escape, args)
        except Malformed as fault:
            raise DockerfileFault(trigger.line, str(fault)) from fault


def _check_cycles(dockerfile: Dockerfile) -> None:
    """A stage can only use those before it; BuildKit looks at all stages for circles, or at those it needs."""
    ahead = [use for use in dockerfile.uses if use.stage is not None and use.stage >= use.in_stage and not use.onbuild]
    if not ahead:
        return
    needed = dockerfile.reached(dockerfile.stages[-1])
    for use in ahead:
        used, user = dockerfile.stages[use.stage or 0], dockerfile.stages[use.in_stage]
        if user in needed or user in dockerfile.reached(used):
            raise DockerfileFault(use.line, f"{_called(user)} uses {_called(used)}, which does not stand before it")


def _called(stage: Stage) -> str:
    return f'the stage "{stage.name}"' if stage.name else f"stage {stage.index}"


def _check_instruction(instruction: Instruction, escape: str, args: Mapping[str, str]) -> None:
    check = _CHECKS.get(instruction.keyword)
    if instruction.keyword in _WORDY and not instruction.flags and not _SPECIAL(instruction.text):
        return
    if check is not None:
        check(instruction, escape)
    elif instruction.keyword == "ARG":
        defaults = argument_pairs(instruction.text, escape)
        _expand_all([value for name, value in defaults if value and name not in args], escape)


def _expand_all(words: Iterable[str], escape: str) -> None:
    for word in words:
        if _SPECIAL(word) and not _QUOTED(word):
            _literal(word, escape)


def _literal(word: str, escape: str) -> str | None:
    """A word as it will be, None where that depends on variables. Raises Malformed."""
    try:
        value, unset = expand(word, {}, escape)
    except UnsetFault:
        return None
    return None if unset else value


def _values(instruction: Instruction, escape: str) -> None:
    for pair in key_values(instruction.text, escape):
        _expand_all(pair, escape)


def _text(instruction: Instruction, escape: str) -> None:
    _literal(instruction.text, escape)


def _files(instruction: Instruction, escape: str) -> None:
    flags = {name: value for name, value in instruction.flags if name in _EXPANDED_FLAGS and value}
    if not flags and not _SPECIAL(instruction.text):
        return
    words = split_json(instruction.text)
    words = split_blank(instruction.text) if words is None else words
    paths = [word for word in words if not instruction.heredocs or not _is_heredoc(word)]
    _expand_all([*flags.values(), *paths], escape)
    if "checksum" in flags:
        _check_checksum(_literal(flags["checksum"], escape), [_literal(path, escape) for path in paths[:-1]])


def _check_checksum(checksum: str | None, sources: list[str | None]) -> None:
    """A checksum belongs to one source that is fetched; one by plain HTTP needs a digest."""
    if len(sources) != 1:
        raise Malformed("the flag --checksum takes one source")
    source = sources[0]
    if source is not None and not re.match(_REMOTE, source):
        raise Malformed("the flag --checksum needs a source that is fetched by HTTP or Git")
    fetched = source is not None and re.match(_HTTP, source)
    if fetched and checksum and not re.fullmatch(_CHECKSUM, checksum):
        raise Malformed(f'"{checksum[:40]}" is no digest; write sha256: and 64 hexadecimal digits')


def _is_heredoc(word: str) -> bool:
    try:
        return heredoc(word) is not None
    except Malformed:
        return False


def _run(instruction: Instruction, escape: str) -> None:
    for name, value in instruction.flags:
        if name == "mount" and value is not None:
            check_mount(value, lambda word: _literal(word, escape))


def _expose(instruction: Instruction, escape: str) -> None:
    if len(instruction.text) < 5 and instruction.text.isdecimal():
        return
    for word in split_blank(instruction.text):
        for port in _ports(word, escape):
            found = re.fullmatch(_PORT, port)
            if found is None or not int(found[1]) <= int(found[2] or found[1]) <= 65535:
                raise Malformed(f'EXPOSE takes ports as in 8080, 8080/udp or 8000-8010, not "{port[:40]}"')


def _ports(word: str, escape: str) -> Iterator[str]:
    literal = _literal(word, escape)
    if literal is not None:
        yield from literal.split() or [""]


def _volume(instruction: Instruction, escape: str) -> None:
    if not _SPECIAL(instruction.text):
        return
    words = split_json(instruction.text)
    for word in split_blank(instruction.text) if words is None else words:
        if _literal(word, escape) == "":
            raise Malformed("VOLUME needs a path")


def _signal(instruction: Instruction, escape: str) -> None:
    literal = _literal(instruction.text, escape)
    if literal is not None and not re.fullmatch(_SIGNAL, literal):
        raise Malformed(f'"{literal[:40]}" is no signal')


_CHECKS: Final = {
    **dict.fromkeys(("ENV", "LABEL"), _values),
    **dict.fromkeys(("USER", "WORKDIR"), _text),
    **dict.fromkeys(("ADD", "COPY"), _files),
    "EXPOSE": _expose,
    "RUN": _run,
    "STOPSIGNAL": _signal,
    "VOLUME": _volume,
}
