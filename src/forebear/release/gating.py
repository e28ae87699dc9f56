"""The gates of a run: what an image requires is looked for before it is built, what it has to be, after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forebear.errors import BuildFailed
from forebear.release.gates import check, digest, require

if TYPE_CHECKING:
    from forebear.build.passed import Passed
    from forebear.build.recipe import Recipe
    from forebear.engine.model import Engine, Log
    from forebear.lineage.model import Image
    from forebear.project import Project


@dataclass(frozen=True, slots=True)
class Gating:
    """Knows the gates of each recipe, and which images passed them."""

    project: Project
    engine: Engine
    passed: Passed

    def is_due(self, recipe: Recipe, image: str) -> bool:
        """Whether an image that is there, by ID, has gates, or requirements, that it never passed."""
        declared = self._image(recipe)
        return bool(declared.tests or declared.requires) and not self.passed.has(image, digest(declared))

    def requires(self, recipe: Recipe) -> bool:
        """Whether an image requires anything of what it starts from."""
        declared = self._image(recipe)
        return declared.requires is not None and not declared.base.is_scratch

    def check(self, recipe: Recipe, image: str, log: Log) -> None:
        """Let an image pass its gates; what it requires was looked for before. Raises BuildFailed."""
        declared = self._image(recipe)
        check(self.engine, declared.tests, image, log)
        if declared.tests or declared.requires:
            self.passed.add(image, digest(declared))

    def require(self, recipe: Recipe, parent: str, log: Log) -> None:
        """Look for what an image requires in what it starts from, by ID. Raises BuildFailed that blames this."""
        image = self._image(recipe)
        if image.requires is None or image.base.is_scratch:
            return
        if problems := require(self.engine, image.requires, parent, log):
            named = self.project.pinned(image.base).rpartition("/")[2].partition("@")[0]
            whose = "parent" if image.base.image else "upstream"
            raise BuildFailed(
                f"{whose} {named} is not what {image.name} requires: {'; '.join(problems)}",
                f"correct {image.base}, or `requires` of {image.name}",
            )

    def _image(self, recipe: Recipe) -> Image:
        return self.project.family.lineage.images[recipe.target.image]
