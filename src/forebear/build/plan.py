"""Pure: what a build would do to each image, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from forebear.build.reasons import reasons
from forebear.build.recipe import NOTHING, BaseKind, Present, Recipe, Target

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from forebear.build.key import Stamp


class Action(StrEnum):
    """What a build does to an image; LEFT is one that would be built, had it been selected."""

    BUILD = "build"
    REUSE = "reuse"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"
    LEFT = "left"


_HOLDS_UP: Final = (Action.BLOCKED, Action.LEFT)


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done to one target.

    `may_be_spared`: the only reason is a parent that is built; where that comes out the same, so does this.
    `key` is known where the content of every parent is.
    """

    recipe: Recipe
    action: Action
    reasons: tuple[str, ...]
    key: str | None = None
    may_be_spared: bool = False

    @property
    def target(self) -> Target:
        """Whom it is about."""
        return self.recipe.target


@dataclass(frozen=True, slots=True)
class Plan:
    """A step for each target, parents before children."""

    steps: tuple[Step, ...]

    def count(self, action: Action) -> int:
        """The number of steps with an action."""
        return sum(step.action is action for step in self.steps)


def plan(
    recipes: Iterable[Recipe], present: Mapping[Target, Present] | None, chosen: Container[str] | None = None
) -> Plan:
    """Decide for each recipe, given in topological order, what a build would do.

    `present` holds what is on the engine, by target; None where there is no engine to ask: then what
    cannot be built is blocked and of all else nothing is known. The recipes of ancestors that are not
    `chosen` are needed to judge those that are; the plan has no steps for them, and builds none of them.
    """
    steps: dict[Target, Step] = {}
    for recipe in recipes:
        step = _decide(recipe, steps, present)
        outside = chosen is not None and recipe.target.image not in chosen and step.action is Action.BUILD
        steps[recipe.target] = replace(step, action=Action.LEFT) if outside else step
    return Plan(tuple(s for s in steps.values() if chosen is None or s.target.image in chosen))


def _decide(recipe: Recipe, done: Mapping[Target, Step], present: Mapping[Target, Present] | None) -> Step:
    parents = [done[at] for name in recipe.parents if (at := Target(name, recipe.target.platform)) in done]
    blocked = (*recipe.blocked, *(_held_up(parent) for parent in parents if parent.action in _HOLDS_UP))
    if blocked:
        return Step(recipe, Action.BLOCKED, tuple(dict.fromkeys(blocked)))
    if present is None:
        told = f"on {recipe.ground.name}; its own inputs are {recipe.fingerprint}"
        return Step(recipe, Action.UNKNOWN, (*recipe.unprepared, told))
    here = present.get(recipe.target)
    known = recipe.bases_in(present)
    if recipe.unprepared:
        return Step(recipe, Action.BUILD, recipe.unprepared)
    built = tuple(p.target.image for p in parents if p.action is Action.BUILD)
    return _after(built, recipe, here, known) if built else judge(recipe, here, known)


def _held_up(parent: Step) -> str:
    """What stands in the way, at whichever ancestor it is: the parent may be none of those that are shown."""
    name, reason = parent.target.image, parent.reasons[0]
    if parent.action is Action.LEFT:
        return f"parent {name} has to be built first ({reason}) and is not selected"
    if parent.recipe.blocked:
        return f"parent {name} is blocked: {reason}"
    return f"ancestor {reason.partition(' ')[2]}"


def _after(built: tuple[str, ...], recipe: Recipe, here: Present | None, known: Mapping[str, Present]) -> Step:
    """A step whose key cannot be known yet, since some of its parents are built first."""
    waiting = tuple(f"parent {name} is built" for name in built)
    if (stamp := _own_stamp(recipe, here)) is None:
        return Step(recipe, Action.BUILD, (_absent(recipe, here), *waiting))
    settled = {name: base.content for name, base in known.items() if name not in built}
    contents = dict.fromkeys(recipe.parents, "") | _recorded(stamp) | settled
    own = reasons(recipe.context_path, stamp.inputs, recipe.inputs(contents))
    return Step(recipe, Action.BUILD, (*own, *waiting), may_be_spared=not own)


def judge(recipe: Recipe, here: Present | None, bases: Mapping[str, Present]) -> Step:
    """Decide on one image whose parents are all in `bases`: reuse, or build with the reasons.

    The plan asks it before, and the cascade again when the parents of an image that may be spared are built.
    """
    inputs = recipe.inputs({name: base.content for name, base in bases.items()})
    if here is None or (stamp := _own_stamp(recipe, here)) is None:
        return Step(recipe, Action.BUILD, (_absent(recipe, here),), inputs.key)
    why = reasons(recipe.context_path, stamp.inputs, inputs) or _unsound(recipe, here, bases)
    return Step(recipe, Action.BUILD if why else Action.REUSE, why or ("nothing changed",), inputs.key)


def _own_stamp(recipe: Recipe, here: Present | None) -> Stamp | None:
    """The stamp of what is under an image's tag, if it is that image's."""
    stamp = here.stamp if here else None
    return stamp if stamp and stamp.image == recipe.target.image else None


def _absent(recipe: Recipe, here: Present | None) -> str:
    if here is None:
        return f"{recipe.shown} is not on the engine"
    if here.stamp is None and here.keyed:
        return f"the key of {recipe.shown} is of another version of forebear, or its labels were changed"
    if here.stamp is None:
        return f"the image that {recipe.shown} names was not built by forebear"
    return f"{recipe.shown} names another image, {here.stamp.image}"


def _recorded(stamp: Stamp) -> dict[str, str]:
    """The content of each parent that an image was built on, by the parent's name, from its stamp."""
    parts = (base.value.rpartition(" ") for base in stamp.inputs.bases if base.kind == "parent")
    return {name: content for name, _, content in parts}


def _unsound(recipe: Recipe, here: Present, bases: Mapping[str, Present]) -> tuple[str, ...]:
    """Why an image with the right key is not what the key promises: a label alone proves nothing."""
    ground = bases.get(recipe.ground.name, NOTHING if recipe.ground.kind is BaseKind.SCRATCH else None)
    if ground is None:
        return ()
    if not here.stands_on(ground):
        return (f"its layers do not begin with those of its {recipe.ground.kind} {recipe.ground.name}",)
    bound = (ground.history or 0) + ground.triggers + recipe.steps + here.beside
    if here.triggers != recipe.triggers or (here.history is not None and here.history > bound):
        return (f"{recipe.shown} names an image that somebody built on top of forebear's",)
    return ()
