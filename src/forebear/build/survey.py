"""What is on the engine of what a plan is about: one listing, and the facts of what is not yet known."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import TYPE_CHECKING, Final

from forebear.build.content import present, with_history
from forebear.build.recipe import BaseKind, Present, Recipe, Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from forebear.build.memory import Memory
    from forebear.build.recipes import Prepared
    from forebear.engine.model import Engine, Facts, Listed

_AT_ONCE: Final = 8


def survey(engine: Engine, tagged: Mapping[str, Listed], prepared: Prepared, memory: Memory) -> dict[Target, Present]:
    """Look up the images that recipes name, and the upstreams that they start from, on an engine.

    `tagged` is what the engine lists of the project.
    """
    wanted = dict(chain(_tagged(tagged, prepared.recipes), _upstreams(prepared)))
    known = {target: _for(target.platform, memory.get(name)) for target, name in wanted.items()}
    asked = [target for target, facts in known.items() if facts is None]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = pool.map(lambda target: _ask(engine, wanted[target], target.platform), asked)
        for target, facts in zip(asked, answers, strict=True):
            known[target] = facts
            if facts:
                memory.put(wanted[target], facts)
    found = {target: facts for target, facts in known.items() if facts}
    found |= _histories(engine, prepared.recipes, found)
    return {target: present(facts) for target, facts in found.items()}


def _ask(engine: Engine, name: str, platform: str) -> Facts | None:
    """The facts of an image that forebear may not have made."""
    facts = _for(platform, engine.inspect(name))
    return with_history(facts, engine.history(facts.id)) if facts else None


def _for(platform: str, facts: Facts | None) -> Facts | None:
    """The facts, unless they are another platform's: an engine may have that under the same digest."""
    return facts if facts and facts.platform == platform else None


def _histories(engine: Engine, recipes: Iterable[Recipe], found: Mapping[Target, Facts]) -> dict[Target, Facts]:
    """The facts, with their history, of what forebear made and what it did not make stands on."""
    grounds = {
        Target(recipe.ground.name, recipe.target.platform)
        for recipe in recipes
        if (here := found.get(recipe.target)) and here.history is not None
    }
    made = {ground: facts for ground in grounds if (facts := found.get(ground)) and facts.history is None}
    return {ground: with_history(facts, engine.history(facts.id)) for ground, facts in made.items()}


def _tagged(tagged: Mapping[str, Listed], recipes: Iterable[Recipe]) -> Iterator[tuple[Target, str]]:
    """The ID of what is under each recipe's tag."""
    return ((recipe.target, image.id) for recipe in recipes if (image := tagged.get(recipe.reference)))


def _upstreams(prepared: Prepared) -> Iterator[tuple[Target, str]]:
    """What to ask for to get each upstream as it is locked."""
    for recipe in prepared.recipes:
        for need in recipe.needs:
            if need.kind is BaseKind.UPSTREAM and not recipe.blocked:
                pin = prepared.pins[need.name]
                yield Target(need.name, recipe.target.platform), pin.source(recipe.target.platform)
