"""Pure: what the journals have in common: frozen parts, and how they are written and read."""

from __future__ import annotations

import json
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from forebear.jsontext import parse, refused

T = TypeVar("T", bound="Part")


class Part(BaseModel):
    """A part of a journal, or a whole one: frozen, and with nothing in it that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def written(journal: Part) -> bytes:
    """The text of a journal."""
    return (journal.model_dump_json(indent=2) + "\n").encode()


def read_as(kind: type[T], data: bytes, file: str, action: str) -> T:
    """Read a journal of a kind; raises InputError, with the file and the action, for a damaged one."""
    document = parse(data, file, action)
    try:
        return kind.model_validate_json(json.dumps(document))
    except ValidationError as error:
        first = error.errors()[0]
        raise refused(file, ".".join(map(str, first["loc"])), f"it is damaged: {first['msg']}", action) from error
