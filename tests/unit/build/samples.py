"""Values for tests of the room build: recipes, and images on an engine."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from forebear.build.key import Input, Stamp
from forebear.build.recipe import BaseKind, Need, Present, Recipe, Target

if TYPE_CHECKING:
    from collections.abc import Mapping

AMD64 = "linux/amd64"
UPSTREAM = "fedora:25"


def digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def own(dockerfile: str = "FROM x", *further: Input, platform: str = AMD64, epoch: str = "1") -> tuple[Input, ...]:
    """The inputs that are an image's own, in the order of the key."""
    return (
        Input("dockerfile", "", digest(dockerfile).removeprefix("sha256:")),
        Input("target", "", ""),
        Input("platform", "", platform),
        Input("epoch", "", epoch),
        *further,
    )


def parent(name: str, alias: str = "") -> Need:
    return Need(alias, BaseKind.PARENT, name)


def upstream(identity: str = "locked", alias: str = "", name: str = UPSTREAM) -> Need:
    return Need(alias, BaseKind.UPSTREAM, name, digest(identity))


SCRATCH = Need("", BaseKind.SCRATCH, "scratch", "scratch")


def recipe(name: str, *needs: Need, platform: str = AMD64, steps: int = 1) -> Recipe:
    return Recipe(
        target=Target(name, platform),
        reference=f"docker.io/firethorn/{name}:2.1.7",
        own=own(platform=platform),
        context_path=f"images/{name}",
        context=digest("an empty context"),
        files=(),
        needs=needs or (upstream(),),
        steps=steps,
    )


def base(name: str, *layers: str, platform: str = AMD64, history: int | None = None, triggers: int = 0) -> Present:
    """An image on the engine that forebear did not build."""
    count = len(layers) if history is None else history
    return Present(digest(name), platform, digest(f"content {name}"), layers, count, triggers, None)


def built(made_of: Recipe, bases: Mapping[str, Present], *layers: str) -> Present:
    """The image that a build of a recipe leaves: on its `from`, one layer more or those given."""
    inputs = made_of.inputs({name: each.content for name, each in bases.items()})
    ground = bases.get(made_of.ground.name)
    below = ground.layers if ground else ()
    history = (ground.history or 0 if ground else 0) + made_of.steps
    target = made_of.target
    return Present(
        id=digest(f"{target} {inputs.key}"),
        platform=target.platform,
        content=digest(f"content of {target} {inputs.key}"),
        layers=layers or (*below, f"layer of {target.image} {inputs.key}"),
        history=history,
        triggers=0,
        stamp=Stamp(target.image, inputs.key, inputs),
    )


def with_own(made_of: Recipe, *inputs: Input) -> Recipe:
    """A recipe with other inputs of its own."""
    return replace(made_of, own=inputs)
