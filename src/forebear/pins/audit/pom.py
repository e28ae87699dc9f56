"""A pom.xml whose version is that of an image (Maven POM reference, "Maven Coordinates")."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.parsers import expat

from forebear.pins.audit.model import Trouble
from forebear.pins.audit.spans import Spans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forebear.lineage.model import Image


def read(data: bytes, image: Image) -> Iterator[Trouble]:
    """What is wrong where a pom.xml, from which a part of an image is made, says another version than the image's.

    A version that a property gives (`${revision}`), or that only a parent pom has, is not judged.
    """
    spans = Spans(data.decode("utf-8", "surrogateescape"))
    try:
        line, version = _version(data)
    except expat.ExpatError as error:
        problem = f"this is not XML: {expat.errors.messages[error.code]}"
        yield Trouble("malformed", spans.line(error.lineno), problem, "correct it")
        return
    except _DocumentType:
        yield Trouble("malformed", spans.line(1), "a document type is declared, which no pom needs", "remove it")
        return
    if version and "${" not in version and version != image.version:
        problem = f"the version is {version}, and that of the image {image.name} is {image.version}"
        yield Trouble("pom-version", spans.line(line), problem, f"write <version>{image.version}</version>", image.name)


class _DocumentType(Exception):
    """Its entities could grow without end."""


def _refuse(*_declared: object) -> None:
    raise _DocumentType


def _version(data: bytes) -> tuple[int, str]:
    """The line and the text of the version of the project itself; "" where it has none. Raises ExpatError."""
    path: list[str] = []
    found: list[tuple[int, str]] = []
    parser = expat.ParserCreate()

    def text(part: str) -> None:
        if path == ["project", "version"]:
            found.append((parser.CurrentLineNumber, part))

    def ends(_name: str) -> None:
        path.pop()

    parser.StartElementHandler = lambda name, _attributes: path.append(name)
    parser.EndElementHandler = ends
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse
    parser.Parse(data, True)
    return (found[0][0] if found else 0), "".join(part for _, part in found).strip()
