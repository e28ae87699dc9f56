"""One look at a project and an engine: what there is, what the plan is, and the run that carries it out."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from forebear.build.digests import Digests
from forebear.build.events import Began, Ended
from forebear.build.handles import Handles
from forebear.build.make import Gates, Workshop
from forebear.build.memory import Memory
from forebear.build.plan import Action, plan
from forebear.build.recipes import prepare
from forebear.build.run import Cascade, Emit, Order
from forebear.build.survey import survey
from forebear.engine.facts import platform
from forebear.errors import Fault, InputError, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from typing import TextIO

    from forebear.build.recipe import Recipe, Target
    from forebear.engine.model import Engine, Log
    from forebear.project import Project

LOGS = "logs"


class Session:
    """The plan for chosen images, made when the session is; `run` carries it out.

    Without an engine the plan holds what the files alone tell. Raises InputError, EngineError.
    """

    def __init__(self, project: Project, engine: Engine | None, chosen: Collection[str]) -> None:
        self._project = project
        self._engine = engine
        self._info = engine.info() if engine else None
        own = self._info.platform if self._info else platform("linux", os.uname().machine)
        whole = len(chosen) == len(project.family.lineage.images)
        needed = chosen if whole else project.family.with_ancestors(chosen)
        self._memory = Memory(project.workspace.state / "images.db")
        with ThreadPoolExecutor(1, thread_name_prefix="listing") as pool:
            # An engine takes its time to list images; meanwhile the files are read.
            listing = pool.submit(engine.tagged, project.folder) if engine else None
            with Digests(project.workspace) as digests:
                self.prepared = prepare(project, needed, digests, own)
            self._present = (
                survey(engine, listing.result(), self.prepared, self._memory) if engine and listing else None
            )
        self._memory.save()
        self.plan = plan(self.prepared.recipes, self._present, frozenset(chosen))

    def run(self, gates: Callable[[Recipe], Gates], emit: Emit, jobs: int, *, fail_fast: bool) -> tuple[Ended, ...]:
        """Carry the plan out; how each target came to its end, parents first. Raises EngineError."""
        if self._engine is None or self._info is None or self._present is None:
            raise TypeError("a session without an engine builds nothing")
        building = self.plan.count(Action.BUILD)
        emit(Began(self._info, self._engine.capabilities() if building else None, self.plan))
        handles = Handles(
            self._engine,
            self._project.family.lineage.project,
            by_digest=self._info.keeps_digests,
            place=f"{os.uname().nodename}:{self._project.workspace.root}",
        )
        order = Order(self.plan, self._present, self.prepared.source, gates, self._log, jobs, fail_fast)
        if building:
            handles.sweep()
        try:
            return Cascade(order, Workshop(self._engine, handles, self._memory), emit).run()
        finally:
            handles.give_back()
            self._memory.save()

    @contextmanager
    def _log(self, target: Target) -> Iterator[tuple[str, Log]]:
        """The log of a target: its path below the root, and what takes its lines."""
        own = self._info.platform if self._info else target.platform
        suffix = "" if target.platform == own else "-" + target.platform.replace("/", "-")
        path = self._project.workspace.state / LOGS / f"{target.image}{suffix}.log"
        shown = str(path.relative_to(self._project.workspace.root))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("w", encoding="utf-8", errors="replace", buffering=1)
        except OSError as error:
            raise _unwritable(shown, error) from error
        try:
            yield shown, _lines_of(file, shown)
        finally:
            with suppress(OSError):  # told of when the line was written
                file.close()


def _lines_of(file: TextIO, shown: str) -> Log:
    def take(line: str) -> None:
        try:
            print(line, file=file)
        except OSError as error:
            raise _unwritable(shown, error) from error

    return take


def _unwritable(shown: str, error: OSError) -> InputError:
    problem = f"the log cannot be written: {(error.strerror or str(error)).lower()}"
    return InputError([Fault(Place(shown), problem, "correct that, then run this again")])
