"""For each rule a file in which it finds something, and one like it in which it finds nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from forebear.pins.audit.judge import Judge
from forebear.pins.audit.kinds import kind_of, reader
from forebear.pins.audit.rules import rules
from forebear.pins.audit.settings import Settings
from forebear.pins.audit.settle import settle

ONE, TWO = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"
KEY: Final = "AKIA" + "IOSFODNN7EXAMPLE"
RULES: Final = {
    "no-tag": ("FROM fedora", f"FROM fedora:25@{ONE}"),
    "latest": ("FROM fedora:latest", f"FROM fedora:latest@{ONE}"),
    "moving-tag": ("FROM fedora:25", "FROM fedora:25.1.2"),
    "no-digest": ("FROM fedora:25.1.2", f"FROM fedora:25.1.2@{ONE}"),
    "digest-without-tag": (f"FROM fedora@{ONE}", f"FROM fedora:25@{ONE}"),
    "unresolvable-arg": ("ARG B\nFROM $B", f"ARG B=fedora:25@{ONE}\nFROM $B"),
    "floating-arg": ("ARG B=25\nFROM fedora:$B", f"ARG B=25@{ONE}\nFROM fedora:$B"),
    "no-reference": ("FROM Fedora:25", "FROM fedora:25"),
    "not-allowed": (f"FROM quay.io/x:1@{ONE}", f"FROM fedora:25@{ONE}"),
    "look-alike": (f"FROM docker.io/libary/fedora:25@{ONE}", f"FROM docker.io/library/fedora:25@{ONE}"),
    "unpinned-apt": ("FROM scratch\nRUN apt-get install -y curl", "FROM scratch\nRUN apt-get install -y curl=8.1-1"),
    "unpinned-dnf": ("FROM scratch\nRUN dnf -y install curl", "FROM scratch\nRUN dnf -y install curl-8.1-1.fc40"),
    "unpinned-apk": ("FROM scratch\nRUN apk add curl", "FROM scratch\nRUN apk add curl=8.1-r0"),
    "unpinned-pip": ("FROM scratch\nRUN pip install flask", "FROM scratch\nRUN pip install flask==3.0.0"),
    "unpinned-npm": ("FROM scratch\nRUN npm install -g yarn", "FROM scratch\nRUN npm install -g yarn@1.22.22"),
    "no-checksum": ("FROM scratch\nADD https://a.b/c /", f"FROM scratch\nADD --checksum={ONE} https://a.b/c /"),
    "floating-syntax": ("# syntax=d/f:1\nFROM scratch", f"# syntax=d/f:1@{ONE}\nFROM scratch"),
    "secret-name": ("FROM scratch\nENV DB_PASSWORD=hunter", "FROM scratch\nENV DB_PASSWORD_FILE=/run/secrets/db"),
    "secret-value": (f"FROM scratch\nENV ID={KEY}", "FROM scratch\nENV ID=AKIA"),
    "skew": (f"FROM fedora:25@{ONE}\nFROM fedora:25@{TWO}", f"FROM fedora:25@{ONE}\nFROM fedora:26@{TWO}"),
    "refused": ("FROM scratch\nFRMO x", "FROM scratch\nRUN x"),
    "malformed": ("FROM scratch\0", "FROM scratch"),
    "not-utf-8": ("FROM scratch\n# \udcff", "FROM scratch\n# é"),
    "bad-suppression": ("# forebear: ignore=no-tag\nFROM x", "# forebear: ignore=no-tag because x\nFROM x"),
    "needless-suppression": (
        "# forebear: ignore=no-tag because x\nFROM scratch",
        "# forebear: ignore=no-tag because x\nFROM fedora",
    ),
}  # fmt: skip
OTHERS: Final = {
    "chart-tag": ("values.yaml", "image: {repository: nginx}", "image: {repository: nginx, tag: 1.27.4}"),
}
ELSEWHERE: Final = {
    "link-loop": "pins/audit/test_tree.py",
    "older-than-parent": "release/test_audit.py",
    "version-back": "release/test_audit.py",
    "drift": "release/test_audit.py",
    "not-locked": "release/test_audit.py",
    "wrong-parent": "release/test_audit.py",
    "stale": "release/test_audit.py",
    "pom-version": "release/test_audit.py",
    "unreadable": "pins/audit/test_tree.py",
    "needless-baseline": "pins/audit/test_baseline.py",
}
"""What takes more than one file of a tree, and where it is tried."""


def found(path: str, text: str) -> set[str]:
    """The rules that find something in a file, where images come from the Docker Hub."""
    data = text.encode("utf-8", "surrogateescape")
    kind = kind_of(path, data)
    assert kind is not None
    judge = Judge(Settings(registries=("docker.io",)))
    return {each.rule.name for each in settle([judge.judge(path, data, reader(kind)(data, path))], judge).findings}


def test_every_rule_is_tried() -> None:
    assert {*RULES, *OTHERS, *ELSEWHERE} == set(rules())
    unit = Path(__file__).parents[2]
    assert [name for name, file in ELSEWHERE.items() if name not in (unit / file).read_text("utf-8")] == []


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_of_dockerfiles(rule: str) -> None:
    bad, good = RULES[rule]
    assert rule in found("Dockerfile", f"{bad}\n")
    assert rule not in found("Dockerfile", f"{good}\n")


@pytest.mark.parametrize("rule", OTHERS)
def test_a_rule_of_other_files(rule: str) -> None:
    path, bad, good = OTHERS[rule]
    assert rule in found(path, bad)
    assert rule not in found(path, good)
