"""Pure: a lineage and its order as text, and back: quicker than reading and checking lineage.yml anew."""

from __future__ import annotations

import json
from dataclasses import astuple
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from forebear.lineage.constraints import parse_constraint
from forebear.lineage.gate import read_gate, read_requirements
from forebear.lineage.model import Base, Image, Lineage, Moving, Preparation, Secret, unplaced
from forebear.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forebear.lineage.model import Locate


def pack(lineage: Lineage, order: Sequence[str]) -> str:
    """A lineage that was read, with its images in topological order, as text."""
    head = [
        lineage.project,
        lineage.version,
        lineage.registry,
        lineage.source,
        lineage.file,
        lineage.tags,
        lineage.keep,
        lineage.mirrors,
        [[name, wanted.text] for name, wanted in lineage.constraints],
    ]
    images = [_image(image) for image in lineage.images.values()]
    secrets = [[each.name, each.env, each.file] for each in lineage.secrets]
    return json.dumps([head, secrets, images, list(order)], separators=(",", ":"), default=_plain)


def unpack(text: str, locate: Locate = unplaced) -> tuple[Lineage, tuple[str, ...]]:
    """The lineage and the order that `pack` was given; `locate` finds the places of its keys."""
    head, secrets, images, order = json.loads(text)
    read = (_read(fields, locate) for fields in images)
    mapping = MappingProxyType({image.name: image for image in read})
    return _lineage(head, mapping, tuple(Secret(*fields) for fields in secrets), locate), tuple(order)


def _lineage(head: list[Any], images: Mapping[str, Image], secrets: tuple[Secret, ...], locate: Locate) -> Lineage:
    project, version, registry, source, file, tags, keep, mirrors, constraints = head
    return Lineage(
        project,
        version,
        registry,
        source,
        images,
        file,
        tuple(map(Moving, tags)),
        keep,
        secrets,
        _pairs(mirrors),
        tuple((name, parse_constraint(wanted)) for name, wanted in constraints),
        locate,
    )


def _image(image: Image) -> list[object]:
    return [
        image.name,
        image.version,
        _base(image.base),
        [[alias, _base(base)] for alias, base in image.uses],
        [image.reference.registry, image.reference.repository],
        image.template,
        image.context,
        image.vars,
        image.args,
        image.labels,
        image.target,
        image.platforms,
        image.epoch,
        [astuple(gate) for gate in image.tests],
        [[each.run, each.folder, each.inputs, each.outputs] for each in image.prepare],
        image.requires and astuple(image.requires),
        image.dockerfile,
    ]


def _base(base: Base) -> object:
    """A parent by its name, an upstream by the fields of its reference, scratch as nothing."""
    up = base.upstream
    return base.image if up is None else [up.registry, up.repository, up.tag, up.digest]


def _plain(value: Mapping[str, object]) -> dict[str, object]:
    return dict(value)


def _read(fields: list[Any], locate: Locate) -> Image:
    name, version, base, uses, (registry, repository), template, context, values, *rest = fields
    args, labels, target, platforms, epoch, tests, prepare, requires, dockerfile = rest
    return Image(
        name=name,
        version=version,
        base=_read_base(base),
        uses=tuple((alias, _read_base(used)) for alias, used in uses),
        reference=Reference(registry, repository, version),
        template=template,
        context=context,
        vars=_frozen(values),
        args=_pairs(args),
        labels=_pairs(labels),
        target=target,
        platforms=tuple(platforms),
        epoch=epoch,
        tests=tuple(map(read_gate, tests)),
        prepare=tuple(
            Preparation(tuple(run), folder, tuple(inputs), tuple(outputs)) for run, folder, inputs, outputs in prepare
        ),
        requires=requires and read_requirements(requires),
        dockerfile=dockerfile,
        locate=locate,
    )


def _read_base(value: Any) -> Base:
    if isinstance(value, list):
        return Base(upstream=Reference(*value))
    return Base(image=value)


def _pairs(values: list[Any]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in values)


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return MappingProxyType({key: _frozen(each) for key, each in value.items()})
    return tuple(_frozen(each) for each in value) if isinstance(value, list) else value
