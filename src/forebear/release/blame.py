"""Pure: which instruction of a Dockerfile, and which line of a template, a layer comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forebear.dockerfile.model import Dockerfile
    from forebear.dockerfile.origins import Origin

SHIPPED: Final = "forebear/"
_MAKE: Final = frozenset({"RUN", "COPY", "ADD"})
_MAY_MAKE: Final = frozenset({"WORKDIR"})


@dataclass(frozen=True, slots=True)
class Blame:
    """Where a layer comes from: the instruction, its line in the Dockerfile, and the template's line.

    `template` is as in `templates/web.Dockerfile.j2:4`, with the shipped macro that wrote it, if one did.
    """

    instruction: str
    line: int
    template: str


def blame(
    number: int, count: int, dockerfile: Dockerfile, target: str | None, origins: Sequence[Origin | None]
) -> Blame | None:
    """Where a layer comes from: the one with `number`, from 0, of the `count` that the Dockerfile added.

    Every builder makes a layer for each RUN, COPY and ADD, in order, and some for each WORKDIR; None where that
    does not account for their number.
    """
    chain = reversed(dockerfile.chain(dockerfile.target(target)))
    made = [each for stage in chain for each in stage.instructions if each.keyword in _MAKE | _MAY_MAKE]
    sure = [each for each in made if each.keyword in _MAKE]
    found = next((some[number] for some in (made, sure) if len(some) == count), None)
    if found is None:
        return None
    return Blame(f"{found.keyword} {found.text}", found.line, _template(found.line, origins))


def _template(line: int, origins: Sequence[Origin | None]) -> str:
    """The origin of a line; where a shipped macro wrote it, the line of the template that called it too."""
    above = [origin for origin in origins[:line] if origin]
    if not above:
        return ""
    own = next((origin for origin in reversed(above) if not origin.template.startswith(SHIPPED)), None)
    if own is None or own == above[-1]:
        return _shown(above[-1])
    return f"{_shown(own)}, by {above[-1].template}:{above[-1].line}"


def _shown(origin: Origin) -> str:
    return f"templates/{origin.template}:{origin.line}"
