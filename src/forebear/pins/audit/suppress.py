"""Comments that suppress findings, with a reason: `# forebear: ignore=RULE[,RULE] because REASON`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from forebear.lineage.spelling import did_you_mean
from forebear.pins.audit.model import Trouble
from forebear.pins.audit.rules import by_code, find, rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forebear.pins.audit.model import Span
    from forebear.pins.audit.spans import Spans

MARK: Final = b"forebear:"
_FORM: Final = "write # forebear: ignore=RULE because REASON"
_COMMENT: Final = re.compile(r"(?:^|(?<=[ \t]))#[ \t]*forebear:[ \t]*(.*?)[ \t\r]*$", re.MULTILINE)
_IGNORE: Final = re.compile(r"(ignore|ignore-file)[ \t]*=[ \t]*([\w,.-]+(?:,[ \t]*[\w.-]+)*)(?:[ \t]+(.*))?", re.DOTALL)
_REASON: Final = re.compile(r"because[ \t]+(\S.*)")
_SKIPPED: Final = re.compile(r"[ \t]*(?:#.*)?\r?\Z")


class Suppression(NamedTuple):
    """A comment that suppresses a rule: where it is, the line that it is about (0: the whole file), and why."""

    rule: str
    span: Span
    line: int
    reason: str


def suppressions(text: str, spans: Spans) -> Iterator[Suppression | Trouble]:
    """The suppressions of a file, one for each rule that a comment names, and what is wrong with its comments."""
    lines: list[str] = []
    target = 0
    for found in _COMMENT.finditer(text):
        lines = lines or text.split("\n")
        span = spans.span(found.start(), found.end(1))
        parsed = _parsed(found[1], span)
        if isinstance(parsed, Trouble):
            yield parsed
            continue
        names, whole, reason = parsed
        target = _target(lines, span, target)
        for name in names:
            rule = find(name)
            if rule is None:
                yield _unknown(name, span)
            else:
                yield Suppression(rule.name, span, 0 if whole else target, reason)


def _parsed(text: str, span: Span) -> tuple[list[str], bool, str] | Trouble:
    found = _IGNORE.fullmatch(text)
    if found is None:
        return Trouble(
            "bad-suppression", span, "this comment begins with forebear: and says nothing known", _FORM, text
        )
    reason = _REASON.fullmatch(found[3] or "")
    if reason is None:
        problem = f"the suppression of {found[2]} has no reason, and suppresses nothing"
        return Trouble("bad-suppression", span, problem, "write because and the reason behind it", text)
    return [name.strip() for name in found[2].split(",") if name.strip()], found[1] == "ignore-file", reason[1]


def _unknown(name: str, span: Span) -> Trouble:
    hint = did_you_mean(name, [*rules(), *by_code()])
    action = hint or "the rules are listed by: forebear audit --rules"
    return Trouble("bad-suppression", span, f"no rule is called {name[:40]}", action, name)


def _target(lines: list[str], span: Span, last: int) -> int:
    """The line that a comment is about: its own, or the next that is neither blank nor a comment.

    `last` is what the comment before it was about: it is the same where that is still to come.
    """
    if lines[span.line - 1][: span.column - 1].strip():
        return span.line
    if last > span.line:
        return last
    for number in range(span.line, len(lines)):
        if not _SKIPPED.match(lines[number]):
            return number + 1
    return len(lines) + 1
