"""Gates and requirements: the pydantic models of what lineage.yml says of them."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema, model_validator

from forebear.lineage import grammar, patterns, values
from forebear.lineage.gate import SECONDS, FileCheck, Gate, HttpCheck, Requirements
from forebear.lineage.wrong import Wrong, shown

_LONGEST: Final = 3600
_MODE = r"^[0-7]{3,4}$"
_OWNER = r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(?::[A-Za-z0-9_][A-Za-z0-9_.-]*)?$"
_PORT = r"^[1-9][0-9]{0,4}(?:/(?:tcp|udp|sctp))?$"
_SIZE = r"^([0-9]+(?:\.[0-9]+)?) ?(B|kB|MB|GB|KiB|MiB|GiB)$"
_UNITS: Final = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_PATH = r"^/[^\u0000-\u001f\u007f]*$"
_OS = r"^[a-z0-9._-]+(?::[A-Za-z0-9._-]+)?$"
_PACKAGE = r"^[A-Za-z0-9][A-Za-z0-9+._-]*$"


def _fitting(pattern: str, what: str, action: str) -> PlainValidator:
    def check(value: object) -> str:
        text = values.printed(value)
        if not re.fullmatch(pattern, text):
            raise Wrong(f'"{shown(text)}" is not {what}', action)
        return text

    return PlainValidator(check)


def _between(least: int, most: int, what: str) -> Any:
    def check(value: object) -> int:
        number = values.whole(value)
        if number is None or not least <= number <= most:
            raise Wrong(f"this is not {what}", f"write a whole number from {least} to {most}")
        return number

    return PlainValidator(check), WithJsonSchema({"type": "integer", "minimum": least, "maximum": most})


def _shape(pattern: str, *more: str) -> WithJsonSchema:
    return WithJsonSchema({"type": ["string", *more] if more else "string", "pattern": pattern})


def _size(value: object) -> int:
    found = re.fullmatch(_SIZE, value) if isinstance(value, str) else None
    if found is None or float(found[1]) <= 0:
        raise Wrong("this is not a size", "write a number and its unit, for example 300 MB or 1.5 GiB")
    return int(float(found[1]) * _UNITS[found[2]])


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise Wrong(f"this is {values.kind(value)}, and has to be true or false", "write true, or remove the key")
    return value


def _port(value: object) -> str:
    number = values.whole(value)
    text = values.printed(value if number is None else number)
    if not re.fullmatch(_PORT, text) or int(text.partition("/")[0]) > 65535:
        raise Wrong(f'"{shown(text)}" is not a port', "write 8080, or 53/udp")
    return text if "/" in text else f"{text}/tcp"


def _mode(text: str) -> str:
    if not re.fullmatch(_MODE, text):
        raise Wrong(f'"{shown(text)}" is not a mode', 'write three or four octal digits, for example "0644"')
    return text


def _counted(pattern: str) -> WithJsonSchema:
    """A text, or a number that is not below zero."""
    return WithJsonSchema({"type": ["string", "number"], "pattern": pattern, "minimum": 0})


_CHECKS: Final = ("run", "files", "user", "users", "env", "ports", "labels", "entrypoint", "http", "max_size")
_OF_RUN: Final = ("exit", "output", "text")
_PATH_ACTION: Final = "write it from the root on, with / before it"
FilePath = Annotated[str, _fitting(_PATH, "a path in an image", _PATH_ACTION), _shape(_PATH)]
Target = Annotated[
    str, _fitting(_PATH, "what can be asked for", "write a path with / before it, as /health"), _shape(_PATH)
]
Port = Annotated[
    str,
    PlainValidator(_port),
    WithJsonSchema({"type": ["string", "integer"], "pattern": _PORT, "minimum": 1, "maximum": 65535}),
]
Mode = Annotated[str, PlainValidator(values.text(_mode)), _shape(_MODE)]
Owner = Annotated[str, _fitting(_OWNER, "an owner", "write user, or user:group, by name or number"), _counted(_OWNER)]
Os = Annotated[
    str,
    _fitting(_OS, "an operating system", "write its ID in os-release, perhaps with :VERSION_ID"),
    _shape(_OS, "number"),
]
Package = Annotated[str, _fitting(_PACKAGE, "a package", "write its name as its manager does"), _counted(_PACKAGE)]
Line = Annotated[str, PlainValidator(values.text(grammar.line)), _shape(patterns.LINE)]
User = Annotated[str, _fitting(patterns.LINE, "a user", "write a name or a number"), _shape(patterns.LINE, "number")]
Expression = Annotated[
    str, PlainValidator(values.text(grammar.expression)), WithJsonSchema({"type": "string", "format": "regex"})
]
Printed = Annotated[str, PlainValidator(values.printed), _shape(patterns.VALUE, "number")]
Command = Annotated[
    tuple[str, ...],
    PlainValidator(values.command),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": patterns.WORD, "description": "For the image's shell."},
                {
                    "type": "array",
                    "prefixItems": [{"type": ["string", "number"], "pattern": patterns.WORD}],
                    "items": {"type": ["string", "number"], "pattern": patterns.VALUE},
                    "minItems": 1,
                    "description": "A program and its arguments.",
                },
            ]
        }
    ),
]
ExitCode = Annotated[
    int, PlainValidator(values.exit_code), WithJsonSchema({"type": "integer", "minimum": 0, "maximum": 255})
]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False)


class FileEntry(_Entry):
    """What a path of the image has to be."""

    path: Annotated[FilePath, Field(description="The path; links are followed.")]
    absent: Annotated[
        bool, PlainValidator(_flag), WithJsonSchema({"type": "boolean"}), Field(description="Nothing is there.")
    ] = False
    mode: Annotated[Mode, Field(description="Its permission bits, in octal.")] = ""
    owner: Annotated[Owner, Field(description="Its user, or user:group, by name or number.")] = ""
    content: Annotated[Expression, Field(description="A regular expression that its content has to match.")] = ""
    text: Annotated[Printed, Field(description="A text that its content has to hold.")] = ""


class HttpEntry(_Entry):
    """What a started container of the image has to answer."""

    port: Annotated[int, *_between(1, 65535, "a port"), Field(description="The port that it listens on.")]
    path: Annotated[Target, Field(description="What is asked for with GET.")] = "/"
    status: Annotated[int, *_between(100, 599, "a status"), Field(description="The status that passes.")] = 200
    body: Annotated[Expression, Field(description="A regular expression that the body has to match.")] = ""
    text: Annotated[Printed, Field(description="A text that the body has to hold.")] = ""


class GateEntry(_Entry):
    """A check that the image must pass before its tag moves or its children build."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"required": [key]} for key in _CHECKS],
            "dependentRequired": {key: ["run"] for key in _OF_RUN},
        }
    )

    name: Annotated[Line, Field(description="What is checked, unique in the image.")]
    run: Annotated[Command, Field(description="What runs in a container of the image.")] = ()
    exit: Annotated[ExitCode, Field(description="The exit code that passes.")] = 0
    output: Annotated[Expression, Field(description="A regular expression that the output has to match.")] = ""
    text: Annotated[Printed, Field(description="A text that the output has to hold.")] = ""
    files: Annotated[tuple[FileEntry, ...], Field(description="Files and folders of the image.")] = ()
    user: Annotated[User, Field(description="The user that its containers run as.")] = ""
    users: Annotated[tuple[Line, ...], Field(description="Users that it knows.")] = ()
    env: Annotated[dict[Line, Printed], Field(description="Variables of its environment.")] = Field(
        default_factory=dict
    )
    ports: Annotated[
        tuple[Port, ...],
        Field(description="Ports that it exposes."),
    ] = ()
    labels: Annotated[dict[Line, Printed], Field(description="Labels that it carries.")] = Field(default_factory=dict)
    entrypoint: Annotated[Command, Field(description="Its entry point.")] = ()
    http: Annotated[HttpEntry | None, Field(description="What a started container answers.")] = None
    max_size: Annotated[
        int,
        PlainValidator(_size),
        WithJsonSchema({"type": "string", "pattern": _SIZE}),
        Field(description="The size that it may have at most, as the engine tells it.", examples=["300 MB"]),
    ] = 0
    timeout: Annotated[
        int, *_between(1, _LONGEST, "a number of seconds"), Field(description="How long it may take, in seconds.")
    ] = SECONDS

    @model_validator(mode="after")
    def _says_something(self) -> GateEntry:
        said = self.model_fields_set
        if "run" not in said and said & {*_OF_RUN}:
            raise Wrong("exit, output and text are of a command, and there is no run", "write run: and the command")
        if not said & {*_CHECKS}:
            raise Wrong("this gate checks nothing", "write run: and a command, or another check")
        return self


