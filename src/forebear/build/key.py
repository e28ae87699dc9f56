"""Pure: the key of an image, the digest of everything that goes into it, and the labels that carry it."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

FORMAT: Final = "forebear.key/1"
"""Raised whenever the same inputs would give another image: every image is then rebuilt once."""

KEY: Final = "forebear.key"
INPUTS: Final = "forebear.inputs"
IMAGE: Final = "forebear.image"
PARENT: Final = "forebear.parent"
OCI: Final = "org.opencontainers.image."
STAMPED: Final = frozenset(
    {
        KEY,
        INPUTS,
        IMAGE,
        PARENT,
        *(OCI + name for name in ("title", "version", "base.name", "base.digest")),
    }
)
"""The labels that every child sets anew, and so no part of what it sees of its parent."""

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Input:
    """One thing that goes into an image.

    `kind` is a word of the key's list (see `Inputs`), `name` tells inputs of one kind apart,
    `value` is the input itself where it is short and no secret, else a digest of it.
    """

    kind: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that goes into one image on one platform, in the order of the key.

    `own`: dockerfile, name (of the Dockerfile in the context, where it is another), target, platform, epoch, then
    arg and label (by name), in that order.
    `context`: the digest of the build context, `files` its summary by path, for reasons only.
    `bases`: what it starts from and copies from, as (alias, identity); the alias of `from` is "".
    """

    own: tuple[Input, ...]
    context: str
    files: tuple[tuple[str, str], ...]
    bases: tuple[Input, ...]

    @property
    def key(self) -> str:
        """The key, as "sha256:<64 hex>": a digest of an unambiguous text of all inputs."""
        listed = [
            FORMAT,
            *((i.kind, i.name, i.value) for i in (*self.own, *self.bases)),
            ("context", "", self.context),
        ]
        text = json.dumps(listed, ensure_ascii=True, separators=(",", ":"))
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the labels of an image say of how it was made."""

    image: str
    key: str
    inputs: Inputs


def digest_of(text: str) -> str:
    """The sha256 of a text, 64 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def stamp_labels(stamp: Stamp) -> dict[str, str]:
    """The labels that carry a stamp."""
    inputs = stamp.inputs
    document = {
        "own": [[i.kind, i.name, i.value] for i in inputs.own],
        "context": inputs.context,
        "files": [list(pair) for pair in inputs.files],
        "bases": [[i.kind, i.name, i.value] for i in inputs.bases],
    }
    text = json.dumps(document, ensure_ascii=True, separators=(",", ":"))
    return {IMAGE: stamp.image, KEY: stamp.key, INPUTS: text, PARENT: _parent(inputs.bases)}


def read_stamp(labels: Mapping[str, str]) -> Stamp | None:
    """The stamp that an image's labels carry; None where they carry none, or one that does not hold together.

    Labels come from images, which anybody may have made: nothing in them is trusted before the key
    that they name has been found to be the digest of the inputs that they name, and no text of them
    that could steer a terminal is let through.
    """
    try:
        document = json.loads(labels[INPUTS])
        inputs = Inputs(
            _inputs(document["own"]),
            str(document["context"]),
            tuple((str(path), str(digest)) for path, digest in document["files"]),
            _inputs(document["bases"]),
        )
        stamp = Stamp(labels[IMAGE], labels[KEY], inputs)
    except (KeyError, TypeError, ValueError, RecursionError):
        return None
    sound = stamp.key == inputs.key and all(" " in base.value for base in inputs.bases)
    return stamp if sound and not _CONTROL.search("".join(_texts(stamp))) else None


def _texts(stamp: Stamp) -> Iterator[str]:
    yield from (stamp.image, stamp.inputs.context, *chain.from_iterable(stamp.inputs.files))
    for each in (*stamp.inputs.own, *stamp.inputs.bases):
        yield from (each.kind, each.name, each.value)


def _inputs(rows: Sequence[Sequence[object]]) -> tuple[Input, ...]:
    return tuple(Input(str(kind), str(name), str(value)) for kind, name, value in rows)


def _parent(bases: Sequence[Input]) -> str:
    return next((base.value for base in bases if base.name == ""), "scratch")
