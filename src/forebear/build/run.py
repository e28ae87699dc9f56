"""The cascade: every image of a plan, in parallel, each as soon as its parents are done."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from forebear.build.events import Ended, Event, Outcome, Progress, Started
from forebear.build.make import Gates, Source, Tail, Workshop
from forebear.build.plan import Action, Plan, Step, judge
from forebear.build.promise import promised
from forebear.build.recipe import BaseKind, Present, Recipe, Target
from forebear.build.schedule import Schedule
from forebear.errors import EngineUnreachable, Error

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from forebear.build.promise import Graded
    from forebear.engine.model import Log

Emit = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What a run is told: the plan, what is on the engine, and what stands behind each recipe.

    `source` gives what an image is built from, when its turn comes; `log` opens the log of a target, and gives
    its path and what takes its lines; `jobs` is how many images are built at once. `demands` raises BuildFailed where
    the base of an image, by ID, lacks what that requires; `demanding` tells whether it requires anything, `is_due`
    whether an image that is there has yet to be gated.
    """

    plan: Plan
    present: Mapping[Target, Present] = field(hash=False)
    source: Callable[[Recipe], Source] = field(hash=False)
    gates: Callable[[Recipe], Gates] = field(hash=False)
    log: Callable[[Target], AbstractContextManager[tuple[str, Log]]] = field(hash=False)
    jobs: int
    fail_fast: bool
    demands: Callable[[Recipe, str, Log], None] = field(default=lambda *_: None, hash=False)
    is_due: Callable[[Recipe, str], bool] = field(default=lambda *_: False, hash=False)
    demanding: Callable[[Recipe], bool] = field(default=lambda _: False, hash=False)


