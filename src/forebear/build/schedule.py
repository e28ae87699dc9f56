"""Pure: which target is next: each as soon as its parents are done, longest remaining path first."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forebear.build.recipe import Target


class Schedule:
    """The order of a run, as targets come to an end.

    `parents` gives, for each target of the run, in topological order, those of its parents that are in the
    run too. A target is handed out once, by `next`, and must then be told of by `done` or `failed`.
    """

    def __init__(self, parents: Mapping[Target, Sequence[Target]]) -> None:
        self._waiting = {target: len(set(needs)) for target, needs in parents.items()}
        self._children: dict[Target, list[Target]] = {target: [] for target in parents}
        for target, needs in parents.items():
            for parent in dict.fromkeys(needs):
                self._children[parent].append(target)
        self._place = {target: number for number, target in enumerate(parents)}
        self._height = self._heights()
        self._ready: list[tuple[int, int, Target]] = []
        for target, count in self._waiting.items():
            if not count:
                self._push(target)

    def _heights(self) -> dict[Target, int]:
        """The length of the longest path from each target down to one without children."""
        height: dict[Target, int] = {}
        for target in reversed(self._place):
            height[target] = max((height[child] + 1 for child in self._children[target]), default=0)
        return height

    def _push(self, target: Target) -> None:
        heapq.heappush(self._ready, (-self._height[target], self._place[target], target))

    def next(self) -> Target | None:
        """The most urgent target whose parents are all done; None where all wait or nothing is left."""
        return heapq.heappop(self._ready)[2] if self._ready else None

    def done(self, target: Target) -> None:
        """A target came to a good end: its children may be next."""
        for child in self._children[target]:
            if child in self._waiting:
                self._waiting[child] -= 1
                if not self._waiting[child]:
                    self._push(child)
        self._waiting.pop(target, None)

    def failed(self, target: Target) -> tuple[Target, ...]:
        """A target failed: its descendants, which are now out of the run, in topological order."""
        found: set[Target] = set()
        rest = [target]
        while rest:
            new = [child for child in self._children[rest.pop()] if child not in found and child in self._waiting]
            found.update(new)
            rest += new
        for each in (target, *found):
            self._waiting.pop(each, None)
        return tuple(sorted(found, key=self._place.__getitem__))
