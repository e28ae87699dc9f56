"""Gates: what does not pass gets no tag, and nobody is built on it."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest
from conftest import each_store
from engines import tags
from families import Family, ended, identity

if TYPE_CHECKING:
    import docker

GATES: dict[str, tuple[dict[str, Any], str]] = {
    "status": ({"run": ["test", "-e", "/missing"]}, 'gate "it": exit code 1, not 0'),
    "another-status": ({"run": ["true"], "exit": 3}, 'gate "it": exit code 0, not 3'),
    "output": ({"run": "echo some words", "output": "^other"}, 'gate "it": its output does not match '),
    "command": ({"run": ["no-such-command"]}, "no-such-command"),
    "network": ({"run": "ifconfig eth0"}, 'gate "it": exit code 1, not 0'),
}
"""By the name of the image that has it: a gate that does not pass, and what is told of it."""


def containers(client: docker.APIClient, family: Family) -> list[object]:
    """The containers of the family's images."""
    return list(client.containers(all=True, filters={"label": f"project={family.project}"}))


@pytest.fixture
def family(family: Family) -> Family:
    """A project without images, whose containers can be told from all others."""
    family.labels = {"project": family.project}
    return family


@each_store
def test_what_does_not_pass_gets_no_tag_and_no_children(
    family: Family, busybox_base: str, client: docker.APIClient
) -> None:
    for name in GATES:
        family.add(name, busybox_base, "ENV A=1")
    family.add("child", "status", "ENV B=1")
    family.lock()
    family.build()
    was = {name: identity(client, family.tag(name)) for name in family.images}
    for name, (gate, _) in GATES.items():
        family.add(name, busybox_base, "ENV A=2", tests=[{"name": "it", **gate}])
    ran = family.forebear("build", code=3)
    for name, (_, told) in GATES.items():
        (line,) = (line for line in ran.lines if line.startswith(f"failed   {name} 1.0.0: "))
        assert told in line
    assert "skipped  child 1.0.0: status failed" in ran.lines
    assert {name: identity(client, family.tag(name)) for name in family.images} == was
    assert tags(client, family.project) == sorted(map(family.tag, family.images))
    assert not containers(client, family)
    family.add("status", busybox_base, "ENV A=2")
    assert family.build("+child") == {"status": "built", "child": "built"}


@each_store
def test_what_passes_all_gates_gets_its_tag(family: Family, busybox_base: str, client: docker.APIClient) -> None:
    gates = [
        {"name": "a file", "run": ["test", "-e", "/a"]},
        {"name": "words", "run": "echo some words >&2", "output": "^some w"},
        {"name": "a failure", "run": "exit 3", "exit": 3},
    ]
    family.add("a", busybox_base, "RUN touch /a", tests=gates)
    family.lock()
    assert family.build() == {"a": "built"}
    log = (family.root / ".forebear/logs/a.log").read_text()
    assert "gate words: /bin/sh -c echo some words >&2\n  some words\n" in log
    assert not containers(client, family)


@each_store
def test_every_gate_that_fails_is_told(family: Family, busybox_base: str) -> None:
    gates = [{"name": name, "run": "false"} for name in ("one", "two")]
    family.add("a", busybox_base, "ENV A=1", tests=gates)
    family.lock()
    ran = family.forebear("build", code=3)
    assert 'gate "one": exit code 1, not 0; gate "two": exit code 1, not 0' in ran.lines[0]


def test_a_signal_ends_a_gate(family: Family, busybox_base: str, client: docker.APIClient) -> None:
    family.add("a", busybox_base, "ENV A=1", tests=[{"name": "long", "run": "echo begun; sleep 50"}])
    family.lock()
    process = family.start("build", "-v")
    assert process.stderr is not None
    for line in process.stderr:
        if "gate long" in line:
            break
    process.send_signal(signal.SIGINT)
    ended(process, 130, seconds=10)
    assert tags(client, family.project) == []
    assert not containers(client, family)
