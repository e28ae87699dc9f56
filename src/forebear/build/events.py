"""What happens in a run, as values: a display shows them, `--json` prints them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forebear.build.plan import Plan
    from forebear.build.promise import Graded
    from forebear.build.recipe import Target
    from forebear.engine.model import Capabilities, EngineInfo


class Outcome(StrEnum):
    """How a target came to an end."""

    BUILT = "built"
    REUSED = "reused"
    SPARED = "spared"
    PULLED = "pulled"
    FAILED = "failed"
    SKIPPED = "skipped"
    BLOCKED = "blocked"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Preparing:
    """A preparation of an image is carried out; `log` is the file that its output goes to."""

    target: Target
    command: str
    why: str
    log: str


@dataclass(frozen=True, slots=True)
class Began:
    """A run began: on which engine, with what it can do (None where nothing is built), to carry out which plan."""

    engine: EngineInfo
    capabilities: Capabilities | None
    plan: Plan


@dataclass(frozen=True, slots=True)
class Started:
    """The build of a target began; `log` is the file that its output goes to."""

    target: Target
    reasons: tuple[str, ...]
    log: str


@dataclass(frozen=True, slots=True)
class Progress:
    """A step of a target's Dockerfile began, or said something."""

    target: Target
    line: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A target came to an end.

    `why`: the reason in words; `image`: the ID of what its tag names now; `seconds`: how long it took;
    `tail`: the last lines of the log of a failed one; `graded`: of one that was built, how far a rebuild comes out
    the same, as far as the engine goes.
    """

    target: Target
    reference: str
    outcome: Outcome
    why: tuple[str, ...] = ()
    image: str = ""
    key: str = ""
    seconds: float = 0.0
    log: str = ""
    tail: tuple[str, ...] = ()
    graded: Graded | None = None


Event = Preparing | Began | Started | Progress | Ended
