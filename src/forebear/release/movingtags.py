"""Tags that move from release to release, `2.1`, `2` and `latest`: which of them a publication moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from forebear.build.key import OCI
from forebear.build.shelf import look
from forebear.lineage.model import Moving
from forebear.lineage.versions import parse_version
from forebear.lineage.wrong import Wrong
from forebear.release.journal import Put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from semver import Version

    from forebear.reference import Reference
    from forebear.registry.client import Registry

_VERSION: Final = f"{OCI}version"


def names(version: str, kinds: Iterable[Moving]) -> tuple[str, ...]:
    """The tags that a version may move; none for a pre-release."""
    parsed = parse_version(version)
    if parsed.prerelease:
        return ()
    words = {
        Moving.MINOR: f"{parsed.major}.{parsed.minor}",
        Moving.MAJOR: f"{parsed.major}",
        Moving.LATEST: "latest",
    }
    return tuple(words[kind] for kind in Moving if kind in frozenset(kinds))


def put(
    registry: Registry, version: Reference, tag: str, digest: str, rank: int, tell: Callable[[str], None]
) -> Put | None:
    """What sets a moving tag to what the tag of a version names; None where a later version has it."""
    reference = version.with_tag(tag)
    found = look(registry, reference)
    if found is None:
        return Put(reference=str(reference), digest=digest, before=None, rank=rank)
    top, seen = found
    there = _version(each.facts.labels for each in seen.values())
    if there and there > parse_version(str(version.tag)):
        tell(f"{reference} stays at {there}, which is later than {version.tag}")
        return None
    return Put(reference=str(reference), digest=digest, before=top.digest, rank=rank)


def _version(labels: Iterable[tuple[tuple[str, str], ...]]) -> Version | None:
    """The version that images say they are."""
    for each in labels:
        try:
            return parse_version(dict(each)[_VERSION])
        except (KeyError, Wrong):
            continue
    return None
