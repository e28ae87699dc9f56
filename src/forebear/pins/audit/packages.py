"""Packages that a RUN installs without a version."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from forebear.dockerfile.model import Malformed
from forebear.dockerfile.words import split_json
from forebear.pins.audit.managers import Manager, manager_of
from forebear.pins.audit.shell import Word, commands
from forebear.pins.audit.told import Told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forebear.dockerfile.model import Instruction
    from forebear.pins.audit.shell import Command

_INSTALLS: Final = re.compile(r"(?:apt|apt-get|aptitude|dnf5?|yum|apk|npm|pip[0-9.]*)[\"']?[\s,\\]").search
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")
_RESERVED: Final = frozenset({"if", "then", "elif", "else", "while", "until", "do", "!", "{"})
_WRAPPERS: Final = frozenset({"time", "exec", "command", "nice", "nohup", "sudo", "env", "eatmydata", "doas", "xargs"})
_SHELLS: Final = frozenset({"sh", "bash", "ash", "dash", "zsh", "ksh"})
_PYTHON: Final = re.compile(r"python[0-9.]*").fullmatch
_DEEPEST: Final = 3
_SHOWN: Final = 3


class Install(NamedTuple):
    """One command that installs packages without a version: its manager, as it is called, and they."""

    manager: Manager
    called: str
    packages: tuple[str, ...]


def told(instruction: Instruction) -> Iterator[Told]:
    """The installs of a RUN that take whatever is newest."""
    for script in _scripts(instruction):
        if isinstance(script, str):
            if _INSTALLS(script):
                yield from map(_told, _installs(script, 0))
        elif install := _install(script):
            yield _told(install)


def _told(install: Install) -> Told:
    names = install.packages
    shown = ", ".join(name[:60] for name in names[:_SHOWN]) + (
        f" and {len(names) - _SHOWN} more" if names[_SHOWN:] else ""
    )
    problem = f"{install.called} takes whatever version is newest of {shown}"
    return Told(install.manager.rule, names[0], problem, install.manager.action, f"{install.called} {' '.join(names)}")


def _scripts(instruction: Instruction) -> Iterator[str | Command]:
    """What a RUN runs: scripts for a shell, or one command by its words."""
    words = None
    if instruction.text[:1] == "[":
        try:
            words = split_json(instruction.text)
        except Malformed:
            return
    if words is not None:
        yield from _of_words([Word(word, "$" in word) for word in words])
        return
    yield instruction.text
    if instruction.heredocs and _reads_script(instruction.text):
        yield from (heredoc.content for heredoc in instruction.heredocs)


def _of_words(words: Command) -> Iterator[str | Command]:
    script = _script_of_shell(words)
    yield words if script is None else script


def _reads_script(text: str) -> bool:
    """Whether the here-documents of a RUN are read by a shell: by that of the build, or by one that is called."""
    first = next(commands(text), [])
    return all(word.text.rpartition("/")[2] in _SHELLS or word.text.startswith("-") for word in first)


def _installs(script: str, depth: int) -> Iterator[Install]:
    for command in commands(script):
        words = _bare(command)
        inner = _script_of_shell(words)
        if inner is not None and depth < _DEEPEST:
            yield from _installs(inner, depth + 1)
        elif install := _install(words):
            yield install


def _bare(command: Command) -> Command:
    """A command without what stands before its program: reserved words, assignments, sudo and the like."""
    at, wrapped = 0, False
    for at, word in enumerate(command):  # noqa: B007 - where it ended counts
        if word.text in _RESERVED or word.text in _WRAPPERS:
            wrapped = True
        elif not (_ASSIGNMENT.match(word.text) or (wrapped and word.text.startswith("-"))):
            break
    return command[at:]


def _script_of_shell(words: Command) -> str | None:
    """The script in `sh -c SCRIPT`."""
    if not words or words[0].text.rpartition("/")[2] not in _SHELLS:
        return None
    for option, script in pairwise(words[1:]):
        if not option.text.startswith(("-", "+")) and option.text != "pipefail":
            return None
        if option.text.startswith("-") and not option.text.startswith("--") and option.text.endswith("c"):
            return script.text
    return None


def _install(words: Command) -> Install | None:
    words = _program(words)
    manager = manager_of(words[0].text) if words else None
    if manager is None:
        return None
    rest = list(manager.positional(words[1:]))
    if not rest or rest[0].open or rest[0].text not in manager.verbs:
        return None
    if any(word.text.partition("=")[0] in manager.bars for word in words):
        return None
    names = tuple(word.text for word in rest[1:] if not word.open and word.text and manager.floats(word.text))
    return Install(manager, f"{words[0].text} {rest[0].text}", names) if names else None


def _program(words: Command) -> Command:
    """The words from the program on that installs: `python -m pip` and `uv pip` are pip."""
    if not words:
        return words
    name = words[0].text.rpartition("/")[2]
    texts = [word.text for word in words]
    if (_PYTHON(name) and texts[1:3] == ["-m", "pip"]) or (name == "uv" and texts[1:2] == ["pip"]):
        words = words[texts.index("pip") :]
        name = "pip"
    return [Word(name, words[0].open), *words[1:]]
