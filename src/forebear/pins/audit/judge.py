"""From what a reader finds in a file to findings: severities, suppressions, fingerprints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from forebear.pins.audit import references, suppress
from forebear.pins.audit.model import WHOLE_FILE, Severity, Span, Trouble, Use
from forebear.pins.audit.rules import rules
from forebear.pins.audit.spans import Spans

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from forebear.pins.audit.model import Rule
    from forebear.pins.audit.settings import Settings
    from forebear.pins.audit.suppress import Suppression


MOST: Final = 1_000
"""How many remarks are made on one file; only one that is made to be a burden has more."""

_TOO_MANY: Final = Trouble(
    "malformed", WHOLE_FILE, f"there are more than {MOST:,} findings here; the others are not told", "exclude the file"
)


class Remark(NamedTuple):
    """Something that a rule tells of a file, before it is known whether it is suppressed."""

    rule: Rule
    severity: Severity
    span: Span
    begins: int
    problem: str
    action: str
    subject: str
    use: Use | None = None


class Judged(NamedTuple):
    """What there is to tell of one file, with the references that are pinned there, and its suppressions."""

    path: str
    remarks: tuple[Remark, ...]
    pinned: tuple[Use, ...] = ()
    suppressions: tuple[Suppression, ...] = ()


class Judge:
    """Judges files by the same settings."""

    def __init__(self, settings: Settings, local: Collection[str] = ()) -> None:
        """`local`: the canonical references of images of the family, which nobody has to pin."""
        self._severity = {name: settings.severity(rule) for name, rule in rules().items()}
        self._known = settings.known
        self._local = frozenset(local)

    def judge(self, path: str, data: bytes, found: Iterable[Use | Trouble]) -> Judged:
        """What to tell of a file, given what its reader found."""
        remarks: list[Remark] = []
        pinned: list[Use] = []
        for each in found:
            if isinstance(each, Trouble):
                remarks += self.of_trouble(each)
            elif not self._is_local(each):
                remarks += self.of_use(each)
                pinned += [each] if each.resolved and "@" in each.resolved else []
            if len(remarks) > MOST:
                remarks[MOST:] = self.of_trouble(_TOO_MANY)
                break
        suppressions: list[Suppression] = []
        for one in _suppressions(data):
            if isinstance(one, Trouble):
                remarks += self.of_trouble(one)
            elif self._severity[one.rule] is not Severity.OFF:
                suppressions.append(one)
        return Judged(path, tuple(remarks), tuple(pinned), tuple(suppressions))

    def of_trouble(self, trouble: Trouble) -> Iterator[Remark]:
        """The remark that a trouble is, unless its rule is off."""
        severity = self._severity[trouble.rule]
        if severity is not Severity.OFF:
            begins = trouble.begins or trouble.span.line
            subject = trouble.subject or trouble.problem
            yield Remark(
                rules()[trouble.rule], severity, trouble.span, begins, trouble.problem, trouble.action, subject
            )

    def of_use(self, use: Use) -> Iterator[Remark]:
        """What to tell of one reference: of each group of verdicts the first one that is not off."""
        for group in references.verdicts(use, self._known):
            for verdict in group:
                severity = self._severity[verdict.rule]
                if severity is not Severity.OFF:
                    begins, subject = use.begins or use.span.line, f"{use.kind} {use.text}"
                    yield Remark(
                        rules()[verdict.rule], severity, use.span, begins, verdict.problem, verdict.action, subject, use
                    )
                    break

    def _is_local(self, use: Use) -> bool:
        return use.local or (bool(self._local) and not use.pinned and references.canonical(use.resolved) in self._local)


def _suppressions(data: bytes) -> Iterator[Suppression | Trouble]:
    if suppress.MARK in data:
        text = data.decode("utf-8", "surrogateescape")
        yield from suppress.suppressions(text, Spans(text))
