"""A Dockerfile that is written inside another file: what it names, at the places that it has there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from forebear.pins.audit import dockerfiles
from forebear.pins.audit.model import Span, Trouble

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forebear.pins.audit.model import Use
    from forebear.pins.audit.nodes import Scalar
    from forebear.pins.audit.written import Written


def inline(file: Written, node: Scalar, text: str) -> Iterator[Use | Trouble]:
    """What a Dockerfile names that a scalar holds; `text` is what becomes of it, with the same lines.

    Places are exact in a block of the style `|`, where a line is as it is written; else they are those of the line, or
    of all of the scalar.
    """
    places = _Places.of(file, node, text)
    for one in dockerfiles.read(text.encode("utf-8", "surrogateescape"), ""):
        begins = places.line(one.begins)
        if isinstance(one, Trouble):
            yield replace(one, span=places.span(one.span), begins=begins)
        else:
            exact = one.written is not None and places.exact(one.written)
            written = places.span(one.written) if one.written is not None and exact else None
            yield replace(one, span=places.span(one.span), written=written, begins=begins)


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the lines of a text are in a file: where each begins and ends, and whether it is as it is written."""

    file: Written
    node: Scalar
    lines: list[tuple[int, int, bool]]

    @classmethod
    def of(cls, file: Written, node: Scalar, text: str) -> _Places:
        header, *raw = file.text[node.start : node.end].split("\n")
        values, texts = node.text.split("\n"), text.split("\n")
        if not header.startswith("|") or not len(raw) >= len(values) - 1 == len(texts) - 1:
            return cls(file, node, [])
        lines, start = [], node.start + len(header) + 1
        for written, value, became in zip(raw, values, texts, strict=False):
            end = start + len(written.rstrip("\r"))
            lines.append((end - len(value), end, value == became and written.rstrip("\r").endswith(value)))
            start += len(written) + 1
        return cls(file, node, lines)

    def exact(self, span: Span) -> bool:
        """Whether all lines of a part of the text are as they are written."""
        lines = self.lines[span.line - 1 : span.end_line]
        return bool(lines) and all(same for _, _, same in lines)

    def span(self, span: Span) -> Span:
        """The place in the file of a part of the text."""
        if not span.line or span.end_line > len(self.lines):
            return self.file.spans.span(self.node.start, self.node.end)
        (start, _, _), (last, end, _) = self.lines[span.line - 1], self.lines[span.end_line - 1]
        if self.exact(span):
            return self.file.spans.span(start + span.column - 1, last + span.end_column - 1)
        return self.file.spans.span(start, end)

    def line(self, number: int) -> int:
        """The line in the file of a line of the text; 0 for none."""
        return self.span(Span(number, 1, number, 1, 0, 0)).line if number else 0
