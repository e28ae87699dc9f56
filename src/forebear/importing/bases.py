"""The bases of one Dockerfile of a tree: parents in the tree, upstreams, and the words that stand for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from forebear.dockerfile.declared import secrets
from forebear.dockerfile.lines import BYTE_ORDER_MARK
from forebear.importing.model import Edit, Member
from forebear.importing.names import owned
from forebear.importing.refused import Refused
from forebear.lineage.patterns import UPSTREAM
from forebear.reference import Reference, ReferenceFault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from forebear.dockerfile.model import Dockerfile, Use
    from forebear.importing.model import Home, NamedContext, Source

_OFFICIAL_SYNTAX: Final = re.compile(r"(?:docker\.io/)?docker/dockerfile(?::[0-9.]+)?(?:@sha256:[0-9a-f]{64})?")


class Known(NamedTuple):
    """The images of the tree: their names by the paths of their Dockerfiles, and by parts of repositories."""

    names: Mapping[str, str]
    owners: Mapping[str, str]


def references(dockerfile: Dockerfile) -> Iterator[Reference]:
    """What a Dockerfile names outside of itself, as far as that can be read."""
    return parsed(use.resolved or "" for use in dockerfile.externals)


def parsed(texts: Iterable[str]) -> Iterator[Reference]:
    """The references among some texts."""
    for text in texts:
        try:
            yield Reference.parse(text)
        except ReferenceFault:
            continue


def member(source: Source, dockerfile: Dockerfile, place: Home, known: Known) -> Member:
    """A Dockerfile as an image of the family. Raises Refused."""
    name = known.names[source.path]
    contexts = {each.name: each for each in source.contexts}
    bases = {use.start: _base(use, name, contexts, place, known) for use in dockerfile.externals}
    last = dockerfile.chain(dockerfile.target(source.target or None))[-1].base
    parent = bases.get(last.start, "scratch")
    aliases: dict[str, str | Reference] = {}
    edits = list(_general(source, dockerfile))
    for use in dockerfile.externals:
        base = bases[use.start]
        expression = "parent" if base == parent else f"uses.{_alias(base, aliases)}"
        edits.append(Edit(use.start, use.end, expression))
    return Member(name, source, parent, aliases, tuple(edits), secrets(dockerfile))


def _general(source: Source, dockerfile: Dockerfile) -> Iterator[Edit]:
    """What a template says otherwise wherever it stands: no mark of the byte order, no frontend of its own."""
    text, syntax = source.text, dockerfile.directives
    if text.startswith(BYTE_ORDER_MARK):
        yield Edit(0, 1, "")
    if syntax.syntax is None:
        return
    if not _OFFICIAL_SYNTAX.fullmatch(syntax.syntax):
        problem = f"# syntax={syntax.syntax} loads another builder than the engine's own"
        raise Refused(syntax.syntax_line, problem, "remove the line if the engine's own reads the file")
    lines = text.split("\n")
    start = sum(len(line) + 1 for line in lines[: syntax.syntax_line - 1])
    start += syntax.syntax_line == 1 and text.startswith(BYTE_ORDER_MARK)
    yield Edit(start, min(len(text), start + len(lines[syntax.syntax_line - 1].lstrip(BYTE_ORDER_MARK)) + 1), "")


def _base(use: Use, name: str, contexts: Mapping[str, NamedContext], place: Home, known: Known) -> str | Reference:
    context = contexts.get(use.resolved or "")
    if context is not None and context.path:
        return _sibling(use, context, known)
    reference = _reference(use, use.resolved if context is None else context.reference)
    owner = owned(reference, place, known.owners)
    if owner is not None and owner != name:
        return owner
    if not re.search(UPSTREAM, str(reference)):
        reason = f"the base {use.resolved} has no tag that stays"
        raise Refused(use.line, reason, "name a version, in the FROM or its ARG")
    return reference


def _reference(use: Use, text: str | None) -> Reference:
    if text is None:
        raise _unknown(use)
    if not text:
        reason = f"the base {use.resolved} is another folder, by a named context, and a lineage has one for an image"
        raise Refused(use.line, reason, "copy from its own context, or from an image")
    try:
        return Reference.parse(text)
    except ReferenceFault as fault:
        if use.unset:
            raise _unknown(use) from fault
        raise Refused(use.line, f"the base {use.text} is no reference: {fault}", "correct it") from fault


def _unknown(use: Use) -> Refused:
    unset = ", ".join(sorted(use.unset))
    reason = f"the base {use.text} cannot be known" + (f": {unset} has no value here" if unset else "")
    return Refused(use.line, reason, "give its ARG a value")


def _sibling(use: Use, context: NamedContext, known: Known) -> str:
    if context.path in known.names:
        return known.names[context.path]
    raise Refused(use.line, f"the base {context.name} is built from {context.path}, which is not here", "correct it")


def _alias(base: str | Reference, aliases: dict[str, str | Reference]) -> str:
    """The alias of a base, a new one where it has none; a name that Jinja2 takes behind a dot."""
    for alias, known in aliases.items():
        if known == base:
            return alias
    last = base if isinstance(base, str) else base.repository.rpartition("/")[2]
    name = re.sub(r"[^a-z0-9_]", "_", last)
    name = free = name if name[:1].isalpha() else f"image_{name}"
    number = 2
    while free in aliases:
        free, number = f"{name}_{number}", number + 1
    aliases[free] = base
    return free
