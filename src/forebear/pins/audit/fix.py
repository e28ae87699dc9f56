"""Put digests behind tags, where a file holds the whole reference in one place; nothing else of it changes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

from forebear.dockerfile.model import GENERATED
from forebear.pins.audit.model import Edit, Finding, Use
from forebear.reference import Reference, ReferenceFault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from forebear.pins.audit.model import Span

PINNED_BY_DIGEST: Final = frozenset({"latest", "moving-tag", "no-digest", "floating-arg", "floating-syntax"})
"""The rules whose findings a digest mends."""

_DOUBTED: Final = frozenset({"not-allowed", "look-alike"})
_FEATURE: Final = "feature of a dev container"


@dataclass(frozen=True, slots=True)
class Left:
    """A finding that --fix leaves alone, and why."""

    finding: Finding
    reason: str


@dataclass(frozen=True, slots=True)
class Mended:
    """What becomes of a file: its edits, in order, the findings that they mend, with theirs, and what is left alone."""

    edits: tuple[Edit, ...] = ()
    findings: tuple[Finding, ...] = ()
    left: tuple[Left, ...] = ()


@dataclass(frozen=True, slots=True)
class Unresolved:
    """Why a reference has no digest."""

    reason: str


Digests = Mapping[Reference, str | Unresolved]
"""The digest of each reference, or why it has none."""


def candidates(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that a digest mends, one for each use of an image."""
    mended = [one for one in findings if one.use is not None and one.rule.name in PINNED_BY_DIGEST]
    return list({(one.file, one.span, one.use.resolved): one for one in mended if one.use is not None}.values())


def wanted(findings: Iterable[Finding]) -> tuple[Reference, ...]:
    """The references to resolve for some findings, sorted."""
    uses = (one.use for one in candidates(findings) if one.use is not None and one.use.written is not None)
    return tuple(sorted({found for use in uses if (found := _reference(use)) is not None}))


def mend(data: bytes, findings: Sequence[Finding], digests: Digests) -> Mended:
    """How to mend all findings of one file, given the digests of what `wanted` named.

    The tag stays in front of the digest, for people to read.
    """
    doubted = {one.span for one in findings if one.rule.name in _DOUBTED}
    uses = [one.use for one in candidates(findings) if one.use is not None]
    edits: dict[int, Edit] = {}
    mended: list[Finding] = []
    left: list[Left] = []
    for finding in candidates(findings):
        assert finding.use is not None  # noqa: S101 - candidates have one
        edit = _edit(data, finding.use, uses, digests, doubted=finding.span in doubted)
        if isinstance(edit, Edit):
            edits[edit.start] = edit
            mended.append(replace(finding, edit=edit))
        else:
            left.append(Left(finding, edit))
    return Mended(tuple(edits[start] for start in sorted(edits)), tuple(mended), tuple(left))


def applied(data: bytes, edits: Iterable[Edit]) -> bytes:
    """The bytes with all edits made; these are in order and do not overlap."""
    parts: list[bytes] = []
    end = 0
    for edit in edits:
        parts += [data[end : edit.start], edit.text.encode()]
        end = edit.end
    return b"".join([*parts, data[end:]])


def by_file(findings: Iterable[Finding]) -> Iterator[tuple[str, list[Finding]]]:
    """The findings of each file."""
    for file, found in groupby(sorted(findings, key=lambda one: one.file), key=lambda one: one.file):
        yield file, list(found)


def _edit(data: bytes, use: Use, uses: Sequence[Use], digests: Digests, *, doubted: bool) -> Edit | str:
    """The edit that mends a use, or why there is none."""
    reference = _reference(use)
    if reference is None:
        return "it has no tag, so that nobody knows which release is meant"
    if reason := _obstacle(data, use, uses, doubted=doubted):
        return reason
    digest = digests.get(reference, Unresolved("it was not resolved"))
    if isinstance(digest, Unresolved):
        return digest.reason
    assert use.written is not None  # noqa: S101 - that would be an obstacle
    return Edit(use.written.end, use.written.end, f"@{digest}")


def _obstacle(data: bytes, use: Use, uses: Sequence[Use], *, doubted: bool) -> str | None:
    if doubted:
        return "the image itself is in doubt: see the other finding there"
    if GENERATED.encode() in data[: 1 << 12]:
        return "the file is rendered from a template: lock the upstream, and render"
    if use.kind == _FEATURE:
        return "a feature cannot have a tag and a digest: commit devcontainer-lock.json"
    if use.written is None:
        return "no one place of the file holds the whole of it"
    if _slice(data, use.written) != (use.resolved or "").encode():
        return "the file has changed since it was read"
    shared = [name for name in use.via if not _within(use) and _is_shared(data, name, uses)]
    return f"{shared[0]} is used for something else, too" if shared else None


def _within(use: Use) -> bool:
    """Whether what is replaced is a part of the use itself, so that it is for nothing else."""
    return use.written is not None and use.span.start <= use.written.start and use.written.end <= use.span.end


def _is_shared(data: bytes, name: str, uses: Sequence[Use]) -> bool:
    """Whether a file mentions a variable elsewhere than in uses that consist of its value."""
    sigil = r"(?<![\w.])" if "." in name else r"\$\{?"
    mentions = re.findall(rf"{sigil}{re.escape(name)}(?![\w.])".encode(), data, re.IGNORECASE)
    whole = {use.span for use in uses if use.written is not None and name in use.via}
    return len(mentions) != len(whole)


def _reference(use: Use) -> Reference | None:
    """What a use names, if that is a tag without a digest."""
    try:
        reference = Reference.parse(use.resolved or "")
    except ReferenceFault:
        return None
    return reference if reference.tag is not None and reference.digest is None else None


def _slice(data: bytes, span: Span) -> bytes:
    return data[span.start : span.end]
