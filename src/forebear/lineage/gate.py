"""Gates and requirements as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

SECONDS: Final = 60
"""How long a command of a gate may take, where it does not say."""


@dataclass(frozen=True, slots=True)
class FileCheck:
    """What a path of an image has to be; `absent`: not there; `mode` in octal; `content` a regular expression."""

    path: str
    absent: bool = False
    mode: str | None = None
    owner: str | None = None
    content: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class HttpCheck:
    """What a container of the image has to answer to GET on a port of its own loopback."""

    port: int
    path: str = "/"
    status: int = 200
    body: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """A check on a built image, of one or several things; all of them have to be as they are said to be.

    `output`, `content` and `body` are regular expressions, `text` is itself; `max_size` in bytes, `seconds` for
    each command and for HTTP.
    """

    name: str
    run: tuple[str, ...] = ()
    exit: int = 0
    output: str | None = None
    text: str | None = None
    files: tuple[FileCheck, ...] = ()
    user: str | None = None
    users: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    ports: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    entrypoint: tuple[str, ...] | None = None
    http: HttpCheck | None = None
    max_size: int | None = None
    seconds: int = SECONDS


@dataclass(frozen=True, slots=True)
class Requirements:
    """What an image needs of that which it starts from; `os` is the ID of os-release, perhaps with :VERSION_ID."""

    user: str | None = None
    env: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    os: str | None = None


def read_gate(fields: list[Any]) -> Gate:
    """A gate from its fields as JSON gives them back."""
    name, run, code, output, text, files, user, users, env, ports, labels, entrypoint, http, size, seconds = fields
    return Gate(
        name,
        tuple(run),
        code,
        output,
        text,
        tuple(FileCheck(*each) for each in files),
        user,
        tuple(users),
        _pairs(env),
        tuple(ports),
        _pairs(labels),
        None if entrypoint is None else tuple(entrypoint),
        http and HttpCheck(*http),
        size,
        seconds,
    )


def read_requirements(fields: list[Any]) -> Requirements:
    """Requirements from their fields as JSON gives them back."""
    user, env, files, packages, os = fields
    return Requirements(user, _pairs(env), tuple(files), tuple(packages), os)


def _pairs(given: list[Any]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in given)
