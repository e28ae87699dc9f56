"""Judge what lineage.yml declares and lineage.lock fixes: upstreams, and versions and times along the lineage."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from forebear.lineage.versions import parse_version
from forebear.lineage.wrong import Wrong
from forebear.pins.audit.model import Trouble, Use
from forebear.pins.audit.spans import Spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from forebear.lineage.model import Image, Lineage
    from forebear.pins.audit.model import Span
    from forebear.pins.lock import Lock
    from forebear.reference import Reference

_WORD: Final = re.compile(r"[\"']?([^\s\"'#,{}\[\]]*)")


class Declared:
    """A lineage with the text that declares it, for places in it."""

    def __init__(self, lineage: Lineage, lock: Lock, text: str) -> None:
        self._lineage = lineage
        self._lock = lock
        self._text = text
        self._spans = Spans(text)

    def all(self) -> Iterator[Use | Trouble]:
        """The upstreams of every image, and what is wrong between it and its parents."""
        for image in self._lineage.images.values():
            yield from self._upstreams(image)
            for name in image.parents:
                yield from self._older(image, self._lineage.images[name])

    def _upstreams(self, image: Image) -> Iterator[Use | Trouble]:
        keys = ("from", *(f"uses.{alias}" for alias, _ in image.uses))
        for key, base in zip(keys, image.bases, strict=True):
            if base.upstream is not None:
                yield from self._upstream(image, key, base.upstream)

    def _upstream(self, image: Image, key: str, upstream: Reference) -> Iterator[Use | Trouble]:
        span, kind = self.span(image, key), f"{key.partition('.')[0]} of {image.name}:"
        pin = self._lock.pin(upstream)
        if pin is None:
            problem = f"{kind} {upstream.familiar} is not locked"
            yield Trouble("not-locked", span, problem, "run: forebear lock", f"{image.name} {upstream}")
            yield Use(str(upstream), span, kind, str(upstream), pinned=True)
        else:
            yield Use(str(upstream), span, kind, str(pin.reference), pinned=pin.local)

    def _older(self, child: Image, parent: Image) -> Iterator[Trouble]:
        if child.epoch < parent.epoch:
            problem = f"{child.name} carries a time before that of its parent {parent.name}"
            yield self._told("older-than-parent", child, "epoch", problem, "give it the parent's epoch, or a later one")
        version, other = parse_version(child.version), parse_version(parent.version)
        if version.major == other.major and version < other:
            problem = f"{child.name} {version} stands on {parent.name} {other}, which is newer"
            yield self._told("older-than-parent", child, "version", problem, f"raise its version to {other} or above")

    def back(self, highest: Mapping[str, tuple[str, str]]) -> Iterator[Trouble]:
        """Images with a version below the highest that is known: for each name that version, and where it was."""
        for image in self._lineage.images.values():
            version, where = highest.get(image.name, (image.version, ""))
            if parse_version(version) > parse_version(image.version):
                problem = f"{image.name} is at {image.version}, and was at {version} {where}"
                yield self._told("version-back", image, "version", problem, f"choose a version above {version}")

    def of_image(self, rule: str, name: str, problem: str, action: str) -> Trouble:
        """Something about an image as a whole, at its place."""
        return self._told(rule, self._lineage.images[name], "", problem, action)

    def _told(self, rule: str, image: Image, key: str, problem: str, action: str) -> Trouble:
        return Trouble(rule, self.span(image, key), problem, action, f"{image.name} {key}")

    def span(self, image: Image, key: str) -> Span:
        """Where the text says `key` of an image, or the nearest key around that."""
        place = image.place_of(key) if key else image.place
        start = self._spans.at(max(place.line, 1), max(place.column, 1))
        word = _WORD.match(self._text, start)
        return self._spans.span(*word.span(1)) if word else self._spans.span(start, start)


def highest(versions: Iterable[tuple[str, str, str]]) -> dict[str, tuple[str, str]]:
    """Of (image, version, where) the highest version of each image with where it was; what is no SemVer is left out."""
    found: dict[str, tuple[str, str]] = {}
    for name, version, where in versions:
        with suppress(Wrong):
            parsed = parse_version(version)
            if name not in found or parsed > parse_version(found[name][0]):
                found[name] = version, where
    return found
