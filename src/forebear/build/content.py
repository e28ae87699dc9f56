"""Pure: what a child sees of its parent: layers and configuration, without forebear's own labels."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from forebear.build.key import KEY, STAMPED, read_stamp
from forebear.build.recipe import Present

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forebear.engine.model import Facts


def content_of(facts: Facts) -> str:
    """The digest of what a child sees of an image, as "sha256:<64 hex>".

    The labels that forebear sets are left out: each child sets them anew. So a parent that was rebuilt for a
    changed comment, and came out the same, has the same content.
    """
    labels = [pair for pair in facts.labels if pair[0] not in STAMPED]
    text = json.dumps([facts.platform, facts.layers, facts.config, labels], separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def with_history(facts: Facts, made_by: Sequence[str]) -> Facts:
    """The facts of an image with its history, given what made each entry of it.

    BuildKit leaves no entry for a label that it is given beside the Dockerfile, the classic builder one for each
    (moby, builder/dockerfile/builder.go, buildLabelOptions).
    """
    labels, stamp = dict(facts.labels), read_stamp(dict(facts.labels))
    declared = [each.name for each in stamp.inputs.own if each.kind == "label"] if stamp else []
    given = {f"LABEL {name}={labels.get(name)}" for name in (*STAMPED, *declared)}
    beside = given & {text.partition("#(nop)")[2].strip() for text in made_by}
    return replace(facts, history=len(made_by), beside=len(beside))


def present(facts: Facts) -> Present:
    """An image on the engine, as the plan sees it."""
    return Present(
        id=facts.id,
        platform=facts.platform,
        content=content_of(facts),
        layers=facts.layers,
        history=facts.history,
        beside=facts.beside,
        triggers=facts.triggers,
        stamp=read_stamp(dict(facts.labels)),
        keyed=any(name == KEY for name, _ in facts.labels),
    )
