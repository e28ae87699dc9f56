"""Gates on what an image is: each kind passes where it should, and tells what is wrong where not."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest
from conftest import each_store

if TYPE_CHECKING:
    import docker
    from families import Family

INSTRUCTIONS = """\
RUN mkdir /srv && echo hello >/srv/index.html && chmod 0640 /srv/index.html && ln -s /srv/index.html /link \\
 && mkdir -p /etc && echo 'web:x:12:34::/:' >/etc/passwd && echo 'web:x:34:' >/etc/group \\
 && chown 12:34 /srv/index.html && printf 'ID=toy\\nVERSION_ID="3"\\n' >/etc/os-release
ENV LANG=C
LABEL kind=toy
EXPOSE 8080
ENTRYPOINT ["httpd", "-f", "-p", "8080", "-h", "/srv"]"""

KINDS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "file": (
        {"files": [{"path": "/link", "mode": "0640", "owner": "web:web", "content": "^hel", "text": "lo"}]},
        {"files": [{"path": "/link", "mode": "0644"}]},
        "/link has mode 0640, not 0644",
    ),
    "owner": (
        {"files": [{"path": "/srv/index.html", "owner": "12:34"}, {"path": "/none", "absent": True}]},
        {"files": [{"path": "/srv/index.html", "owner": "root"}]},
        "/srv/index.html belongs to 12:34, not root",
    ),
    "absent": ({"files": [{"path": "/srv"}]}, {"files": [{"path": "/none"}]}, "/none is not there"),
    "users": ({"users": ["web"]}, {"users": ["app"]}, "it knows no user app"),
    "user": ({"user": "root"}, {"user": "web"}, "its user is root, not web"),
    "env": ({"env": {"LANG": "C"}}, {"env": {"LANG": "D"}}, 'LANG is "C", not "D"'),
    "ports": ({"ports": [8080]}, {"ports": ["53/udp"]}, "port 53/udp is not exposed"),
    "labels": ({"labels": {"kind": "toy"}}, {"labels": {"kind": "x"}}, 'label kind is "toy", not "x"'),
    "entry": (
        {"entrypoint": ["httpd", "-f", "-p", "8080", "-h", "/srv"]},
        {"entrypoint": ["httpd"]},
        'the entry point is ["httpd", "-f", "-p", "8080", "-h", "/srv"], not ["httpd"]',
    ),
    "size": ({"max_size": "100 MB"}, {"max_size": "1 kB"}, "bytes, more than 1000"),
    "http": (
        {"http": {"port": 8080, "path": "/index.html", "text": "hello"}},
        {"http": {"port": 8080, "path": "/none"}, "timeout": 1},
        "GET /none gave status 404, not 200",
    ),
    "silence": ({"run": "true"}, {"http": {"port": 81}, "timeout": 1}, "port 81 did not answer within 1 s"),
    "timeout": ({"run": "true", "timeout": 5}, {"run": "sleep 30", "timeout": 1}, "did not end within 1 s"),
}


@pytest.fixture
def family(family: Family) -> Family:
    family.labels = {"project": family.project}
    return family


def left(client: docker.APIClient, family: Family) -> list[object]:
    return list(client.containers(all=True, filters={"label": f"project={family.project}"}))


@each_store
def test_every_kind_passes_and_fails(family: Family, busybox_base: str, client: docker.APIClient) -> None:
    good = [{"name": name, **passes} for name, (passes, _, _) in KINDS.items()]
    bad = [{"name": name, **fails} for name, (_, fails, _) in KINDS.items()]
    family.add("a", busybox_base, INSTRUCTIONS, tests=good)
    family.add("b", "a", "ENV B=1", requires={"os": "toy:3", "user": "root", "env": {"LANG": "C"}, "files": ["/srv"]})
    family.lock()
    assert family.build() == {"a": "built", "b": "built"}
    family.add("a", busybox_base, INSTRUCTIONS, tests=bad)
    ran = family.forebear("test", "--format", "junit", code=3)
    cases = {case.get("name"): case.find("failure") for case in ElementTree.fromstring(ran.out).iter("testcase")}
    for name, (_, _, told) in KINDS.items():
        failure = cases[name]
        assert failure is not None
        assert told in str(failure.get("message"))
    family.add("b", "a", "ENV B=2", requires={"os": "toy:4", "packages": ["no-such"]})
    family.add("a", busybox_base, INSTRUCTIONS, tests=good)
    ran = family.forebear("build", code=3)
    assert any(
        "parent a:1.0.0 is not what b requires: its OS is toy:3, not toy:4; package no-such is not installed" in line
        for line in ran.lines
    )
    assert not left(client, family)


@each_store
def test_what_a_killed_run_left_is_swept(family: Family, busybox_base: str, client: docker.APIClient) -> None:
    family.add("a", busybox_base, "ENV A=1", tests=[{"name": "long", "run": "sleep 50"}])
    family.lock()
    process = family.start("build", "-v")
    assert process.stderr is not None
    while not left(client, family):
        assert process.poll() is None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert left(client, family)
    family.add("a", busybox_base, "ENV A=1", tests=[{"name": "short", "run": "true"}])
    family.build()
    assert not left(client, family)
