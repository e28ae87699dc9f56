from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from forebear.errors import EngineError, EngineUnreachable
from forebear.lineage.graph import Family
from forebear.lineage.reader import read
from forebear.pins.lock import Lock, Pin
from forebear.pins.outdated import Standing, standings
from forebear.reference import Reference

FEDORA, JDK = Reference.parse("fedora:25"), Reference.parse("registry.example.org/jdk:17-slim")
YAML = """\
lineage: 1
project: firethorn
version: 2.1.7
constraints: {fedora: ">=25 <27"}
images:
  os: {from: "fedora:25"}
  java: {from: os, uses: {jdk: "registry.example.org/jdk:17-slim"}}
  other: {from: "registry.example.org/jdk:17-slim"}
"""


def digest(digit: str) -> str:
    return "sha256:" + digit * 64


@dataclass
class Registries:
    """What registries have, by reference; what is not to be reached."""

    there: dict[str, str] = field(default_factory=dict)
    listed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    away: frozenset[str] = frozenset()

    def digest(self, reference: Reference) -> str | None:
        if "digest" in self.away:
            raise EngineUnreachable("away")
        return reference.digest if str(reference) in self.there.values() else self.there.get(str(reference))

    def tags(self, repository: Reference) -> tuple[str, ...]:
        if "tags" in self.away:
            raise EngineUnreachable("no list")
        return self.listed.get(repository.name, ())


def ask(registries: Registries, *pins: Pin, yaml: str = YAML) -> tuple[Standing, ...]:
    family = Family(read(yaml.encode()))
    lock = Lock("firethorn", {pin.upstream: pin for pin in pins})
    return standings(family, lock, family.lineage.upstreams, registries, lambda _upstream: None)


def fedora(registries: Registries, *pins: Pin, yaml: str = YAML) -> Standing:
    return ask(registries, *pins, yaml=yaml)[0]


LOCKED = Pin(FEDORA, digest("1"))
SAME = {str(FEDORA): digest("1")}


def test_what_is_up_to_date() -> None:
    found = fedora(Registries(SAME, {FEDORA.name: ("24", "25", "rawhide")}), LOCKED)
    assert found == Standing(FEDORA, digest("1"), today=digest("1"), constraint=">=25 <27", rebuilds=("os", "java"))
    assert not found.outdated


def test_a_newer_tag_within_the_constraint_and_one_beyond() -> None:
    found = fedora(Registries(SAME, {FEDORA.name: ("26", "27", "43")}), LOCKED)
    assert (found.newest, found.beyond, found.outdated) == ("26", "43", True)


def test_one_beyond_the_constraint_alone_is_not_outdated() -> None:
    found = fedora(Registries(SAME, {FEDORA.name: ("43",)}), LOCKED)
    assert (found.newest, found.beyond, found.outdated) == (None, "43", False)


def test_without_a_constraint_the_newest_is_wanted() -> None:
    _, jdk = ask(Registries({str(JDK): digest("2")}, {JDK.name: ("18", "21-slim", "22-slim")}))
    assert (jdk.newest, jdk.beyond, jdk.constraint, jdk.rebuilds) == ("22-slim", None, None, ("java", "other"))


def test_a_tag_that_moved() -> None:
    old = str(FEDORA.untagged().with_digest(digest("1")))
    found = fedora(Registries({str(FEDORA): digest("2"), "old": old}), LOCKED)
    assert (found.moved, found.today, found.digest_deleted, found.outdated) == (True, digest("2"), False, True)


def test_a_tag_that_moved_and_left_nothing_behind() -> None:
    found = fedora(Registries({str(FEDORA): digest("2")}), LOCKED)
    assert (found.moved, found.digest_deleted) == (True, True)


def test_a_tag_that_was_deleted() -> None:
    old = str(FEDORA.untagged().with_digest(digest("1")))
    found = fedora(Registries({"old": old}, {FEDORA.name: ("26",)}), LOCKED)
    assert (found.tag_deleted, found.digest_deleted, found.moved, found.newest) == (True, False, False, "26")


def test_what_is_not_locked_is_not_moved() -> None:
    found = fedora(Registries(SAME))
    assert (found.locked, found.moved, found.outdated) == (None, False, False)


def test_what_only_the_engine_has() -> None:
    local = Pin(FEDORA, digest("9"), local=True)
    assert not fedora(Registries(), local).outdated
    found = fedora(Registries(SAME), local)
    assert (found.moved, found.digest_deleted) == (True, False)


def test_a_digest_in_the_declaration_counts() -> None:
    yaml = YAML.replace('"fedora:25"', f"fedora:25@{digest('3')}")
    found = fedora(Registries(SAME), yaml=yaml)
    assert (found.locked, found.moved, found.digest_deleted) == (digest("3"), True, True)


def test_an_upstream_without_a_tag_may_be_deleted() -> None:
    yaml = YAML.replace('"fedora:25"', f"fedora@{digest('3')}")
    found = fedora(Registries(), yaml=yaml)
    assert (found.today, found.tag_deleted, found.digest_deleted) == (None, False, True)
    assert not fedora(Registries({"x": f"docker.io/library/fedora@{digest('3')}"}), yaml=yaml).outdated


@pytest.mark.parametrize(("away", "problem"), [("digest", "away"), ("tags", "no list")])
def test_what_cannot_be_asked_is_told_with_what_is_known(away: str, problem: str) -> None:
    found = ask(Registries({str(FEDORA): digest("2")}, away=frozenset({away})), LOCKED)
    assert [[str(failure) for failure in each.failures] for each in found] == [[problem], [problem]]
    assert found[0].moved is (away == "tags")


def test_a_registry_that_is_away_is_not_waited_for_again() -> None:
    asked: list[str] = []

    class Away(Registries):
        def digest(self, reference: Reference) -> str | None:
            asked.append(reference.registry)
            raise EngineUnreachable("away")

    images = "".join(f"  i{n}: {{from: 'a.example/x:{n}'}}\n" for n in range(40))
    found = ask(Away(), yaml=f"lineage: 1\nproject: p\nversion: 1.0.0\nimages:\n{images}")
    assert {str(failure) for each in found for failure in each.failures} == {"away"}
    assert len(found) == 40
    assert 1 <= len(asked) <= 8


def test_a_defect_is_no_failure() -> None:
    class Broken(Registries):
        def tags(self, repository: Reference) -> tuple[str, ...]:
            raise KeyError("a defect")

    with pytest.raises(KeyError):
        ask(Broken())
    assert not issubclass(KeyError, EngineError)
