"""Pure: how far an image that is built a second time comes out the same, and what an engine can promise of that."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from forebear.engine.model import Builder

if TYPE_CHECKING:
    from forebear.engine.model import Capabilities


class Grade(StrEnum):
    """From the best to the least: the same image, the same layers, the same inputs, none of these."""

    DIGEST = "digest"
    LAYERS = "layers"
    INPUTS = "inputs"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Graded:
    """A grade, and what stops the next one; empty where there is none."""

    grade: Grade
    obstacle: str = ""


def promised(capabilities: Capabilities, *, adds_layers: bool) -> Graded:
    """The grade that an image reaches, as far as its engine goes; its own commands may write what differs.

    BuildKit gives an image that adds no layers to its base the same configuration each time, whatever the store.
    """
    if capabilities.rewrites_timestamps or (capabilities.builder is Builder.BUILDKIT and not adds_layers):
        return Graded(Grade.DIGEST)
    return Graded(Grade.INPUTS, capabilities.why_not)
