"""The graph as a document: what `graph --json` prints, and what the other pictures are drawn from."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from forebear.lineage.model import SCRATCH, Base, Image

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forebear.lineage.graph import Family
    from forebear.reference import Reference

FORMAT: Final = "forebear.graph/1"
_SHORT_DIGEST: Final = len("sha256:") + 12


@dataclass(frozen=True, slots=True)
class Outside:
    """What the images of the document stand on: an upstream, scratch, or an image that was not chosen.

    `id` is the canonical reference of an upstream, the name of an image, or `scratch`.
    """

    id: str
    label: str
    is_upstream: bool


@dataclass(frozen=True, slots=True)
class Inside:
    """An image of the document; `base` and `uses` (by alias) are names of images or ids of what is outside."""

    name: str
    version: str
    reference: str
    base: str
    uses: tuple[tuple[str, str], ...]

    @property
    def label(self) -> str:
        """As a release engineer says it: `tomcat-2.1.7`."""
        return f"{self.name}-{self.version}"


@dataclass(frozen=True, slots=True)
class Document:
    """The graph of the chosen images, parents first, and of what they stand on."""

    project: str
    version: str
    outside: tuple[Outside, ...]
    images: tuple[Inside, ...]

    @property
    def edges(self) -> Iterator[tuple[str, str, str | None]]:
        """Base, image, and the alias where the image uses it."""
        for image in self.images:
            yield image.base, image.name, None
            for alias, base in image.uses:
                yield base, image.name, alias


def document(family: Family, names: Iterable[str] | None = None) -> Document:
    """The graph of the images in `names`, of all without."""
    wanted = family.lineage.images if names is None else frozenset(names)
    images = [family.lineage.images[name] for name in family.order if name in wanted]
    bases = dict.fromkeys(base for image in images for base in image.bases if base.image not in wanted)
    return Document(
        family.lineage.project,
        family.lineage.version,
        tuple(Outside(_id(base), label(family, base), base.upstream is not None) for base in bases),
        tuple(_inside(image) for image in images),
    )


def text(drawn: Document) -> str:
    """The document as JSON; its form is documented and changes with the number in `format`."""
    return json.dumps(_plain(drawn), indent=2, ensure_ascii=False) + "\n"


def label(family: Family, base: Base) -> str:
    """A base as people say it: `fedora:25`, `tomcat-2.1.7`, `scratch`."""
    if base.upstream is not None:
        return _short(base.upstream)
    if base.image is not None:
        return f"{base.image}-{family.lineage.images[base.image].version}"
    return SCRATCH


def _short(upstream: Reference) -> str:
    """Familiar, with the first digits of its digest."""
    named = replace(upstream, digest=None).familiar
    return f"{named}@{upstream.digest[:_SHORT_DIGEST]}" if upstream.digest else named


def _id(base: Base) -> str:
    return str(base.upstream) if base.upstream is not None else base.image or SCRATCH


def _inside(image: Image) -> Inside:
    uses = tuple((alias, _id(base)) for alias, base in image.uses)
    return Inside(image.name, image.version, str(image.reference), _id(image.base), uses)


def _plain(drawn: Document) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "project": drawn.project,
        "version": drawn.version,
        "upstreams": sorted(each.id for each in drawn.outside if each.is_upstream),
        "images": [
            {
                "name": image.name,
                "version": image.version,
                "reference": image.reference,
                "from": image.base,
                "uses": dict(image.uses),
            }
            for image in drawn.images
        ],
    }
