"""Judge one reference: where it comes from, and how firmly it is pinned."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from forebear.pins.audit.tags import moves
from forebear.pins.audit.told import Verdict
from forebear.reference import LATEST, Reference, ReferenceFault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forebear.pins.audit.known import Known
    from forebear.pins.audit.model import Use

SYNTAX: Final = "# syntax"
APP_VERSION: Final = "Chart.AppVersion"
"""What charts take for a tag where the values give none."""


def verdicts(use: Use, known: Known) -> Iterator[tuple[Verdict, ...]]:
    """What to tell of a reference: of each group the first one whose rule is not off, since it says the most."""
    if use.local:
        return
    if use.unset or not use.resolved:
        yield (_unresolvable(use),)
        return
    try:
        reference = parsed(use.resolved)
    except ReferenceFault as fault:
        yield tuple(known.disguised(use.resolved)) or (_no_reference(use, fault),)
        return
    if origin := tuple(known.verdicts(reference)):
        yield origin
    if pins := () if use.pinned else tuple(_pins(use, reference)):
        yield pins


@lru_cache(maxsize=1 << 12)
def parsed(text: str) -> Reference:
    """A reference. Raises ReferenceFault."""
    return Reference.parse(text)


def canonical(text: str | None) -> str | None:
    """The canonical form of a reference; None for what is none."""
    try:
        return str(parsed(text or ""))
    except ReferenceFault:
        return None


def shown(use: Use) -> str:
    """A reference as a message shows it: as written, and what it comes to."""
    return use.text if use.resolved in {None, use.text} else f"{use.text} ({use.resolved})"


def _unresolvable(use: Use) -> Verdict:
    names = ", ".join(use.unset) or ", ".join(use.via)
    problem = f"{use.kind} {use.text} depends on {names}, which has no value" if names else f"{use.kind} names no image"
    return Verdict("unresolvable-arg", problem, f"give {names or 'it'} a default, with tag and digest")


def _no_reference(use: Use, fault: ReferenceFault) -> Verdict:
    problem, _, action = str(fault).partition("; ")
    return Verdict("no-reference", f"{use.kind} {shown(use)}: {problem}", action)


def _pins(use: Use, reference: Reference) -> Iterator[Verdict]:
    if reference.digest is not None:
        if reference.tag is None:
            problem = f"{use.kind} {shown(use)} has a digest, and no tag that tells a person what it is"
            yield Verdict("digest-without-tag", problem, "write the tag in front of the digest")
        return
    if floats := _floats(use, reference):
        yield from _through(use, floats)
        yield floats
    problem = f"{use.kind} {shown(use)} has no digest, so that its tag can be moved"
    yield Verdict("no-digest", problem, "add the digest that the tag has today: @sha256:…")


def _floats(use: Use, reference: Reference) -> Verdict | None:
    called = f"{use.kind} {shown(use)}"
    pinned = f"{reference.untagged().familiar}:TAG@sha256:…"
    if reference.tag is None:
        return Verdict("no-tag", f"{called} has no tag, so that latest is taken", f"write {pinned}")
    if reference.tag == LATEST:
        return Verdict("latest", f"{called} is whatever was pushed last", f"write {pinned}")
    if why := moves(reference.tag):
        return Verdict("moving-tag", f"{called} moves: {why}", "write the tag of one release, and its digest")
    return None


def _through(use: Use, floats: Verdict) -> Iterator[Verdict]:
    """The more telling rule, where the reference is not simply written there."""
    if use.kind == SYNTAX:
        yield floats._replace(rule="floating-syntax")
    elif APP_VERSION in use.via:
        problem = f"{use.kind} {shown(use)} has no tag, for which most charts take their own appVersion"
        yield Verdict("chart-tag", problem, "write its tag and digest into the values")
    elif use.via:
        action = f"write the tag of a release, and its digest, into the default of {', '.join(use.via)}"
        yield Verdict("floating-arg", floats.problem, action)
