"""Compare what a Dockerfile names with what the lineage declares for its image."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from forebear.dockerfile.model import Malformed
from forebear.dockerfile.mounts import kind_of, secret_of
from forebear.dockerfile.platforms import UNKNOWN
from forebear.errors import Fault, Place
from forebear.reference import Reference, ReferenceFault

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from forebear.dockerfile.model import Dockerfile, Use

_SERVED: Final = frozenset({"secret", "ssh"})  # by whoever asks for the build, in a session of it


def undeclared(dockerfile: Dockerfile, allowed: Collection[str]) -> tuple[Use, ...]:
    """The external uses, in file order, that are none of the allowed references.

    Allowed ones are compared in canonical form, so that `fedora:25` allows `docker.io/library/fedora:25`.
    """
    known = {_canonical(text) for text in allowed}
    return tuple(use for use in dockerfile.externals if _canonical(use.resolved or "") not in known)


def faults(
    dockerfile: Dockerfile,
    *,
    file: str,
    parent: str,
    uses: Collection[str] = (),
    target: str | None = None,
    known: Collection[str] = (),
) -> tuple[Fault, ...]:
    """What in a rendered Dockerfile is not as lineage.yml declares it.

    `parent` and `uses` are the references that the template was given; `parent` may be `scratch`; `known` are
    the names of secrets. Every external use must be one of the references, the target must be on the parent, no
    other frontend may read the file, and what mounts ask of a build session must be one of the secrets. Raises
    DockerfileFault if there is no such target.
    """
    found = [_undeclared(file, use) for use in undeclared(dockerfile, [parent, *uses])]
    base = dockerfile.chain(dockerfile.target(target))[-1].base
    if not found and _canonical(base.resolved or "") != _canonical(parent):
        found.append(_wrong_parent(file, base, parent))
    if dockerfile.directives.syntax is not None:
        found.append(_foreign_syntax(file, dockerfile))
    found += _unserved(file, dockerfile, known)
    return tuple(sorted(found))


def secrets(dockerfile: Dockerfile) -> tuple[str, ...]:
    """The names of the secrets that building any of its stages asks for, sorted."""
    return tuple(sorted({name for _, kind, name, _ in _sessions(dockerfile) if kind == "secret"}))


def _sessions(dockerfile: Dockerfile) -> Iterator[tuple[int, str, str, bool]]:
    """The mounts that a build session serves: line, type, name, and whether a trigger holds them."""
    for instruction in dockerfile.instructions:
        inner = instruction.trigger or instruction
        for name, value in inner.flags if inner.keyword == "RUN" else ():
            with suppress(Malformed):  # in a trigger, and told where a stage triggers it
                if name == "mount" and (kind := kind_of(value or "")) in _SERVED:
                    yield instruction.line, kind, secret_of(value or ""), inner is not instruction


@lru_cache(maxsize=1 << 14)
def _canonical(text: str) -> str | None:
    """A parent is the base of many."""
    try:
        return str(Reference.parse(text))
    except ReferenceFault:
        return None


def _place(file: str, use: Use) -> Place:
    return Place(file, use.line, use.column)


def _undeclared(file: str, use: Use) -> Fault:
    shown = use.text if use.resolved in {None, use.text} else f"{use.text} ({use.resolved})"
    if use.resolved is None and use.unset & UNKNOWN:
        problem = f"the base {shown} depends on the platform that is built for"
        return Fault(_place(file, use), problem, "name one image for all platforms, or declare the platforms")
    if use.resolved is None:
        return Fault(_place(file, use), f"the base {shown} cannot be known", "give its ARG a value")
    return Fault(
        _place(file, use),
        f"the base {shown} is not declared",
        "name it in lineage.yml, under from or uses, and write {{ parent }} or {{ uses.ALIAS }} in the template",
    )


def _wrong_parent(file: str, use: Use, parent: str) -> Fault:
    return Fault(
        _place(file, use),
        f"the image is built on {use.resolved}, and lineage.yml says from {parent}",
        "write FROM {{ parent }} in the template",
    )


def _foreign_syntax(file: str, dockerfile: Dockerfile) -> Fault:
    directives = dockerfile.directives
    return Fault(
        Place(file, directives.syntax_line, 1),
        f"# syntax={directives.syntax} would load another builder, which lineage.yml does not pin",
        "remove the line; the engine's own builder reads the file",
    )


def _unserved(file: str, dockerfile: Dockerfile, known: Collection[str]) -> Iterator[Fault]:
    for line, kind, name, triggered in _sessions(dockerfile):
        if kind != "secret":
            problem = f"a mount of the type {kind} gets nothing: no agent of yours is let into a build"
            yield Fault(Place(file, line), problem, "give what it needs as a secret, or fetch it into the context")
        elif triggered:
            problem = f"ONBUILD asks for the secret {name} in builds of other images"
            yield Fault(Place(file, line), problem, "mount it in the templates of those that need it")
        elif name not in known:
            problem = f'the secret "{name}" is not declared'
            yield Fault(Place(file, line), problem, "name it in lineage.yml, under secrets, with its env or file")
