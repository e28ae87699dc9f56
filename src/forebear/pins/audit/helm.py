"""Helm values: images as one text, and as a block of registry, repository, tag and digest."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from forebear.pins.audit.expansion import templated
from forebear.pins.audit.nodes import Mapping, Node, Scalar, mappings, own_pairs, scalar
from forebear.pins.audit.parts import Parts, words
from forebear.pins.audit.references import APP_VERSION
from forebear.pins.audit.written import Written, read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forebear.pins.audit.model import Trouble, Use

_KIND: Final = "image of a chart"
_HINT: Final = re.compile("[iI]mage|repository")
_IMAGE: Final = re.compile(r"image|\w*(?:Image|_image)")
_REFERENCE: Final = re.compile(r"(?!\w+://)[^\s]*[:/][^\s]*")


def read(data: bytes, path: str) -> Iterator[Use | Trouble]:  # noqa: ARG001 - every reader has it
    """The uses of a chart's values; what they look like is the custom of charts, and no specification's."""
    yield from read_yaml(data, values_uses, _HINT)


def values_uses(file: Written, root: Node) -> Iterator[Use | None]:
    """The uses of values, wherever in a file they are."""
    for mapping in mappings(root):
        for key, value in own_pairs(mapping):
            if isinstance(value, Mapping):
                yield _block(file, value, is_image=_IMAGE.fullmatch(key) is not None)
            elif isinstance(value, Scalar) and _IMAGE.fullmatch(key) and _is_reference(key, value):
                yield _text(file, key, value, mapping)


def _is_reference(key: str, value: Scalar) -> bool:
    """Whether a text under such a key is a reference: `image` says so, the others may mean a picture."""
    if value.plain and value.text in {"true", "false"}:
        return False
    return key == "image" or _REFERENCE.fullmatch(value.text) is not None


def _text(file: Written, key: str, value: Scalar, mapping: Mapping) -> Use | None:
    """The use that a text is; its tag may be beside it."""
    tag = next(filter(None, (scalar(mapping, name) for name in (f"{key}Tag", f"{key}_tag", "tag"))), None)
    if tag is None:
        return file.use(value, _KIND, templated)
    return Parts(scalar(mapping, "registry"), value, tag, scalar(mapping, "digest")).use(file, _KIND, templated)


def _block(file: Written, block: Mapping, *, is_image: bool) -> Use | None:
    """The use that a mapping is, None for what is no image: a `repository` may be one of sources or charts too."""
    repository = scalar(block, "repository") or (scalar(block, "name") if is_image else None)
    tag, digest = scalar(block, "tag"), scalar(block, "digest") or scalar(block, "sha")
    if repository is None or not (is_image or tag or digest) or "://" in repository.text:
        return None
    use = Parts(scalar(block, "registry"), repository, tag, digest).use(file, _KIND, templated)
    if use is None or words(tag) or words(digest):
        return use
    return replace(use, via=(*use.via, APP_VERSION))
