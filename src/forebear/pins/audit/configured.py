"""Read .forebear-audit.yml: the settings, or every fault of the file at once."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar

from forebear.errors import Fault, InputError, Place
from forebear.lineage import grammar, patterns
from forebear.lineage.document import load
from forebear.lineage.spelling import did_you_mean
from forebear.lineage.values import kind, whole
from forebear.lineage.wrong import Wrong, shown
from forebear.pins.audit.model import Severity
from forebear.pins.audit.rules import by_code, find, rules
from forebear.pins.audit.settings import FILE, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from forebear.lineage.document import Places
    from forebear.lineage.model import Path

FORMAT: Final = 1
LIMIT: Final = 1 << 20
SCHEMA_ID: Final = "urn:forebear:audit:1"
_SEVERITIES: Final = [str(each) for each in Severity]
_THRESHOLDS: Final = [each for each in _SEVERITIES if each != Severity.OFF]
_KEYS: Final = {
    "audit": "The version of this format.",
    "rules": "The severity of rules, by name or code.",
    "registries": "Where images may come from: registries, and folders in them; else from everywhere.",
    "names": "Registries, folders and images that are meant as they are, however like others they look.",
    "exclude": "Patterns of paths that are not audited, relative to where the audit is started.",
    "fail-on": "The least severity that makes the audit fail; else warning.",
}
_LISTED: Final = {"type": "array", "items": {"type": "string", "pattern": patterns.REGISTRY}}
T = TypeVar("T")


def read(data: bytes, file: str = FILE) -> Settings:
    """The settings in `data`; messages call it `file`. Raises InputError with every fault."""
    if len(data) > LIMIT:
        raise InputError([Fault(Place(file), f"the file is larger than {LIMIT:,} bytes", f"is this a {FILE}?")])
    document = load(data, file)
    if not isinstance(document.data, dict):
        problem = f"this is {kind(document.data)}, and has to be a mapping"
        raise InputError([*document.faults, Fault(Place(file, 1, 1), problem, f"begin with audit: {FORMAT}")])
    reading = _Reading(document.data, document.places)
    settings = reading.settings()
    of_yaml = [fault for fault in document.faults if not _is_off(document.data, fault)]
    if faults := [*reading.faults, *_not_said_better(of_yaml, reading.faults)]:
        raise InputError(faults)
    return settings


def _is_off(data: Mapping[str, Any], fault: Fault) -> bool:
    """Whether YAML's doubt is about the word off, which is text here whatever its reader takes it for."""
    rule = fault.place.path.removeprefix("rules.")
    given = data.get("rules")
    return rule != fault.place.path and isinstance(given, dict) and given.get(rule) == Severity.OFF


def _not_said_better(of_yaml: list[Fault], others: list[Fault]) -> list[Fault]:
    told = {fault.place for fault in others}
    return [fault for fault in of_yaml if fault.place not in told]


class _Reading:
    """The keys of one file, and what is wrong with them."""

    def __init__(self, data: Mapping[str, Any], places: Places) -> None:
        self.data = data
        self.places = places
        self.faults: list[Fault] = []

    def settings(self) -> Settings:
        for key in self.data:
            if key not in _KEYS:
                hint = did_you_mean(key, _KEYS) or f"the keys here are {', '.join(_KEYS)}"
                self.faults.append(Fault(self.places.key((key,)), f"unknown key {shown(key)}", hint))
        self.check_format()
        return Settings(
            MappingProxyType(dict(self.severities())),
            self.listed("registries", grammar.registry),
            self.listed("names", grammar.registry),
            self.listed("exclude", grammar.line),
            self.value(("fail-on",), lambda value: _severity(value, _THRESHOLDS)) or Severity.WARNING,
        )

    def check_format(self) -> None:
        if "audit" not in self.data:
            where = self.places.key(())
            self.faults.append(Fault(where, "the key audit is missing", f"begin with audit: {FORMAT}"))
        elif whole(self.data["audit"]) != FORMAT:
            problem = f"this forebear reads format {FORMAT} of {FILE}"
            self.faults.append(Fault(self.places.value(("audit",)), problem, f"write audit: {FORMAT}"))

    def severities(self) -> Iterator[tuple[str, Severity]]:
        given = self.data.get("rules", {})
        if not isinstance(given, dict):
            self.wrong(("rules",), Wrong(f"this is {kind(given)}, and has to be a mapping", "write rule: severity"))
            return
        met: dict[str, str] = {}
        for name in given:
            rule = find(name)
            if rule is None:
                hint = did_you_mean(name, [*rules(), *by_code()]) or "see: forebear audit --rules"
                self.faults.append(Fault(self.places.key(("rules", name)), f"no rule is called {shown(name)}", hint))
            elif rule.name in met:
                problem = f"{name} is {met[rule.name]}, which is here already"
                self.faults.append(Fault(self.places.key(("rules", name)), problem, "keep one of them"))
            elif severity := self.value(("rules", name), lambda value: _severity(value, _SEVERITIES)):
                met[rule.name] = name
                yield rule.name, severity

    def listed(self, key: str, check: Callable[[str], str]) -> tuple[str, ...]:
        given = self.data.get(key, [])
        if not isinstance(given, list):
            self.wrong((key,), Wrong(f"this is {kind(given)}, and has to be a list", "write - and a text for each"))
            return ()
        each = (self.value((key, at), lambda value: check(_text(value))) for at in range(len(given)))
        return tuple(text for text in each if text is not None)

    def value(self, path: Path, check: Callable[[object], T]) -> T | None:
        """What is at a path, checked; None where nothing is there, or what is wrong."""
        found: Any = self.data
        for step in path:
            if isinstance(found, dict) and step not in found:
                return None
            found = found[step]
        try:
            return check(found)
        except Wrong as wrong:
            self.wrong(path, wrong)
            return None

    def wrong(self, path: Path, wrong: Wrong) -> None:
        self.faults.append(Fault(self.places.value(path), wrong.problem, wrong.action))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Wrong(f"this is {kind(value)}, and has to be text", "write it in quotes")
    return value


def _severity(value: object, allowed: list[str]) -> Severity:
    if value in allowed:
        return Severity(str(value))
    hint = did_you_mean(value, allowed) if isinstance(value, str) else ""
    said = shown(value) if isinstance(value, str) else kind(value)
    raise Wrong(f"{said} is no severity", hint or f"write {', '.join(allowed[:-1])} or {allowed[-1]}")


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the file."""
    names = [*rules(), *by_code()]
    shapes: dict[str, dict[str, Any]] = {
        "audit": {"const": FORMAT},
        "rules": {"type": "object", "propertyNames": {"enum": names}, "additionalProperties": {"enum": _SEVERITIES}},
        "registries": _LISTED,
        "names": _LISTED,
        "exclude": {"type": "array", "items": {"type": "string", "pattern": patterns.LINE}},
        "fail-on": {"enum": _THRESHOLDS},
    }
    properties = {key: {**shapes[key], "description": words} for key, words in _KEYS.items()}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_ID, "title": f"{FILE} of forebear"}
    return {**head, "type": "object", "properties": properties, "required": ["audit"], "additionalProperties": False}


def schema_text() -> str:
    """The JSON Schema as text."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
