"""Pure: how far an image that was built a second time is like the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forebear.build.key import KEY
from forebear.build.promise import Grade, Graded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forebear.engine.model import EngineInfo, Facts


def grade(first: Facts, second: Facts, engine: EngineInfo, other: EngineInfo) -> Graded:
    """Grade a second image beside the first; each engine is the one that has it."""
    if first.id == second.id:
        return Graded(Grade.DIGEST)
    if first.layers == second.layers:
        return Graded(Grade.LAYERS, "; ".join(_configurations(first, second, engine, other)))
    if dict(first.labels).get(KEY) == dict(second.labels).get(KEY):
        return Graded(Grade.INPUTS, "its layers differ")
    return Graded(Grade.NONE, "its parent came out differently")


def _configurations(first: Facts, second: Facts, engine: EngineInfo, other: EngineInfo) -> Iterator[str]:
    """Why two images of the same layers are not the same image."""
    if engine.keeps_digests != other.keeps_digests:
        yield f"the {engine.store} and the {other.store} image store name images in different ways"
    before, after = dict(first.config), dict(second.config)
    fields = sorted(name for name in before | after if before.get(name) != after.get(name))
    if fields:
        yield f"the configuration differs in {', '.join(fields)}"
    if first.labels != second.labels:
        yield "the labels differ"
    if not fields and first.labels == second.labels and engine.keeps_digests == other.keeps_digests:
        yield "the times in its history differ, or the builders write manifests differently"
