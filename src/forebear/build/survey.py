"""What is on the engine of what a plan is about: one listing, and the facts of what is not yet known."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import TYPE_CHECKING, Final

from forebear.build.content import present
from forebear.build.recipe import BaseKind, Present, Recipe, Target
from forebear.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forebear.build.memory import Memory
    from forebear.build.recipes import Prepared
    from forebear.engine.model import Engine, Facts

_AT_ONCE: Final = 8


def survey(engine: Engine, prepared: Prepared, memory: Memory) -> dict[Target, Present]:
    """Look up the images that recipes name, and the upstreams that they start from, on an engine."""
    wanted = dict(chain(_tagged(engine, prepared.recipes), _upstreams(prepared)))
    known = {target: memory.get(name) for target, name in wanted.items()}
    asked = [target for target, facts in known.items() if facts is None]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for target, facts in zip(asked, pool.map(lambda t: engine.inspect(wanted[t]), asked), strict=True):
            known[target] = _remembered(memory, wanted[target], target, facts)
    return {target: present(facts) for target, facts in known.items() if facts is not None}


def _remembered(memory: Memory, name: str, target: Target, facts: Facts | None) -> Facts | None:
    """The facts, unless they are another platform's: an engine may have that under the same digest."""
    if facts is None or facts.platform != target.platform:
        return None
    memory.put(name, facts)
    return facts


def _tagged(engine: Engine, recipes: Iterable[Recipe]) -> Iterator[tuple[Target, str]]:
    """The ID of what is under each recipe's tag."""
    recipes = tuple(recipes)
    for folder in {Reference.parse(recipe.reference).name.rpartition("/")[0] for recipe in recipes}:
        tagged = engine.tagged(folder)
        yield from ((recipe.target, image.id) for recipe in recipes if (image := tagged.get(recipe.reference)))


def _upstreams(prepared: Prepared) -> Iterator[tuple[Target, str]]:
    """What to ask for to get each upstream as it is locked."""
    for recipe in prepared.recipes:
        for need in recipe.needs:
            if need.kind is BaseKind.UPSTREAM and not recipe.blocked:
                pin = prepared.source(recipe).pins[need.name]
                yield Target(need.name, recipe.target.platform), pin.source(recipe.target.platform)
