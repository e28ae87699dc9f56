"""A reference that is written in several places of a file: registry, repository, tag and digest by themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from forebear.pins.audit.expansion import Expansion
    from forebear.pins.audit.model import Use
    from forebear.pins.audit.nodes import Scalar
    from forebear.pins.audit.written import Written


@dataclass(frozen=True, slots=True)
class Parts:
    """The places, as far as there are any."""

    registry: Scalar | None
    repository: Scalar
    tag: Scalar | None
    digest: Scalar | None

    def use(self, file: Written, kind: str, expand: Callable[[str], Expansion]) -> Use | None:
        """The use, at its most telling place, None where it names nothing; no place can take all of it."""
        texts = [words(part) for part in (self.registry, self.repository, self.tag, self.digest)]
        if not texts[1]:
            return None
        telling = next(part for part in (self.digest, self.tag, self.repository) if part is not None and words(part))
        whole = expand(_joined(*texts))
        use = file.use(telling, kind, lambda _: whole)
        return None if use is None else replace(use, written=None)


def words(part: Scalar | None) -> str:
    """What a place says, "" where that is nothing."""
    return "" if part is None or (part.plain and part.text in {"~", "null"}) else part.text.strip()


def _joined(registry: str, repository: str, tag: str, digest: str) -> str:
    name = f"{registry.rstrip('/')}/{repository}" if registry else repository
    full = f"sha256:{digest}" if digest and ":" not in digest else digest
    return name + (f":{tag}" if tag else "") + (f"@{full}" if full else "")
