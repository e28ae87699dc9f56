"""What compose files and bake files say of the builds of a tree: contexts, Dockerfiles, targets, arguments, names."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final

from forebear.importing.model import Hint, NamedContext, Note
from forebear.pins.audit.interpolation import interpolate
from forebear.pins.audit.nodes import ANY, Mapping, Node, Scalar, Sequence, at, pairs, scalar, scalars
from forebear.pins.audit.written import Unusable, Written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Value = Callable[[str], str | None]

BAKE: Final = re.compile(r"(?:^|/)docker-bake(?:\.override)?\.json$")
_ELSEWHERE: Final = re.compile(r"://|^git@|^/|^~")
_IMAGE: Final = "docker-image://"
_ENTRY: Final = re.compile(r"^(?:target|service):")
_VARIABLE: Final = re.compile(r"\$\{(\w+)\}")
_MAX_PARENTS: Final = 16
_PRINT: Final = "run: docker buildx bake --print >docker-bake.json"


def hints(path: str, data: bytes) -> list[Hint | Note]:
    """What a file says of builds, and what of it is not taken; `path` is below the root.

    Compose specification, "Build"; for bake files docs.docker.com, "Bake file reference". Variables have their
    defaults, as with an empty environment.
    """
    try:
        documents = list(Written.of(data).documents())
    except Unusable as why:
        return [Note(path, f"not read: {why.trouble.problem}")]
    found: list[Hint | Note] = []
    for root in documents:
        if not isinstance(root, (Scalar, Sequence, Mapping)):
            found.append(Note(path, f"not read: {root.problem}"))
        elif BAKE.search(path):
            found += _bake(path, root)
        else:
            found += _compose(path, root)
    return found


def _compose(path: str, root: Node) -> Iterator[Hint | Note]:
    for services in at(root, "services"):
        for name, service in pairs(services):
            for build in at(service, "build"):
                images = _values(scalars(service, "image"), _interpolated)
                yield from _build(path, name, build, images, _interpolated)


def _interpolated(text: str) -> str | None:
    return interpolate(text).value


def _bake(path: str, root: Node) -> Iterator[Hint | Note]:
    variables = {
        name: each.text for one in at(root, "variable") for name, node in pairs(one) for each in _default(node)
    }
    targets = {name: node for one in at(root, "target") for name, node in pairs(one) if isinstance(node, Mapping)}

    def value(text: str) -> str | None:
        known = _VARIABLE.sub(lambda found: variables.get(found[1], found[0]), text)
        return None if "${" in known or "%{" in known else known

    for name, target in targets.items():
        if at(target, "matrix"):
            yield Note(path, f"{name}: not read, since it is a matrix; {_PRINT}")
            continue
        whole = Mapping([pair for each in reversed(_inherited(target, targets)) for pair in each.items])
        yield from _build(path, name, whole, _values(scalars(whole, "tags", ANY), value), value)


def _default(node: Node) -> list[Scalar]:
    return [node] if isinstance(node, Scalar) else scalars(node, "default")


def _inherited(target: Mapping, targets: dict[str, Mapping]) -> list[Mapping]:
    """A target behind those that it inherits from, each once, so that the last one that says something counts."""
    order: dict[int, Mapping] = {}

    def add(one: Mapping, depth: int) -> None:
        for name in scalars(one, "inherits", ANY) if depth < _MAX_PARENTS else ():
            if (parent := targets.get(name.text)) is not None and id(parent) not in order:
                add(parent, depth + 1)
        order[id(one)] = one

    add(target, 0)
    return list(order.values())


def _values(nodes: Iterable[Scalar], value: Value) -> tuple[str, ...]:
    return tuple(text for node in nodes if (text := value(node.text)))


def _build(path: str, name: str, build: Node, images: tuple[str, ...], value: Value) -> Iterator[Hint | Note]:
    written = build.text if isinstance(build, Scalar) else _text(build, "context")
    context = _below(path, value(written if written is not None else "."))
    if context is None:
        yield Note(path, f"{name}: not read, since its context is no folder of this tree: {written}")
        return
    if at(build, "dockerfile_inline") or at(build, "dockerfile-inline"):
        yield Note(path, f"{name}: not imported: its Dockerfile is written in this file; give it one of its own")
        return
    named = _text(build, "dockerfile")
    inside = value(named if named is not None else "Dockerfile")
    dockerfile = posixpath.normpath(f"{context}/{inside}") if inside and not _ELSEWHERE.search(inside) else ".."
    if dockerfile.startswith(".."):
        yield Note(path, f"{name}: not read, since its Dockerfile is outside of this tree, or unknown: {named}")
        return
    target = value(_text(build, "target") or "") or ""
    args = tuple(_pairs(at(build, "args"), value))
    contexts = (*at(build, "additional_contexts"), *at(build, "contexts"))
    yield Hint(path, name, context, dockerfile, target, args, images, tuple(_contexts(contexts, value)))


def _text(node: Node, key: str) -> str | None:
    """A scalar's text; the one that counts of several is the first."""
    found = scalar(node, key)
    return None if found is None else found.text


def _below(file: str, context: str | None) -> str | None:
    """A folder below the root, as a file below the root names it; None where it is none."""
    if context is None or _ELSEWHERE.search(context):
        return None
    found = posixpath.normpath(posixpath.join(file.rpartition("/")[0], context))
    return None if found == ".." or found.startswith("../") else found


def _pairs(nodes: Iterable[Node], value: Value) -> Iterator[tuple[str, str]]:
    """Names and values of a mapping, or of a list of NAME=VALUE; those whose value is not known are left out."""
    seen: set[str] = set()
    for node in nodes:
        listed = [one.text.partition("=") for one in scalars(node, ANY)] if isinstance(node, Sequence) else []
        written = [(name, text) for name, is_set, text in listed if is_set]
        written += [(name, each.text) for name, each in pairs(node) if isinstance(each, Scalar) and not _is_null(each)]
        for name, text in written:
            known = value(text)
            if known is not None and name not in seen:
                seen.add(name)
                yield name, known


def _is_null(node: Scalar) -> bool:
    """Whether a value is taken from the environment."""
    return node.plain and node.text in {"", "~", "null", "Null", "NULL"}


def _contexts(nodes: Iterable[Node], value: Value) -> Iterator[NamedContext]:
    """`path` is the name of the other entry here, until it is known which Dockerfile that has."""
    for name, text in _pairs(nodes, value):
        if _ENTRY.match(text):
            yield NamedContext(name, path=text.partition(":")[2])
        else:
            yield NamedContext(name, reference=text.removeprefix(_IMAGE) if text.startswith(_IMAGE) else "")
