"""One ancestor at two digests: what only shows when all files are known."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from forebear.pins.audit.model import Trouble
from forebear.pins.audit.references import canonical, parsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from forebear.pins.audit.judge import Judged
    from forebear.pins.audit.model import Use

Spots = dict[str, list[tuple[str, "Use"]]]
"""For each digest of one name and tag, where it is: the path of the file, and the use in it."""


def skews(files: Iterable[Judged]) -> Mapping[str, Sequence[Trouble]]:
    """By path: each use of a name and tag at another digest than most of its uses have, or the first of as many."""
    digests: dict[tuple[str, str | None], Spots] = defaultdict(lambda: defaultdict(list))
    for file in files:
        for use in file.pinned:
            if canonical(use.resolved) is not None:
                reference = parsed(use.resolved or "")
                digests[reference.name, reference.tag][reference.digest or ""].append((file.path, use))
    found: dict[str, list[Trouble]] = defaultdict(list)
    for spots in digests.values():
        if len(spots) > 1:
            _tell(spots, found)
    return found


def _tell(spots: Spots, found: dict[str, list[Trouble]]) -> None:
    usual = max(spots, key=lambda digest: len(spots[digest]))
    example, first = spots[usual][0]
    for digest, places in spots.items():
        if digest == usual:
            continue
        for path, use in places:
            where = f"{usual[:19]}…, as in {example}:{first.span.line}"
            problem = f"{use.kind} {use.text[:120]}: elsewhere it has the digest {where}"
            action = "give all of them the same digest"
            found[path].append(Trouble("skew", use.span, problem, action, f"{use.kind} {use.text}", use.begins))
