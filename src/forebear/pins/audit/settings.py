"""The settings of an audit, and the file that holds them: .forebear-audit.yml."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from forebear.pins.audit.known import Known
from forebear.pins.audit.model import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forebear.pins.audit.model import Rule

FILE: Final = ".forebear-audit.yml"


@dataclass(frozen=True)
class Settings:
    """What a project wants of an audit.

    `severities`: by the name of a rule; `registries`: registries and folders in them that images may come from, none
    for all; `names`: further names that are meant as they are; `exclude`: patterns of paths that are left out, relative
    to where the audit is started; `fail_on`: the least severity that makes it fail.
    """

    severities: Mapping[str, Severity] = field(default_factory=lambda: MappingProxyType({}))
    registries: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    fail_on: Severity = Severity.WARNING

    def severity(self, rule: Rule) -> Severity:
        """What a rule counts for here."""
        return self.severities.get(rule.name, rule.severity)

    @cached_property
    def known(self) -> Known:
        """The names that it allows and knows."""
        return Known(self.registries, self.names)