class RequiresEntry(_Entry):
    """What the image needs of that which it starts from."""

    user: Annotated[User, Field(description="The user that it runs as.")] = ""
    env: Annotated[dict[Line, Printed], Field(description="Variables of its environment.")] = Field(
        default_factory=dict
    )
    files: Annotated[tuple[FilePath, ...], Field(description="Paths that are there.")] = ()
    packages: Annotated[tuple[Package, ...], Field(description="Packages that are installed.")] = ()
    os: Annotated[Os, Field(description="Its ID in os-release, perhaps with :VERSION_ID.", examples=["fedora:25"])] = ""


def gate(entry: GateEntry) -> Gate:
    """The value of an entry."""
    files = (
        FileCheck(e.path, e.absent, e.mode or None, e.owner or None, e.content or None, e.text or None)
        for e in entry.files
    )
    return Gate(
        name=entry.name,
        run=entry.run,
        exit=entry.exit,
        output=entry.output or None,
        text=entry.text or None,
        files=tuple(files),
        user=entry.user or None,
        users=entry.users,
        env=tuple(sorted(entry.env.items())),
        ports=entry.ports,
        labels=tuple(sorted(entry.labels.items())),
        entrypoint=entry.entrypoint or None,
        http=_http(entry.http) if entry.http else None,
        max_size=entry.max_size or None,
        seconds=entry.timeout,
    )


def _http(entry: HttpEntry) -> HttpCheck:
    return HttpCheck(entry.port, entry.path, entry.status, entry.body or None, entry.text or None)


def requirements(entry: RequiresEntry) -> Requirements:
    """The value of an entry."""
    env = tuple(sorted(entry.env.items()))
    return Requirements(entry.user or None, env, entry.files, entry.packages, entry.os or None)