class Cascade:
    """One run. `run` gives how each target of the plan came to its end, in the plan's order."""

    def __init__(self, order: Order, workshop: Workshop, emit: Emit) -> None:
        self._order = order
        self._workshop = workshop
        self._emit_unlocked = emit
        self._lock = threading.Lock()
        self._present = dict(order.present)
        self._steps = {step.target: step for step in order.plan.steps}
        self._ended: dict[Target, Ended] = {}
        self._running: dict[Future[Ended], Target] = {}
        self._stopping = False
        self._broken: EngineUnreachable | None = None
        building = self._building = {t: s for t, s in self._steps.items() if self._has_work(s)}
        self._parents = {Target(name, t.platform) for t, s in building.items() for name in s.recipe.parents}
        self._schedule = Schedule(
            {
                t: [p for name in s.recipe.parents if (p := Target(name, t.platform)) in building]
                for t, s in building.items()
            }
        )

    def run(self) -> tuple[Ended, ...]:
        """Build what is to be built. Raises EngineUnreachable where the engine went away."""
        for step in self._steps.values():
            if step.target not in self._building:
                self._settle(step)
        with ThreadPoolExecutor(self._order.jobs, thread_name_prefix="build") as pool:
            try:
                self._hold_all(pool)
                self._loop(pool)
            except BaseException:
                self._stop(pool)
                raise
        if self._broken:
            raise self._broken
        return tuple(self._ended[target] for target in self._steps)

    def _has_work(self, step: Step) -> bool:
        """Whether an image is built, or reused and has gates that it never passed."""
        here = self._present.get(step.target)
        due = step.action is Action.REUSE and here is not None and self._order.is_due(step.recipe, here.id)
        return due or step.action is Action.BUILD

    def _hold_all(self, pool: ThreadPoolExecutor) -> None:
        """Hold what is there already and is to be built on."""
        bases = {
            (name, base.id)
            for step in self._building.values()
            for name, base in step.recipe.bases_in(self._present).items()
            if Target(name, step.target.platform) not in self._building
        }
        wait([pool.submit(self._hold, name, image) for name, image in sorted(bases)])

    def _hold(self, name: str, image: str) -> None:
        """Keep an image for the children that are to come, whoever moves its tag; where it is gone, they will tell."""
        with suppress(Error):
            self._workshop.handles.of(name, image)

    def _settle(self, step: Step) -> None:
        outcome = Outcome.REUSED if step.action is Action.REUSE else Outcome.BLOCKED
        here = self._present.get(step.target) if outcome is Outcome.REUSED else None
        self._end(_ended(step, outcome, why=step.reasons, image=here.id if here else "", key=step.key or ""))

    def _loop(self, pool: ThreadPoolExecutor) -> None:
        running = self._running
        while True:
            while not self._stopping and len(running) < self._order.jobs and (target := self._schedule.next()):
                running[pool.submit(self._work, self._steps[target])] = target
            if not running:
                break
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                self._take(running.pop(future), future.result())
        self._skip_rest()

    def _take(self, target: Target, ended: Ended) -> None:
        self._end(ended)
        if ended.outcome is not Outcome.FAILED:
            self._schedule.done(target)
            return
        for child in self._schedule.failed(target):
            self._end(_ended(self._steps[child], Outcome.SKIPPED, why=(f"{target.image} failed",)))
        self._stopping = self._stopping or self._order.fail_fast or self._broken is not None

    def _skip_rest(self) -> None:
        why = "the engine went away" if self._broken else "another image failed"
        for target, step in self._steps.items():
            if target not in self._ended:
                self._end(_ended(step, Outcome.SKIPPED, why=(why,)))

    def _stop(self, pool: ThreadPoolExecutor) -> None:
        """Interrupted: end the builds that run, wait for them, and tell of what was not done."""
        self._stopping = True
        pool.shutdown(wait=False, cancel_futures=True)
        self._workshop.engine.cancel()
        pool.shutdown(wait=True)
        for ended in self._finished():
            self._end(ended)
        for target, step in self._steps.items():
            if target not in self._ended:
                self._end(_ended(step, Outcome.INTERRUPTED))

    def _finished(self) -> list[Ended]:
        """What came to a good end while the run was being stopped."""
        ended = [f.result() for f in self._running if not f.cancelled() and f.exception() is None]
        return [each for each in ended if each.outcome is not Outcome.FAILED]

    def _work(self, step: Step) -> Ended:
        """Build one image, in a thread of the pool."""
        began = time.monotonic()
        try:
            with self._order.log(step.target) as (path, log):
                ended = self._logged(step, path, log)
        except Error as error:
            ended = _ended(step, Outcome.FAILED, why=(str(error),))
        return replace(ended, seconds=time.monotonic() - began)

    def _logged(self, step: Step, path: str, log: Log) -> Ended:
        tail = Tail(lambda line: self._say(step.target, line, log))
        try:
            return self._build(step, path, tail)
        except Error as error:
            if isinstance(error, EngineUnreachable):
                self._broken = error
            with suppress(Error):
                log(f"ERROR {error}")
            return _ended(step, Outcome.FAILED, why=(str(error),), log=path, tail=tuple(tail.lines))

    def _reuse(self, step: Step, here: Present, path: str, log: Log) -> Ended:
        self._check(step.recipe, here, log)
        if step.target in self._parents:
            self._hold(step.target.image, here.id)
        return _ended(step, Outcome.REUSED, step.reasons, here.id, step.key or "", path)

    def _check(self, recipe: Recipe, here: Present, log: Log) -> None:
        """Let an image that is there pass the gates that are new to it, once its base has what is newly required."""
        if not self._order.is_due(recipe, here.id):
            return
        if self._order.demanding(recipe):
            bases = self._bases(recipe, self._order.source(recipe))
            self._order.demands(recipe, bases[recipe.ground.name].id, log)
        self._order.gates(recipe)(here.id, log)

    def _build(self, step: Step, path: str, log: Log) -> Ended:
        recipe = step.recipe
        if step.action is Action.REUSE:
            return self._reuse(step, self._present[step.target], path, log)
        source = self._order.source(recipe)
        bases = self._bases(recipe, source)
        if step.may_be_spared and (here := self._present.get(step.target)):
            again = judge(recipe, here, bases)
            if again.action is Action.REUSE:
                self._check(recipe, here, log)
                return _ended(step, Outcome.SPARED, why=("parent unchanged",), image=here.id, key=again.key or "")
            step = again
        self._emit(Started(step.target, step.reasons, path))
        if recipe.ground.name in bases:
            self._order.demands(recipe, bases[recipe.ground.name].id, log)
        made = self._workshop.make(recipe, source, bases, self._order.gates(recipe), log)
        self._present[step.target] = made
        if step.target in self._parents:
            self._hold(step.target.image, made.id)
        ended = _ended(step, Outcome.BUILT, step.reasons, made.id, made.stamp.key if made.stamp else "", path)
        return replace(ended, graded=self._promised(recipe, made, bases))

    def _promised(self, recipe: Recipe, made: Present, bases: Mapping[str, Present]) -> Graded:
        """How far a rebuild of an image comes out the same."""
        below = bases[recipe.ground.name].layers if recipe.ground.name in bases else ()
        return promised(self._workshop.engine.capabilities(), adds_layers=made.layers != below)

    def _bases(self, recipe: Recipe, source: Source) -> dict[str, Present]:
        """What the bases of a recipe are now, by name; an upstream is pulled where it has to be."""
        found = recipe.bases_in(self._present)
        for need in recipe.needs:
            if need.kind is BaseKind.UPSTREAM:
                found[need.name] = self._workshop.upstream(need, source.pins[need.name], recipe.target.platform)
        return found

    def _say(self, target: Target, line: str, log: Log) -> None:
        log(line)
        self._emit(Progress(target, line))

    def _end(self, ended: Ended) -> None:
        self._ended[ended.target] = ended
        self._emit(ended)

    def _emit(self, event: Event) -> None:
        with self._lock:
            self._emit_unlocked(event)


def _ended(
    step: Step,
    outcome: Outcome,
    why: tuple[str, ...] = (),
    image: str = "",
    key: str = "",
    log: str = "",
    tail: tuple[str, ...] = (),
) -> Ended:
    return Ended(step.target, step.recipe.reference, outcome, why, image, key, log=log, tail=tail)
