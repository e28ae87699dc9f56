"""The results of gates as JUnit XML: a suite for each image, a case for each gate."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forebear.release.gates import Result


def junit(images: Iterable[tuple[str, str, tuple[Result, ...]]]) -> str:
    """A document with the elements and attributes that Jenkins and GitLab read; the format has no specification.

    `images` gives the name, what is wrong with it apart from its gates, and the results of these.
    """
    root = Element("testsuites", name="forebear test")
    for name, problem, results in images:
        suite = SubElement(root, "testsuite", name=name)
        if problem and not results:
            _case(suite, name, "is there", (problem,), 0.0)
        for each in results:
            _case(suite, name, each.gate, each.problems, each.seconds)
        _count(suite)
    _count(root)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _case(suite: Element, image: str, name: str, problems: tuple[str, ...], seconds: float) -> None:
    case = SubElement(suite, "testcase", name=_clean(name), classname=image, time=f"{seconds:.3f}")
    if problems:
        failure = SubElement(case, "failure", type="gate", message=_clean("; ".join(problems)))
        failure.text = _clean("\n".join(problems))


def _count(element: Element) -> None:
    for attribute, tag in (("tests", "testcase"), ("failures", "failure")):
        element.set(attribute, str(sum(1 for _ in element.iter(tag))))
    element.set("errors", "0")


def _clean(text: str) -> str:
    """A text as XML can hold it (XML 1.0, 2.2)."""
    return "".join(char if char.isprintable() or char == "\n" else "\N{REPLACEMENT CHARACTER}" for char in text)
