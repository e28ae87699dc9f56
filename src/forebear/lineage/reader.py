"""From the bytes of lineage.yml to a lineage, with every fault of the file at once."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from forebear.errors import Fault, InputError, Place
from forebear.lineage.checks import faults_between
from forebear.lineage.declared import declare
from forebear.lineage.document import load
from forebear.lineage.model import DEFAULT_EPOCH, Gate, Image, Lineage, Locate
from forebear.lineage.values import kind
from forebear.reference import DOCKER_HUB, Reference

if TYPE_CHECKING:
    from forebear.lineage.schema import GateEntry, ImageEntry, LineageFile


def read(data: bytes, file: str = "lineage.yml") -> Lineage:
    """The lineage that `data` declares; messages call it `file`. Raises InputError with every fault."""
    document = load(data, file)
    if not isinstance(document.data, dict):
        raise InputError([*document.faults, _not_a_mapping(document.data, file)])
    declared, faults = declare(document.data, document.places)
    lineage = _lineage(declared, document.places.value, file)
    found = [*document.faults, *faults, *faults_between(lineage, document.places)]
    if found:
        raise InputError(_one_a_place(found))
    return lineage


def _not_a_mapping(data: object, file: str) -> Fault:
    if data is None:
        return Fault(Place(file), "the file is empty", "begin with lineage: 1, or run: forebear init")
    return Fault(Place(file, 1, 1), f"this is {kind(data)}, and has to be a mapping", "begin with lineage: 1")


def _one_a_place(faults: list[Fault]) -> list[Fault]:
    """Only the last fault of each place: it knows most of what belongs there."""
    return list({fault.place: fault for fault in faults}.values())


def _lineage(declared: LineageFile, locate: Locate, file: str) -> Lineage:
    images = {name: _image(name, entry, declared, locate) for name, entry in declared.images.items()}
    return Lineage(
        declared.project,
        declared.version,
        declared.registry or None,
        declared.source or None,
        MappingProxyType(images),
        file,
    )


def _image(name: str, entry: ImageEntry, family: LineageFile, locate: Locate) -> Image:
    version = entry.version or family.version
    return Image(
        name=name,
        version=version,
        base=entry.from_,
        uses=tuple(sorted(entry.uses.items())),
        reference=_reference(name, version, family),
        template=entry.template or f"{name}.Dockerfile.j2",
        context=entry.context or f"images/{name}",
        vars=entry.vars,
        args=tuple(sorted(entry.args.items())),
        labels=tuple(sorted(entry.labels.items())),
        target=entry.target or None,
        platforms=entry.platforms or family.platforms,
        epoch=entry.epoch or family.epoch or DEFAULT_EPOCH,
        tests=tuple(_gate(each) for each in entry.tests),
        locate=locate,
    )


def _reference(name: str, version: str, family: LineageFile) -> Reference:
    registry, _, folder = (family.registry or DOCKER_HUB).partition("/")
    repository = "/".join(part for part in (folder, family.project, name) if part)
    return Reference(registry, repository, version)


def _gate(entry: GateEntry) -> Gate:
    return Gate(entry.name, entry.run, entry.exit, entry.output or None)
