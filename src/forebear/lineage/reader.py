"""From the bytes of lineage.yml to a lineage, with every fault of the file at once."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from forebear.errors import Fault, InputError, Place
from forebear.lineage.checks import faults_between
from forebear.lineage.declared import declare
from forebear.lineage.document import load
from forebear.lineage.gates import gate, requirements
from forebear.lineage.model import DEFAULT_EPOCH, DOCKERFILE, KEEP, Image, Lineage, Locate, Preparation, Secret
from forebear.lineage.values import kind
from forebear.reference import DOCKER_HUB, Reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forebear.lineage.schema import ImageEntry, LineageFile

_NO_VARS: Final[Mapping[str, object]] = MappingProxyType({})


def read(data: bytes, file: str = "lineage.yml") -> Lineage:
    """The lineage that `data` declares; messages call it `file`. Raises InputError with every fault."""
    document = load(data, file)
    if not isinstance(document.data, dict):
        raise InputError([*document.faults, _not_a_mapping(document.data, file)])
    declared, faults = declare(document.data, document.places)
    lineage = _lineage(declared, document.places.value, file)
    faults += faults_between(lineage, document.places)
    faults += _not_said_better(document.faults, faults)
    if faults:
        raise InputError(faults)
    return lineage


def _not_a_mapping(data: object, file: str) -> Fault:
    if data is None:
        return Fault(Place(file), "the file is empty", "begin with lineage: 1, or run: forebear init")
    return Fault(Place(file, 1, 1), f"this is {kind(data)}, and has to be a mapping", "begin with lineage: 1")


def _not_said_better(of_yaml: Iterable[Fault], of_lineage: Iterable[Fault]) -> list[Fault]:
    """What is wrong as YAML, but for the places of which we know more."""
    told = {fault.place for fault in of_lineage}
    return [fault for fault in of_yaml if fault.place not in told]


def _lineage(declared: LineageFile, locate: Locate, file: str) -> Lineage:
    images = {name: _image(name, entry, declared, locate) for name, entry in declared.images.items()}
    return Lineage(
        declared.project,
        declared.version,
        declared.registry or None,
        declared.source or None,
        MappingProxyType(images),
        file,
        declared.tags,
        declared.keep or KEEP,
        tuple(Secret(name, each.env or None, each.file or None) for name, each in sorted(declared.secrets.items())),
        tuple(sorted(declared.mirrors.items())),
        tuple(declared.constraints.items()),
        locate,
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
        vars=entry.vars or _NO_VARS,
        args=tuple(sorted(entry.args.items())),
        labels=tuple(sorted(entry.labels.items())),
        target=entry.target or None,
        platforms=entry.platforms or family.platforms,
        epoch=entry.epoch or family.epoch or DEFAULT_EPOCH,
        tests=tuple(gate(each) for each in entry.tests),
        prepare=tuple(Preparation(each.run, each.in_, each.inputs, each.outputs) for each in entry.prepare),
        requires=requirements(entry.requires) if entry.requires else None,
        dockerfile=entry.dockerfile or DOCKERFILE,
        locate=locate,
    )


def _reference(name: str, version: str, family: LineageFile) -> Reference:
    registry, _, folder = (family.registry or DOCKER_HUB).partition("/")
    repository = "/".join(part for part in (folder, family.project, name) if part)
    return Reference(registry, repository, version)
