"""One look at a project and an engine: what there is, what the plan is, and the run that carries it out."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from forebear.build.digests import Digests
from forebear.build.events import Began, Ended
from forebear.build.handles import Handles
from forebear.build.logs import Logs
from forebear.build.make import Gates, Rebuild, Workshop
from forebear.build.memory import Memory
from forebear.build.plan import Action, Plan, Step, plan
from forebear.build.recipes import prepare
from forebear.build.run import Cascade, Emit, Order
from forebear.build.secrets import gather
from forebear.build.spare import spare
from forebear.build.survey import survey
from forebear.engine.facts import platform

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from forebear.build.recipe import Present, Recipe, Target
    from forebear.engine.model import Engine, EngineInfo, Log
    from forebear.project import Project

_PARTS: Final = 4


class Gating(Protocol):
    """What checks images in a run; each raises BuildFailed."""

    def is_due(self, recipe: Recipe, image: str) -> bool:
        """Whether an image that is there, by ID, has gates, or requirements, that it never passed."""
        ...

    def requires(self, recipe: Recipe) -> bool:
        """Whether an image requires anything of what it starts from."""
        ...

    def check(self, recipe: Recipe, image: str, log: Log) -> None:
        """Let an image, by ID, pass its gates."""
        ...

    def require(self, recipe: Recipe, parent: str, log: Log) -> None:
        """Look for what an image requires in what it starts from, by ID."""
        ...


class Session:
    """The plan for chosen images, made when the session is; `run` carries it out.

    Without an engine the plan holds what the files alone tell. With `write` Dockerfiles are written and
    preparations carried out, which is told to `emit`, before contexts are read. Raises InputError, EngineError.
    """

    def __init__(
        self,
        project: Project,
        engine: Engine | None,
        chosen: Collection[str],
        *,
        write: bool = False,
        emit: Emit = lambda _event: None,
    ) -> None:
        self._project = project
        self._engine = engine
        self._info = engine.info() if engine else None
        own = self._info.platform if self._info else platform("linux", os.uname().machine)
        whole = len(chosen) == len(project.family.lineage.images)
        needed = chosen if whole else project.family.with_ancestors(chosen)
        self._memory = Memory(spare(project.workspace) / "images.db")
        with ThreadPoolExecutor(1, thread_name_prefix="listing") as pool:
            # An engine takes its time to list images; meanwhile the files are read. The containerd store adds up the
            # size of each image that it lists (moby, daemon/containerd/image_list.go), and is quicker by parts.
            parts = _PARTS if self._info and self._info.keeps_digests else 1
            listing = pool.submit(engine.tagged, project.folder, parts=parts) if engine else None
            with Digests(project.workspace) as digests:
                self.prepared = prepare(project, needed, digests, own, write=write, emit=emit)
            self._present = (
                survey(engine, listing.result(), self.prepared, self._memory) if engine and listing else None
            )
        self._memory.save()
        self.plan = plan(self.prepared.recipes, self._present, frozenset(chosen))

    @property
    def info(self) -> EngineInfo:
        """What the engine says of itself."""
        if self._info is None:
            raise TypeError("a session without an engine knows none")
        return self._info

    @property
    def present(self) -> Mapping[Target, Present]:
        """What is on the engine of what the plan is about."""
        return self._present or {}

    def here(self, target: Target) -> Present | None:
        """What is on the engine under the release tag of a target."""
        return (self._present or {}).get(target)

    @contextmanager
    def rebuilt(self, names: Collection[str], emit: Emit, jobs: int) -> Iterator[tuple[Ended, ...]]:
        """Images built a second time, from an empty cache, each on its rebuilt parent where `names` has that.

        They are there for as long as the context lasts. Raises EngineError.
        """
        steps = (Step(r, Action.BUILD, ("to be reproduced",)) for r in self.prepared.recipes if r.target.image in names)
        again = Plan(tuple(steps))
        with self._workshop(Rebuild, again, emit) as workshop:
            order = self._order(again, lambda _recipe: lambda _image, _log: None, jobs, fail_fast=False)
            yield Cascade(order, workshop, emit).run()

    def run(self, gating: Gating, emit: Emit, jobs: int, *, fail_fast: bool) -> tuple[Ended, ...]:
        """Carry the plan out; how each target came to its end, parents first. Raises EngineError."""
        with self._workshop(Workshop, self.plan, emit) as workshop:
            order = self._order(self.plan, lambda recipe: partial(gating.check, recipe), jobs, fail_fast=fail_fast)
            order = replace(order, demands=gating.require, is_due=gating.is_due, demanding=gating.requires)
            return Cascade(order, workshop, emit).run()

    def _order(self, carried: Plan, gates: Callable[[Recipe], Gates], jobs: int, *, fail_fast: bool) -> Order:
        logs = Logs(self._project.workspace, self.info.platform)
        return Order(carried, self._present or {}, self.prepared.source, gates, logs.open, jobs, fail_fast)

    @contextmanager
    def _workshop(self, kind: type[Workshop], carried: Plan, emit: Emit) -> Iterator[Workshop]:
        """A workshop for a plan; all its throw-away tags are gone in the end."""
        if self._engine is None:
            raise TypeError("a session without an engine builds nothing")
        building = carried.count(Action.BUILD)
        secrets = self._secrets(carried)
        emit(Began(self.info, self._engine.capabilities() if building else None, carried))
        handles = Handles(
            self._engine,
            self._project.family.lineage.project,
            by_digest=self.info.keeps_digests,
            place=f"{os.uname().nodename}:{self._project.workspace.root}",
        )
        if building:
            handles.sweep()
        try:
            yield kind(self._engine, handles, self._memory, secrets)
        finally:
            handles.give_back()
            self._memory.save()

    def _secrets(self, carried: Plan) -> dict[str, bytes]:
        """The secrets that the builds of a plan may ask for. Raises InputError with all that are missing."""
        building = (step.recipe for step in carried.steps if step.action is Action.BUILD)
        names = {name for recipe in building for name in self.prepared.secrets(recipe)}
        return gather(self._project.family.lineage, names, self._project.workspace.root)
