"""Pure: the record of a release, releases/VERSION.json: exactly what was in it, written and read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from forebear.build.key import Input, Inputs
from forebear.errors import Fault, InputError, Place
from forebear.jsontext import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER: Final = "releases"
SCHEMA_ID: Final = "urn:forebear:record:1"
_AGAIN: Final = "a record is never changed: get it back from version control"
_WORDS: Final = {"missing": "it is missing", "extra_forbidden": "it is no key of a record"}

Digest = Annotated[str, Field(pattern=r"^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$")]
Size = Annotated[int, Field(ge=0, description="In bytes.")]
Seconds = Annotated[float, Field(ge=0, description="In seconds.")]
Printable = Annotated[str, Field(pattern=r"^[^\u0000-\u001f\u007f-\u009f]*$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Layer(_Part):
    """A layer: as it is stored, and the digest of it unpacked."""

    digest: Digest
    diff_id: Digest
    size: Size


class Component(_Part):
    """One thing that went into an image."""

    kind: Printable
    name: Printable
    value: Printable


class Components(_Part):
    """What the key is the digest of, in its order."""

    own: tuple[Component, ...]
    bases: tuple[Component, ...]
    context: Printable
    files: dict[Printable, Printable]

    @property
    def inputs(self) -> Inputs:
        """The same, as the key sees it."""
        own, bases = (
            tuple(Input(each.kind, each.name, each.value) for each in listed) for listed in (self.own, self.bases)
        )
        return Inputs(own, self.context, tuple(self.files.items()), bases)


class GateResult(_Part):
    """A gate that the image passed."""

    name: Printable
    outcome: Literal["passed"]
    seconds: Seconds


class Requirement(_Part):
    """Something that the image requires of what it starts from, and that was there."""

    kind: Literal["user", "env", "file", "package", "os"]
    value: Printable
    outcome: Literal["passed"]


class Builder(_Part):
    """An engine, and the builder that it has, with its version where that is known."""

    version: Printable
    api: Printable
    store: Printable
    platform: Printable
    builder: Printable


class Built(_Part):
    """How an image was built: how long it took, its gates included, and on which engine."""

    seconds: Seconds
    engine: Builder


class Made(_Part):
    """An image on one platform.

    `manifest` is the digest in the registry, `image` that of the configuration, which engines without the containerd
    store use as ID; `built` is null where it was not built by the project that published it, but pulled or loaded.
    """

    manifest: Digest
    image: Digest
    layers: tuple[Layer, ...]
    size: Size
    key: Digest
    components: Components
    requires: tuple[Requirement, ...]
    gates: tuple[GateResult, ...]
    built: Built | None
    pushed: Seconds


class Ground(_Part):
    """What an image starts from: an image of the family by its name, an upstream by its reference, or scratch."""

    kind: Literal["parent", "upstream", "scratch"]
    name: Printable


class Released(_Part):
    """An image of the release; `digest` is what its tag names: a manifest, or the index of several platforms."""

    reference: Printable
    digest: Digest
    parent: Ground
    platforms: Annotated[dict[Printable, Made], Field(min_length=1)]


class Upstream(_Part):
    """An upstream as it was locked, with the unpacked layers on each platform; a `local` one is in no registry."""

    digest: Digest
    local: bool
    platforms: dict[Printable, tuple[Digest, ...]]


class Revision(_Part):
    """The git commit that the release was published from; `clean` where nothing differed from it."""

    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40,64}$")]
    clean: bool


class Record(_Part):
    """One release of the family, and exactly what was in it.

    Every reference begins with `registry`; `engine` is the one that pushed it.
    """

    record: Literal[1]
    project: Printable
    version: Printable
    registry: Printable
    published: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
    revision: Revision | None
    engine: Builder
    upstreams: dict[Printable, Upstream]
    images: dict[Printable, Released]


def path_of(version: str) -> str:
    """Where the record of a release is, relative to the project."""
    return f"{FOLDER}/{version}.json"


def write(record: Record) -> bytes:
    """The text of a record: the same for the same record."""
    return (record.model_dump_json(indent=2) + "\n").encode()


def read(data: bytes, file: str) -> Record:
    """Read a record; raises InputError with every fault."""
    document = parse(data, file, _AGAIN)
    try:
        record = Record.model_validate_json(json.dumps(document))
    except ValidationError as error:
        raise InputError(_fault(file, each["loc"], _words(each)) for each in error.errors()) from error
    if faults := list(_between(record, file)):
        raise InputError(faults)
    return record


def _words(error: Any) -> str:
    return _WORDS.get(error["type"]) or f"it is not what it has to be: {error['msg']}"


def _between(record: Record, file: str) -> Iterator[Fault]:
    """What no part of a record shows alone: a parent or an upstream that it does not hold."""
    for name, image in record.images.items():
        path, ground = ("images", name, "parent"), image.parent
        if ground.kind == "parent" and ground.name not in record.images:
            yield _fault(file, path, f'it names the image "{ground.name}", which is not in the record')
        if ground.kind == "upstream" and ground.name not in record.upstreams:
            yield _fault(file, path, f'it names the upstream "{ground.name}", which is not in the record')


def _fault(file: str, path: tuple[str | int, ...], problem: str) -> Fault:
    return Fault(Place(file, path=".".join(str(step) for step in path)), problem, _AGAIN)


def schema_text() -> str:
    """The JSON Schema (2020-12) of a record, as text."""
    made = Record.model_json_schema()
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_ID, **made}
    return json.dumps({**whole, "title": "a record of forebear"}, indent=2) + "\n"
