"""The rules of an audit, by name and by code."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from forebear.pins.audit.model import Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping


@cache
def rules() -> Mapping[str, Rule]:
    """Every rule by its name, in the order of their codes."""
    table = tomllib.loads(resources.files(__package__).joinpath("rules.toml").read_text("utf-8"))
    made = (Rule(**{**each, "severity": Severity(each["severity"])}) for each in table["rule"])
    return {rule.name: rule for rule in made}


@cache
def by_code() -> Mapping[str, Rule]:
    """Every rule by its code."""
    return {rule.code: rule for rule in rules().values()}


def find(text: str) -> Rule | None:
    """The rule of that name, or of that code in any case."""
    return rules().get(text) or by_code().get(text.upper())
