"""devcontainer.json: its image and its features, which come from registries too."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from forebear.pins.audit.expansion import Expansion, literal
from forebear.pins.audit.nodes import Mapping, Node, Scalar, at, scalars
from forebear.pins.audit.written import Unusable, Written, once
from forebear.pins.audit.yamltext import Unreadable, documents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forebear.pins.audit.model import Trouble, Use

# A string, or a comment outside of one; one that does not end takes all that there is.
_COMMENT: Final = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\Z)|//[^\n]*|/\*(?:.*?\*/|.*\Z)', re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(?:u[dD][89a-fA-F][0-9a-fA-F]{2}|.)", re.DOTALL)
_VARIABLE: Final = re.compile(r"\$\{(.*?)\}")
_LOCAL: Final = {"env", "localEnv"}


def read(data: bytes, path: str) -> Iterator[Use | Trouble]:  # noqa: ARG001 - every reader has it
    """The uses of a devcontainer.json, which may hold comments and trailing commas (containers.dev, "JSON reference").

    Features are named without a tag and a digest at once, so that nothing can be added to them.
    """
    try:
        file = Written.of(data)
    except Unusable as why:
        yield why.trouble
        return
    for root in documents(_COMMENT.sub(_blanked, file.text)):
        if isinstance(root, Unreadable):
            yield file.trouble(Unreadable(root.index, root.problem.replace("YAML", "JSON")))
            return
        yield from once(_uses(file, root))
    yield from file.troubles


def _uses(file: Written, root: Node) -> Iterator[Use | None]:
    for image in scalars(root, "image"):
        yield file.use(image, "image of a dev container", substitute)
    for features in at(root, "features"):
        if isinstance(features, Mapping):
            for key, _ in features.items:
                yield _feature(file, key)


def _feature(file: Written, key: Node) -> Use | None:
    """The use of a feature; None for a local one, an archive, or a short name of old."""
    if not isinstance(key, Scalar) or "://" in key.text or "." not in key.text.partition("/")[0].strip("."):
        return None
    use = file.use(key, "feature of a dev container", literal)
    return None if use is None else replace(use, written=None)


def substitute(text: str) -> Expansion:
    """Expand `${localEnv:NAME:default}`; nothing else has a value that is known (containers.dev, "Variables")."""
    found = [variable.split(":") for variable in _VARIABLE.findall(text)]
    if not found:
        return literal(text)
    names = [parts[1] if len(parts) > 1 else parts[0] for parts in found]
    if unset := [name for name, parts in zip(names, found, strict=True) if len(parts) < 3 or parts[0] not in _LOCAL]:
        return Expansion(None, tuple(names), tuple(unset))
    value = _VARIABLE.sub(lambda one: one[1].split(":")[2], text)
    whole = len(found) == 1 and len(found[0]) == 3 and _VARIABLE.fullmatch(text)
    end = len(text) - 1
    return Expansion(value, tuple(names), written=(end - len(value), end) if whole else None)


def _blanked(found: re.Match[str]) -> str:
    """A comment as blanks; a string as YAML reads it, which knows no halves of a character."""
    if found[0].startswith('"'):
        return _ESCAPE.sub(lambda one: r"\ufffd" if len(one[0]) > 2 else one[0], found[0])
    return re.sub(r"[^\r\n]", " ", found[0])
