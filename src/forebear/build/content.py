"""Pure: what a child sees of its parent: layers and configuration, without forebear's own labels."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from forebear.build.key import STAMPED, read_stamp
from forebear.build.recipe import Present

if TYPE_CHECKING:
    from forebear.engine.model import Facts


def content_of(facts: Facts) -> str:
    """The digest of what a child sees of an image, as "sha256:<64 hex>".

    The labels that forebear sets are left out: each child sets them anew. So a parent that was rebuilt for a
    changed comment, and came out the same, has the same content.
    """
    labels = [pair for pair in facts.labels if pair[0] not in STAMPED]
    text = json.dumps([facts.platform, facts.layers, facts.config, labels], separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def present(facts: Facts) -> Present:
    """An image on the engine, as the plan sees it."""
    return Present(
        id=facts.id,
        platform=facts.platform,
        content=content_of(facts),
        layers=facts.layers,
        history=facts.history,
        triggers=facts.triggers,
        stamp=read_stamp(dict(facts.labels)),
    )
