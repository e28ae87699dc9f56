"""From plain values to the models of the file, with every fault in our own words."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ValidationError

from forebear.errors import Fault
from forebear.lineage.gates import FileEntry, GateEntry, HttpEntry, RequiresEntry
from forebear.lineage.schema import ImageEntry, LineageFile, PreparationEntry, SecretEntry
from forebear.lineage.spelling import PATIENCE, nearest
from forebear.lineage.values import kind
from forebear.lineage.wrong import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forebear.lineage.document import Places
    from forebear.lineage.model import Path

_STAND_INS: Final[Mapping[str, object]] = {
    "lineage": 1,
    "project": "project",
    "version": "0.0.0",
    "images": {},
}
_SOUND_ENTRY: Final[Mapping[str, object]] = {"from": "scratch"}
_TO_ADD: Final = {
    "lineage": "begin with lineage: 1",
    "project": "write project: and the name that the images share",
    "version": "write version: and the family's release, for example 0.1.0",
    "images": "write images: and, below it, each image with what it starts from",
    "from": "write from: and an image of this file, an upstream with its tag, or scratch",
    "name": "write name: and what is checked",
    "path": "write path: and a path in the image",
    "port": "write port: and the port that it listens on",
    "run": "write run: and the command",
    "inputs": "write inputs: and the files and folders that the command reads",
    "outputs": "write outputs: and the files and folders that the command makes",
}
_WANTED: Final = {"model_type": "a mapping", "dict_type": "a mapping", "tuple_type": "a list"}


def declare(data: Mapping[str, Any], places: Places) -> tuple[LineageFile, list[Fault]]:
    """The models of the file, and what is wrong in it; the models hold a stand-in for what is wrong."""
    try:
        return LineageFile.model_validate(data), []
    except ValidationError as error:
        errors = error.errors(include_url=False)
    mended = _mended(data, [each["loc"] for each in errors])
    return LineageFile.model_validate(mended), _faults(errors, places)


def _faults(errors: Iterable[Any], places: Places) -> list[Fault]:
    """A key that is missing under its own name, but is there in a misspelling, is one fault."""
    unknown = [error["loc"] for error in errors if error["type"] == "extra_forbidden"]
    meant = {path: nearest(str(path[-1]), _keys(path)) for path in islice(unknown, PATIENCE)}
    there = {(*path[:-1], key) for path, key in meant.items()}
    return [_fault(error, places, meant) for error in errors if error["type"] != "missing" or error["loc"] not in there]


def _fault(error: Any, places: Places, meant: Mapping[Path, str | None]) -> Fault:
    path, kind_of_error = error["loc"], error["type"]
    if path[-1] == "[key]":
        return Fault(places.key(path[:-1]), *_words(error))
    if kind_of_error == "extra_forbidden":
        return Fault(places.key(path), *_unknown_key(path, meant.get(path)))
    if kind_of_error == "missing":
        return Fault(places.key(path[:-1]), f"the key {path[-1]} is missing", _TO_ADD[path[-1]])
    return Fault(places.value(path), *_words(error))


def _words(error: Any) -> tuple[str, str]:
    if error["type"] == "value_error":
        wrong = error["ctx"]["error"]
        return wrong.problem, wrong.action
    wanted = _WANTED[error["type"]]
    return f"this is {kind(error['input'])}, and has to be {wanted}", f"write {wanted}, or remove the key"


def _unknown_key(path: Path, meant: str | None) -> tuple[str, str]:
    action = f"did you mean {meant}?" if meant else f"the keys here are {', '.join(_keys(path))}"
    return f"unknown key {shown(str(path[-1]))}", action


def _keys(path: Path) -> list[str]:
    """What may stand where the key at `path` is."""
    return [field.alias or name for name, field in _model(path).model_fields.items()]


def _model(path: Path) -> type[BaseModel]:
    match path:
        case ("secrets", _, _):
            return SecretEntry
        case ("images", _, _):
            return ImageEntry
        case ("images", _, "prepare", *_):
            return PreparationEntry
        case ("images", _, "requires", *_):
            return RequiresEntry
        case ("images", _, "tests", _, "files", *_):
            return FileEntry
        case ("images", _, "tests", _, "http", *_):
            return HttpEntry
        case ("images", *_):
            return GateEntry
    return LineageFile


def _mended(data: Mapping[str, Any], paths: Iterable[Path]) -> dict[str, Any]:
    """The data without what is wrong in it, so that the rest can still be checked."""
    mended = dict(data)
    images = mended["images"] = dict(data["images"]) if isinstance(data.get("images"), dict) else {}
    for path in paths:
        match path:
            case ("images", name, "[key]"):
                images.pop(name, None)
            case ("images", name) if name in images:
                images[name] = dict(_SOUND_ENTRY)
            case ("images", name, key, *_) if name in images:
                images[name] = _without(images[name], str(key))
            case (top, *_) if top != "images":
                mended.pop(str(top), None)
    return {**_STAND_INS, **mended}


def _without(entry: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {**_SOUND_ENTRY, **{kept: value for kept, value in entry.items() if kept != key}}
