"""The text of a file other than a Dockerfile, and the uses that its scalars are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from forebear.pins.audit.expansion import MAX_LENGTH, Expansion, literal
from forebear.pins.audit.model import WHOLE_FILE, Span, Trouble, Use
from forebear.pins.audit.spans import Spans
from forebear.pins.audit.yamltext import Unreadable, documents

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Iterator

    from forebear.pins.audit.nodes import Node, Scalar

MAX_BYTES: Final = 8 << 20
MAX_USES: Final = 10_000

_MARK: Final = b"\xef\xbb\xbf"
_NOTHING: Final = frozenset({"", "~", "null", "Null", "NULL"})  # YAML 1.2.2, 10.3.2: the tag null
_MALFORMED: Final = "malformed"


class Unusable(ValueError):
    """The file cannot be read as what it seems; `trouble` says why."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.problem)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Written:
    """A file's text, without its byte order mark, and where each of its characters is."""

    text: str
    spans: Spans
    troubles: list[Trouble] = field(default_factory=list)
    """What is wrong with texts that should be images, found on the way."""

    @classmethod
    def of(cls, data: bytes) -> Written:
        """Raises Unusable for what is too large or not UTF-8."""
        before = len(_MARK) if data.startswith(_MARK) else 0
        if len(data) > MAX_BYTES:
            problem = f"the file is larger than {MAX_BYTES >> 20} MiB, and was not read"
            raise Unusable(Trouble(_MALFORMED, WHOLE_FILE, problem, "leave it out of the audit, or make it smaller"))
        try:
            text = data[before:].decode()
        except UnicodeDecodeError as error:
            good = data[before : before + error.start].decode()
            span = Spans(good, before).span(len(good), len(good))
            problem = f"byte 0x{data[before + error.start]:02x} is not UTF-8"
            raise Unusable(Trouble(_MALFORMED, span, problem, "save the file as UTF-8")) from None
        return cls(text, Spans(text, before))

    def documents(self, hint: re.Pattern[str] | None = None) -> Iterator[Node | Trouble]:
        """The YAML documents in it, or what is wrong with them."""
        for one in documents(self.text, hint):
            yield self.trouble(one) if isinstance(one, Unreadable) else one

    def trouble(self, why: Unreadable) -> Trouble:
        """Why something cannot be read, where it is."""
        at = min(why.index, len(self.text))
        action = "correct it: nothing that comes after it in the document was judged"
        return Trouble(_MALFORMED, self.spans.span(at, at), why.problem, action)

    def use(
        self,
        node: Scalar,
        kind: str,
        expand: Callable[[str], Expansion] = literal,
        *,
        local: bool = False,
        prefix: str = "",
    ) -> Use | None:
        """The use that a scalar is, None where it comes to nothing; `prefix` is no part of the reference."""
        start, end = self._inside(node)
        value = node.text.strip()
        if len(value) > MAX_LENGTH:
            problem = f"a text of {len(value):,} characters stands where an image belongs"
            self.troubles.append(Trouble(_MALFORMED, self.spans.span(start, end), problem, "write its reference"))
            return None
        exact = self.text[start:end] == value
        expansion = expand(value.removeprefix(prefix))
        if start == end or expansion.value == "" or (node.plain and node.text in _NOTHING):
            return None
        start += len(prefix) if exact and value.startswith(prefix) else 0
        found = expansion.written if exact and not local else None
        written = self.spans.span(start + found[0], start + found[1]) if found else None
        span = self.spans.span(start, end)
        return Use(self.text[start:end], span, kind, expansion.value, expansion.via, local, written, expansion.unset)

    def inside(self, node: Scalar) -> Span | None:
        """Where the value of a scalar stands as it is; None where something in it is escaped or folded."""
        start, end = self._inside(node)
        return self.spans.span(start, end) if self.text[start:end] == node.text.strip() else None

    def _inside(self, node: Scalar) -> tuple[int, int]:
        """The range of a scalar's value, without quotes, or else of all that it takes."""
        raw, value = self.text[node.start : node.end], node.text.strip()
        if value and raw.count(value) == 1:
            start = node.start + raw.index(value)
            return start, start + len(value)
        return node.start, node.start + len(raw.rstrip())


def read_yaml(
    data: bytes, find: Callable[[Written, Node], Iterable[Use | Trouble | None]], hint: re.Pattern[str] | None = None
) -> Iterator[Use | Trouble]:
    """What `find` finds in the documents of a YAML file, each use once, and what cannot be read of it.

    Only documents in which `hint` finds something are read.
    """
    try:
        file = Written.of(data)
    except Unusable as why:
        yield why.trouble
        return
    documents = file.documents(hint)
    yield from once(one for each in documents for one in ([each] if isinstance(each, Trouble) else find(file, each)))
    yield from file.troubles


def once(found: Iterable[Use | Trouble | None]) -> Iterator[Use | Trouble]:
    """What was found, each use once, up to MAX_USES."""
    seen: set[tuple[Span, str | None]] = set()
    for one in found:
        if isinstance(one, Trouble):
            yield one
        elif one is not None and (one.span, one.resolved) not in seen:
            if len(seen) == MAX_USES:
                problem = f"the file names more than {MAX_USES:,} images; those from here on were not judged"
                yield Trouble(_MALFORMED, one.span, problem, "leave it out of the audit, or part it")
                return
            seen.add((one.span, one.resolved))
            yield one
