"""Make the external bases of a Dockerfile injectable by build arguments."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Final

from forebear.dockerfile.lines import BYTE_ORDER_MARK
from forebear.dockerfile.model import DockerfileFault
from forebear.reference import Reference, ReferenceFault

if TYPE_CHECKING:
    from collections.abc import Collection

    from forebear.dockerfile.model import Dockerfile, Use

ARGUMENT: Final = "FOREBEAR_BASE_"
STAGE: Final = "forebear-base-"
_Edit = tuple[int, int, str]


def parametrise(text: str, dockerfile: Dockerfile) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Rewrite `text`, which `dockerfile` was read from, to take its external bases as build arguments.

    Returns the new text, and each argument with the canonical reference that it stands for, in order of
    first use. Each argument defaults to the reference as written. FROM takes the argument itself; COPY
    and RUN --mount, which take no variable, get a stage of it in front. Apart from the lines that this
    adds before the first FROM, every line stays where it was. ONBUILD, which comes into effect in other
    builds, stays as it is. Raises DockerfileFault for a base that is no reference.
    """
    bases = _bases(text, [use for use in dockerfile.externals if not use.onbuild])
    edits = [_edit(use, bases, sum(base.staged for base in bases.values())) for use in dockerfile.uses]
    at = _insertion(text, dockerfile)
    front = _front(bases.values(), "\r\n" if "\r\n" in text else "\n")
    pairs = tuple((base.argument, reference) for reference, base in bases.items())
    return _spliced(text, [(at, at, front), *(edit for edit in edits if edit)]), pairs


@dataclass(slots=True)
class _Base:
    """One external reference: its number, its text, and whether COPY or a mount needs a stage of it."""

    number: int
    text: str
    staged: bool = False

    @property
    def argument(self) -> str:
        return f"{ARGUMENT}{self.number}"

    @property
    def stage(self) -> str:
        return f"{STAGE}{self.number}"


def _reference(use: Use) -> str:
    try:
        return str(Reference.parse(use.resolved or ""))
    except ReferenceFault as fault:
        raise DockerfileFault(use.line, f"the base {use.text} cannot be used: {fault}") from fault


def _bases(text: str, uses: list[Use]) -> dict[str, _Base]:
    """The distinct references in order of first use, by numbers that the text does not use already."""
    folded = text.upper()
    free = (n for n in count(1) if f"{ARGUMENT}{n}" not in folded and f"{STAGE}{n}".upper() not in folded)
    bases: dict[str, _Base] = {}
    for use in uses:
        reference = _reference(use)
        if reference not in bases:
            bases[reference] = _Base(next(free), use.resolved or "")
        bases[reference].staged |= use.kind != "from"
    return bases


def _front(bases: Collection[_Base], end: str) -> str:
    """The lines to add: all arguments, then the stages that need them."""
    lines = [f"ARG {base.argument}={base.text}" for base in bases]
    lines += [f"FROM ${{{base.argument}}} AS {base.stage}" for base in bases if base.staged]
    return "".join(line + end for line in lines)


def _edit(use: Use, bases: dict[str, _Base], shift: int) -> _Edit | None:
    """What stands for a use in the new text; None where it stays."""
    if use.onbuild:
        return None
    if use.external:
        base = bases[_reference(use)]
        return use.start, use.end, f"${{{base.argument}}}" if use.kind == "from" else base.stage
    if use.kind == "copy" and use.stage is not None and use.text.lstrip("+").isdigit():
        return use.start, use.end, str(use.stage + shift)
    return None


def _insertion(text: str, dockerfile: Dockerfile) -> int:
    """The offset of the line of the first FROM."""
    first = next(one for one in dockerfile.instructions if one.keyword == "FROM")
    at = len(BYTE_ORDER_MARK) if text.startswith(BYTE_ORDER_MARK) else 0
    for _ in range(first.line - 1):
        at = text.index("\n", at) + 1
    return at


def _spliced(text: str, edits: list[_Edit]) -> str:
    """The text with each (start, end, new) replaced; they are in order and do not overlap."""
    parts: list[str] = []
    position = 0
    for start, end, new in edits:
        parts += [text[position:start], new]
        position = end
    return "".join([*parts, text[position:]])
