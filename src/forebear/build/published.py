"""Building on what is published: images that are up to date in the registry are pulled, not built."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from forebear.build.content import present
from forebear.build.plan import Action, judge
from forebear.build.recipe import BaseKind, Present, Recipe, Target
from forebear.build.shelf import at, look
from forebear.errors import BuildFailed, EngineError
from forebear.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forebear.build.recipes import Prepared
    from forebear.build.shelf import Seen
    from forebear.engine.model import Engine
    from forebear.registry.client import Registry

_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class Offer:
    """An image that the registry has as it is declared, and the engine has not."""

    recipe: Recipe
    reference: Reference
    seen: Seen = field(repr=False)


def offers(
    registry: Registry, prepared: Prepared, here: Mapping[Target, Present], versions: Mapping[str, Reference]
) -> tuple[Offer, ...]:
    """The images that can be pulled, parents first; `versions` are the tags that images are published under.

    What is in the registry is judged as what is on the engine is: by its key, its layers and its history.
    Raises EngineError.
    """
    known = dict(here)
    found: list[Offer] = []
    for recipe, seen in zip(prepared.recipes, _looked(registry, prepared.recipes, versions), strict=True):
        if recipe.blocked or any(Target(name, recipe.target.platform) not in known for name in recipe.parents):
            known.pop(recipe.target, None)
        elif _is_current(recipe, here.get(recipe.target), known):
            continue
        elif seen and _is_current(recipe, seen.present, known | _upstream(registry, prepared, recipe)):
            known[recipe.target] = seen.present
            found.append(Offer(recipe, at(versions[recipe.target.image], seen.manifest.digest), seen))
        else:
            known.pop(recipe.target, None)
    return tuple(found)


def _is_current(recipe: Recipe, image: Present | None, known: Mapping[Target, Present]) -> bool:
    return judge(recipe, image, recipe.bases_in(known)).action is Action.REUSE


def _looked(registry: Registry, recipes: Iterable[Recipe], versions: Mapping[str, Reference]) -> Iterable[Seen | None]:
    def one(recipe: Recipe) -> Seen | None:
        found = look(registry, versions[recipe.target.image])
        return found[1].get(recipe.target.platform) if found else None

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(one, recipes))


def _upstream(registry: Registry, prepared: Prepared, recipe: Recipe) -> dict[Target, Present]:
    """The upstream that an image starts from, as its registry shows it, so that the layers can be compared."""
    pin = prepared.pins.get(recipe.ground.name)
    if recipe.ground.kind is not BaseKind.UPSTREAM or pin is None or pin.local:
        return {}
    try:
        found = look(registry, Reference.parse(pin.source(recipe.target.platform)))
    except EngineError:
        return {}
    seen = found[1].get(recipe.target.platform) if found else None
    return {Target(recipe.ground.name, recipe.target.platform): seen.present} if seen else {}


def pull(engine: Engine, offered: Iterable[Offer]) -> None:
    """Pull images, and let their release tags name them. Raises BuildFailed, EngineError."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda offer: _pull(engine, offer), offered))


def _pull(engine: Engine, offer: Offer) -> None:
    source = str(offer.reference)
    engine.pull(source, offer.recipe.target.platform)
    facts = engine.inspect(source)
    if facts is None or present(facts).content != offer.seen.present.content:
        raise BuildFailed(f"the engine pulled something else for {source}", "see the engine's log, then run it again")
    engine.tag(facts.id, offer.recipe.reference)
