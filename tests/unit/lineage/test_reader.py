from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.errors import InputError, Place
from forebear.lineage.constraints import Comparator, Constraint
from forebear.lineage.gate import Gate
from forebear.lineage.model import DEFAULT_EPOCH, Base, Image, Lineage, Moving
from forebear.lineage.reader import read
from forebear.reference import Reference

from .texts import TOP, families, lineage, said, said_of

FULL = """\
lineage: 1
project: firethorn
version: 2.1.7
registry: registry.example.org:5000/team
source: https://git.example.org/firethorn
platforms: [linux/amd64, linux/arm64/v8]
epoch: 2026-11-24T01:00:00+01:00
images:
  fedora:
    from: docker.io/library/fedora:25
  tomcat:
    from: fedora
    version: 8.0.41-rc.1
    uses:
      make: maven:3.9
      copy: fedora
    template: templates/java/tomcat.j2
    context: ./images/servers/tomcat/
    vars:
      tomcat: 8.0.41
      ports: [8080, 8443]
      deep: {down: [{er: true}]}
    args: {ZONE: b, JVM: 8, EMPTY: ""}
    labels: {org.example.team: web, a.b/c: 1.5}
    target: Final
    platforms: [linux/amd64]
    epoch: 1700000000
    tests:
      - {name: serves, run: curl -f localhost, exit: 0, output: "<h1>.*</h1>"}
      - {name: fails, run: [/bin/test, 1], exit: 1}
tags: [minor, latest]
keep: 5
mirrors: {quay.io: "localhost:5000/quay", docker.io: mirror.example.org}
constraints: {maven: "^3.9", fedora: ">=25 <27"}
"""


def test_the_chain_of_the_design() -> None:
    found = read(
        b"""\
lineage: 1                         # version of this format
project: firethorn                 # images are named firethorn/<name>
version: 2.1.7                     # SemVer; the family's release
registry: registry.example.org     # optional: where publish pushes; every reference then begins with it
platforms: [linux/amd64]           # optional; else the engine's own
epoch: 2026-11-24T00:00:00Z        # optional; the time that the images' files and history carry

images:
  fedora:
    from: docker.io/library/fedora:25   # with a tag: an upstream, digest in lineage.lock
  tomcat:
    from: fedora                        # a bare name: an image of this file, at its version
    vars: {tomcat: 8.0.41}
  webapp:
    from: tomcat
"""
    )
    assert [str(image.reference) for image in found.images.values()] == [
        "registry.example.org/firethorn/fedora:2.1.7",
        "registry.example.org/firethorn/tomcat:2.1.7",
        "registry.example.org/firethorn/webapp:2.1.7",
    ]
    assert [image.base for image in found.images.values()] == [
        Base(upstream=Reference("docker.io", "library/fedora", "25")),
        Base(image="fedora"),
        Base(image="tomcat"),
    ]
    assert found.images["tomcat"].vars == {"tomcat": "8.0.41"}
    assert {image.epoch for image in found.images.values()} == {1795478400}


def test_everything_that_an_image_can_say() -> None:
    found = read(FULL.encode(), "other.yml")
    fedora = Reference("docker.io", "library/fedora", "25")
    maven = Reference("docker.io", "library/maven", "3.9")
    assert found == Lineage(
        project="firethorn",
        version="2.1.7",
        registry="registry.example.org:5000/team",
        source="https://git.example.org/firethorn",
        file="other.yml",
        tags=(Moving.MINOR, Moving.LATEST),
        keep=5,
        mirrors=(("docker.io", "mirror.example.org"), ("quay.io", "localhost:5000/quay")),
        constraints=(
            ("maven", Constraint("^3.9", (Comparator("^", (3, 9)),))),
            ("fedora", Constraint(">=25 <27", (Comparator(">=", (25,)), Comparator("<", (27,))))),
        ),
        images=MappingProxyType(
            {
                "fedora": Image(
                    name="fedora",
                    version="2.1.7",
                    base=Base(upstream=fedora),
                    uses=(),
                    reference=Reference("registry.example.org:5000", "team/firethorn/fedora", "2.1.7"),
                    template="fedora.Dockerfile.j2",
                    context="images/fedora",
                    vars=MappingProxyType({}),
                    args=(),
                    labels=(),
                    target=None,
                    platforms=("linux/amd64", "linux/arm64/v8"),
                    epoch=1795478400,
                    tests=(),
                ),
                "tomcat": Image(
                    name="tomcat",
                    version="8.0.41-rc.1",
                    base=Base(image="fedora"),
                    uses=(("copy", Base(image="fedora")), ("make", Base(upstream=maven))),
                    reference=Reference("registry.example.org:5000", "team/firethorn/tomcat", "8.0.41-rc.1"),
                    template="java/tomcat.j2",
                    context="images/servers/tomcat",
                    vars=MappingProxyType(
                        {
                            "tomcat": "8.0.41",
                            "ports": (8080, 8443),
                            "deep": MappingProxyType({"down": (MappingProxyType({"er": True}),)}),
                        }
                    ),
                    args=(("EMPTY", ""), ("JVM", "8"), ("ZONE", "b")),
                    labels=(("a.b/c", "1.5"), ("org.example.team", "web")),
                    target="Final",
                    platforms=("linux/amd64",),
                    epoch=1700000000,
                    tests=(
                        Gate("serves", ("/bin/sh", "-c", "curl -f localhost"), 0, "<h1>.*</h1>"),
                        Gate("fails", ("/bin/test", "1"), 1, None),
                    ),
                ),
            }
        ),
    )
    assert found.upstreams == (fedora, maven)
    assert found.images["tomcat"].parents == ("fedora",)
    assert found.images["tomcat"].upstreams == (maven,)
    assert [str(base) for base in found.images["tomcat"].bases] == ["fedora", "fedora", "maven:3.9"]


def test_the_least_that_a_lineage_can_say() -> None:
    found = lineage("  base: {from: scratch}\n")
    image = found.images["base"]
    assert (found.registry, found.source, found.upstreams) == (None, None, ())
    assert (found.tags, found.keep) == ((), 3)
    assert (image.base.is_scratch, str(image.base), image.bases) == (True, "scratch", (Base(),))
    assert str(image.reference) == "docker.io/firethorn/base:2.1.7"
    assert image.reference.familiar == "firethorn/base:2.1.7"
    assert (image.platforms, image.epoch, image.target) == ((), DEFAULT_EPOCH, None)
    assert read(f"{TOP}images: {{}}\n".encode()).images == {}


def test_nothing_of_a_lineage_can_be_changed() -> None:
    found = read(FULL.encode())
    tomcat = found.images["tomcat"]
    with pytest.raises(TypeError):
        found.images["x"] = tomcat  # type: ignore[index]
    for mapping in (tomcat.vars, found.images["fedora"].vars, tomcat.vars["deep"]):
        with pytest.raises(TypeError):
            mapping["x"] = 1  # type: ignore[index]
    with pytest.raises(AttributeError):
        tomcat.version = "1.0.0"  # type: ignore[misc]
    assert hash(tomcat) == hash(read(FULL.encode()).images["tomcat"])


@pytest.mark.parametrize(
    ("key", "place"),
    [
        ("from", Place("lineage.yml", 12, 11, "images.tomcat.from")),
        ("vars.tomcat", Place("lineage.yml", 20, 15, "images.tomcat.vars.tomcat")),
        ("vars", Place("lineage.yml", 19, 5, "images.tomcat.vars")),
        ("uses.make", Place("lineage.yml", 15, 13, "images.tomcat.uses.make")),
        ("vars.absent", Place("lineage.yml", 19, 5, "images.tomcat.vars.absent")),
        ("absent", Place("lineage.yml", 11, 3, "images.tomcat.absent")),
    ],
)
def test_where_things_are(key: str, place: Place) -> None:
    tomcat = read(FULL.encode()).images["tomcat"]
    assert tomcat.place_of(key) == place
    assert tomcat.place == Place("lineage.yml", 11, 3, "images.tomcat")


def test_a_lineage_that_was_not_read_has_places_too() -> None:
    image = Image("a", "1.0.0", Base(), (), Reference("docker.io", "p/a", "1.0.0"), "a.j2", "images/a",
                  {}, (), (), None, (), 1, ())  # fmt: skip
    assert str(image.place_of("vars.x")) == "lineage.yml: images.a.vars.x"


# What is not a lineage at all


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "lineage.yml: the file is empty; begin with lineage: 1, or run: forebear init"),
        (b"# later\n", "lineage.yml: the file is empty; begin with lineage: 1, or run: forebear init"),
        (b"fedora", "lineage.yml:1:1: this is text, and has to be a mapping; begin with lineage: 1"),
        (b"- fedora\n", "lineage.yml:1:1: this is a list, and has to be a mapping; begin with lineage: 1"),
        (b"3", "lineage.yml:1:1: this is a number, and has to be a mapping; begin with lineage: 1"),
        (b"lineage: 1\nproject: fire\xffthorn\n", "lineage.yml:2:14: byte 0xff is not UTF-8; save it as UTF-8"),
        (
            b"lineage: 1\nimages:\n\tfedora:\n",
            "lineage.yml:3:1: a tab, which YAML does not allow for indentation; use spaces",
        ),
        (b"x" * 100_000_000, "lineage.yml: the file is larger than 8 MiB; is this a lineage.yml?"),
    ],
)
def test_what_is_no_lineage(data: bytes, message: str) -> None:
    assert said(data) == [message]


def test_an_alias_bomb() -> None:
    lines = ["images:", "  a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert said("\n".join(lines)) == [
        "lineage.yml:7:47: images.a5[7]: more than 1000000 values, with what aliases repeat; make it smaller"
    ]


# One fault each


@pytest.mark.parametrize(
    ("top", "message"),
    [
        (
            "lineage: 2\nproject: p\nversion: 1.0.0\n",
            "lineage.yml:1:10: lineage: this forebear reads format 1 of lineage.yml; write lineage: 1",
        ),
        (
            "project: p\nversion: 1.0.0\n",
            "lineage.yml:1:1: the key lineage is missing; begin with lineage: 1",
        ),
        (
            "lineage: 1\nversion: 1.0.0\n",
            "lineage.yml:1:1: the key project is missing; write project: and the name that the images share",
        ),
        (
            "lineage: 1\nproject: p\n",
            "lineage.yml:1:1: the key version is missing; write version: and the family's release, for example 0.1.0",
        ),
        (
            "lineage: 1\nproject: Fire Thorn\nversion: 1.0.0\n",
            'lineage.yml:2:10: project: "Fire Thorn" is not a project name;'
            " use lower-case letters and digits, joined by - or _",
        ),
        (
            "lineage: 1\nproject: localhost\nversion: 1.0.0\n",
            'lineage.yml:2:10: project: "localhost" is not a project name;'
            " use lower-case letters and digits, joined by - or _",
        ),
        (
            "lineage: 1\nproject: 5\nversion: 1.0.0\n",
            'lineage.yml:2:10: project: this is a number, and has to be text; write "5"',
        ),
        (
            "lineage: 1\nproject: p\nversion: 2.1\n",
            "lineage.yml:3:10: version: 2.1 is not SemVer, which has three numbers; write 2.1.0",
        ),
        (
            "lineage: 1\nproject: p\nversion: 2.10\n",
            "lineage.yml:3:10: version: 2.10 is not SemVer, which has three numbers; write 2.10.0",
        ),
        (
            "lineage: 1\nproject: p\nversion: v2.1.7\n",
            "lineage.yml:3:10: version: v2.1.7 is not SemVer: it begins with v; write 2.1.7",
        ),
        (
            "lineage: 1\nproject: p\nversion: 2.1.7+x\n",
            "lineage.yml:3:10: version: 2.1.7+x has a build part, and a tag cannot hold +; write 2.1.7",
        ),
        (
            "lineage: 1\nproject: p\nversion:\n",
            "lineage.yml:3:9: version: this is nothing, and has to be text; write text",
        ),
        (
            f"{TOP}registry: https://registry.example.org\n",
            'lineage.yml:4:11: registry: "https://registry.example.org" is not a registry; write registry.example.org',
        ),
        (
            f"{TOP}registry: team\n",
            'lineage.yml:4:11: registry: "team" is not a registry; write host, host:port or host/folder',
        ),
        (
            f"{TOP}source: git@example.org:x\n",
            'lineage.yml:4:9: source: "git@example.org:x" is not a URL; write https://…',
        ),
        (
            f"{TOP}tags: [newest]\n",
            "lineage.yml:4:8: tags[0]: this is not a tag that can move; write minor, major, latest, or some of them",
        ),
        (
            f"{TOP}tags: [major, major]\n",
            "lineage.yml:4:1: tags: major is here more than once; keep one of them",
        ),
        (
            f"{TOP}tags: latest\n",
            "lineage.yml:4:7: tags: this is text, and has to be a list; write a list, or remove the key",
        ),
        (f"{TOP}keep: 0\n", "lineage.yml:4:7: keep: this is not a number of releases; write a whole number from 1"),
        (f"{TOP}keep: all\n", "lineage.yml:4:7: keep: this is not a number of releases; write a whole number from 1"),
        (
            f"{TOP}platforms: [linux]\n",
            'lineage.yml:4:13: platforms[0]: "linux" is not a platform; write os/architecture, for example linux/amd64',
        ),
        (
            f"{TOP}platforms: linux/amd64\n",
            "lineage.yml:4:12: platforms: this is text, and has to be a list; write a list, or remove the key",
        ),
        (
            f"{TOP}platforms: []\n",
            "lineage.yml:4:1: platforms: this list is empty; remove the key, or write what belongs there",
        ),
        (
            f"{TOP}platforms: [linux/amd64, a/b, linux/amd64]\n",
            "lineage.yml:4:1: platforms: linux/amd64 is here more than once; keep one of them",
        ),
        (
            f"{TOP}epoch: yesterday\n",
            'lineage.yml:4:8: epoch: "yesterday" is not a time with date, hour, minute, second and zone;'
            " write it as 2026-11-24T00:00:00Z",
        ),
        (
            f"{TOP}epoch: 2026-11-24T00:00:00\n",
            'lineage.yml:4:8: epoch: "2026-11-24T00:00:00" is not a time with date, hour, minute, second and'
            " zone; write it as 2026-11-24T00:00:00Z",
        ),
        (
            f"{TOP}epoch: 2026-02-30T00:00:00Z\n",
            'lineage.yml:4:8: epoch: "2026-02-30T00:00:00Z" is not a time: day is out of range for month;'
            " write it as 2026-11-24T00:00:00Z",
        ),
        (
            f"{TOP}epoch: 0\n",
            "lineage.yml:4:8: epoch: 0 is not a number of seconds from 1 to 253402300799; write another number",
        ),
        (
            f"{TOP}epoch: 1969-12-31T23:59:59Z\n",
            "lineage.yml:4:8: epoch: 1969-12-31T23:59:59Z is not between 1970-01-01T00:00:01Z and the year 9999;"
            " write another time",
        ),
        (
            f"{TOP}epoch: true\n",
            "lineage.yml:4:8: epoch: this is true or false, and has to be a time; write it as 2026-11-24T00:00:00Z",
        ),
        (
            f"{TOP}plattforms: [linux/amd64]\n",
            "lineage.yml:4:1: plattforms: unknown key plattforms; did you mean platforms?",
        ),
        (
            f"{TOP}secrets: {{a: {{env: A, file: a}}}}\n",
            "lineage.yml:4:11: secrets.a: a secret comes from one place;"
            " write env: and a variable, or file: and a path",
        ),
        (
            f"{TOP}secrets: {{a: {{}}}}\n",
            "lineage.yml:4:11: secrets.a: a secret comes from one place;"
            " write env: and a variable, or file: and a path",
        ),
        (
            f"{TOP}secrets: {{a: {{env: 'A B'}}}}\n",
            'lineage.yml:4:20: secrets.a.env: "A B" is not a name of a variable; use letters, digits and _',
        ),
        (
            f"{TOP}secrets: {{'a b': {{env: A}}}}\n",
            'lineage.yml:4:11: secrets.a b: "a b" is not a name of a secret; use letters, digits, -, _ and .',
        ),
        (
            f"{TOP}secrets: {{a: {{evn: A}}}}\n",
            "lineage.yml:4:15: secrets.a.evn: unknown key evn; did you mean env?",
        ),
        (
            f"{TOP}mirrors: {{docker.io: docker.io}}\n",
            "lineage.yml:4:22: mirrors.docker.io: docker.io is no mirror of itself; remove it",
        ),
        (
            f"{TOP}mirrors: {{index.docker.io: a.example}}\n",
            "lineage.yml:4:11: mirrors.index.docker.io: index.docker.io is docker.io under another name;"
            " write docker.io",
        ),
        (
            f"{TOP}mirrors: {{docker.io/library: a.example}}\n",
            'lineage.yml:4:11: mirrors.docker.io/library: "docker.io/library" is not the name of a registry;'
            " write host or host:port, for example docker.io",
        ),
        (
            f"{TOP}mirrors: {{docker.io: https://a.example}}\n",
            'lineage.yml:4:22: mirrors.docker.io: "https://a.example" is not a registry; write a.example',
        ),
        (
            f"{TOP}constraints: {{fedora: newest}}\n",
            'lineage.yml:4:23: constraints.fedora: "newest" is not a constraint on versions;'
            ' write it as ">=25 <27", "~1.2" or "^8"',
        ),
        (
            f"{TOP}constraints: {{fedora: 25}}\n",
            'lineage.yml:4:23: constraints.fedora: this is a number, and has to be text; write "25"',
        ),
        (
            f"{TOP}constraints: {{fedora: '25'}}\n",
            "lineage.yml:4:15: constraints.fedora: fedora is no upstream of this file; the upstreams are none",
        ),
        (
            f"{TOP}quux: 1\n",
            "lineage.yml:4:1: quux: unknown key quux; the keys here are"
            " lineage, project, version, registry, source, platforms, epoch, tags, keep,"
            " secrets, mirrors, constraints, images",
        ),
    ],
)
def test_what_is_wrong_about_the_family(top: str, message: str) -> None:
    assert said(f"{top}images: {{base: {{from: scratch}}}}\n") == [message]


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ("", "lineage.yml:4:8: images: this is nothing, and has to be a mapping; write a mapping, or remove the key"),
        (
            "  - fedora\n",
            "lineage.yml:4:1: images: this is a list, and has to be a mapping; write a mapping, or remove the key",
        ),
        (
            "  Fedora: {from: scratch}\n",
            'lineage.yml:5:3: images.Fedora: "Fedora" is not an image name;'
            " use lower-case letters and digits, joined by -, _ or .",
        ),
        (
            "  scratch: {from: 'fedora:25'}\n",
            "lineage.yml:5:3: images.scratch: scratch is the empty base, and no image can be called so;"
            " choose another name",
        ),
        ("  8: {from: scratch}\n", 'lineage.yml:5:3: images.8: the key 8 is not text; write "8"'),
        (
            "  base:\n",
            "lineage.yml:5:8: images.base: this is nothing, and has to be a mapping;"
            " write a mapping, or remove the key",
        ),
        (
            "  base: {}\n",
            "lineage.yml:5:3: images.base: the key from is missing;"
            " write from: and an image of this file, an upstream with its tag, or scratch",
        ),
        (
            "  base: {form: scratch}\n",
            "lineage.yml:5:10: images.base.form: unknown key form; did you mean from?",
        ),
        (
            "  base: {from: scratch, form: x}\n",
            "lineage.yml:5:25: images.base.form: unknown key form; did you mean from?",
        ),
        (
            "  base: {from: scratch}\n  base: {from: 'fedora:25'}\n",
            "lineage.yml:6:3: images.base: the key base is here a second time, after line 5; keep one of them",
        ),
        (
            "  base: {from: 25}\n",
            'lineage.yml:5:16: images.base.from: this is a number, and has to be text; write "25"',
        ),
        (
            "  webapp: {from: fedora}\n",
            "lineage.yml:5:18: images.webapp.from: no image is called fedora;"
            " if an upstream is meant, write docker.io/library/fedora:TAG",
        ),
        (
            "  base: {from: 'fedora:latest'}\n",
            "lineage.yml:5:16: images.base.from: the upstream fedora:latest is floating: its tag latest moves;"
            " write docker.io/library/fedora:TAG with the tag of a release",
        ),
        (
            "  base: {from: docker.io/library/fedora}\n",
            "lineage.yml:5:16: images.base.from: the upstream docker.io/library/fedora has no tag;"
            " write docker.io/library/fedora:TAG with the tag of a release",
        ),
        (
            "  base: {from: 'Fedora:25'}\n",
            'lineage.yml:5:16: images.base.from: "Fedora" has upper-case letters; write fedora',
        ),
        (
            "  base: {from: 'fedora:2 5'}\n",
            "lineage.yml:5:16: images.base.from: 'fedora:2 5' holds white space or a control character;"
            " write registry/repository:tag@digest",
        ),
        (
            f"  base: {{from: {'x' * 2000}/x}}\n",
            f'lineage.yml:5:16: images.base.from: "{"x" * 79}…" is too long for a reference;'
            " write registry/repository:tag",
        ),
        (
            "  base: {from: 'firethorn/base:2.1.7'}\n",
            "lineage.yml:5:16: images.base.from: firethorn/base:2.1.7 is an image of this file, not an upstream;"
            " write base",
        ),
        (
            "  fedora: {from: fedora}\n",
            "lineage.yml:5:18: images.fedora.from: fedora starts from itself;"
            " if an upstream is meant, write docker.io/library/fedora:TAG",
        ),
        (
            "  base: {from: scratch, uses: {self: base}}\n",
            "lineage.yml:5:38: images.base.uses.self: base copies from itself;"
            " if an upstream is meant, write docker.io/library/base:TAG",
        ),
        (
            "  a: {from: c}\n  b: {from: a}\n  c: {from: b}\n",
            "lineage.yml:5:13: images.a.from: these images are built on each other: a -> c -> b -> a;"
            " let one of them start from something else",
        ),
        (
            "  a: {from: scratch, uses: {x: b}}\n  b: {from: a}\n",
            "lineage.yml:5:32: images.a.uses.x: these images are built on each other: a -> b -> a;"
            " let one of them start from something else",
        ),
        (
            "  a: {from: scratch, uses: {x: scratch}}\n",
            "lineage.yml:5:32: images.a.uses.x: scratch is empty: there is nothing to copy from it; remove it",
        ),
        (
            "  a: {from: scratch, uses: {Build: 'maven:3'}}\n",
            'lineage.yml:5:29: images.a.uses.Build: "Build" is not a stage name;'
            " use a lower-case letter, then letters, digits, -, _ or .",
        ),
        (
            "  a: {from: scratch, uses: [maven]}\n",
            "lineage.yml:5:22: images.a.uses: this is a list, and has to be a mapping;"
            " write a mapping, or remove the key",
        ),
        (
            "  a: {from: scratch, version: v1.0.0}\n",
            "lineage.yml:5:31: images.a.version: v1.0.0 is not SemVer: it begins with v; write 1.0.0",
        ),
        (
            "  a: {from: scratch, template: a.j2}\n",
            'lineage.yml:5:32: images.a.template: "a.j2" is not a file in templates/;'
            " write a path as templates/NAME.Dockerfile.j2",
        ),
        (
            "  a: {from: scratch, template: /etc/passwd}\n",
            'lineage.yml:5:32: images.a.template: "/etc/passwd" is an absolute path;'
            " write one that is relative to lineage.yml, as templates/NAME.Dockerfile.j2",
        ),
        (
            "  a: {from: scratch, template: templates/../../x}\n",
            'lineage.yml:5:32: images.a.template: "templates/../../x" leads up, and might leave the project;'
            " write a path without .., as templates/NAME.Dockerfile.j2",
        ),
        (
            "  a: {from: scratch, template: templates/forebear/x}\n",
            'lineage.yml:5:32: images.a.template: "templates/forebear/x" is not a file in templates/;'
            " write a path as templates/NAME.Dockerfile.j2",
        ),
        (
            "  a: {from: scratch, context: ../x}\n",
            'lineage.yml:5:31: images.a.context: "../x" leads up, and might leave the project;'
            " write a path without .., as images/NAME",
        ),
        (
            "  a: {from: scratch, context: /srv}\n",
            'lineage.yml:5:31: images.a.context: "/srv" is an absolute path;'
            " write one that is relative to lineage.yml, as images/NAME",
        ),
        (
            "  a: {from: scratch, context: 'images\\a'}\n",
            'lineage.yml:5:31: images.a.context: "images\\a" has a backslash;'
            " write / between folders, as images/NAME",
        ),
        (
            "  a: {from: scratch, context: ''}\n",
            'lineage.yml:5:31: images.a.context: "" is not a folder of the project; write a path as images/NAME',
        ),
        (
            "  a: {from: scratch}\n  b: {from: scratch, context: ./images/a/}\n",
            "lineage.yml:6:31: images.b.context: images/a/Dockerfile is the Dockerfile of a too;"
            " give each a context of its own, or say another dockerfile:",
        ),
        (
            "  a: {from: scratch, context: x, dockerfile: y/z}\n  b: {from: scratch, context: x/y, dockerfile: ./z}\n",
            "lineage.yml:6:48: images.b.dockerfile: x/y/z is the Dockerfile of a too;"
            " give each a context of its own, or say another dockerfile:",
        ),
        (
            "  a: {from: scratch, context: ., dockerfile: templates/a}\n",
            "lineage.yml:5:46: images.a.dockerfile: templates/a is no place for a Dockerfile:"
            " forebear keeps files of its own there; choose another folder",
        ),
        (
            "  a: {from: scratch, dockerfile: ../x}\n",
            'lineage.yml:5:34: images.a.dockerfile: "../x" leads up, and might leave the context;'
            " write a path without .., as Dockerfile.alpine",
        ),
        (
            "  a: {from: scratch, dockerfile: x.dockerignore}\n",
            'lineage.yml:5:34: images.a.dockerfile: "x.dockerignore" is not a Dockerfile in the context;'
            " write a path as Dockerfile.alpine",
        ),
        (
            "  a: {from: scratch, vars: [x]}\n",
            "lineage.yml:5:22: images.a.vars: this is a list, and has to be a mapping;"
            " write keys and values, or remove it",
        ),
        (
            "  a: {from: scratch, vars: {8: x}}\n",
            'lineage.yml:5:29: images.a.vars.8: the key 8 is not text; write "8"',
        ),
        (
            "  a: {from: scratch, vars: {python: 3.10}}\n",
            "lineage.yml:5:37: images.a.vars.python: 3.10 would be read as a number and lose the way it is"
            ' written; write "3.10"',
        ),
        (
            "  a: {from: scratch, args: {a b: x}}\n",
            'lineage.yml:5:29: images.a.args.a b: "a b" is not a name of a build argument;'
            " use letters, digits and _",
        ),
        (
            "  a: {from: scratch, args: {SOURCE_DATE_EPOCH: 5}}\n",
            "lineage.yml:5:29: images.a.args.SOURCE_DATE_EPOCH: SOURCE_DATE_EPOCH is given by forebear;"
            " set epoch instead",
        ),
        (
            "  a: {from: scratch, args: {FOREBEAR_BASE_0: x}}\n",
            "lineage.yml:5:29: images.a.args.FOREBEAR_BASE_0: FOREBEAR_BASE_0: the names that begin with"
            " FOREBEAR_ are forebear's own; choose another name",
        ),
        (
            "  a: {from: scratch, args: {DEBUG: true}}\n",
            "lineage.yml:5:36: images.a.args.DEBUG: this is true or false, and has to be text or a number;"
            " write it in quotes",
        ),
        (
            "  a: {from: scratch, args: {X: \"a\\0b\"}}\n",
            "lineage.yml:5:32: images.a.args.X: this holds a NUL character; remove it",
        ),
        (
            "  a: {from: scratch, labels: {forebear.key: x}}\n",
            "lineage.yml:5:31: images.a.labels.forebear.key: the label forebear.key is written by forebear;"
            " remove it",
        ),
        (
            "  a: {from: scratch, labels: {org.opencontainers.image.version: x}}\n",
            "lineage.yml:5:31: images.a.labels.org.opencontainers.image.version:"
            " the label org.opencontainers.image.version is written by forebear; remove it",
        ),
        (
            "  a: {from: scratch, labels: {a=b: x}}\n",
            'lineage.yml:5:31: images.a.labels.a=b: "a=b" is not a label;'
            " use letters and digits, joined by ., -, _ or /",
        ),
        (
            "  a: {from: scratch, target: 0}\n",
            'lineage.yml:5:30: images.a.target: this is a number, and has to be text; write "0"',
        ),
        (
            "  a: {from: scratch, target: '0'}\n",
            'lineage.yml:5:30: images.a.target: "0" is not a stage name;'
            " use a letter, then letters, digits, -, _ or .",
        ),
        (
            "  a: {from: scratch, platforms: [linux/amd64]}\n  b: {from: a, platforms: [linux/amd64, linux/arm64]}\n",
            "lineage.yml:6:13: images.b.from: a is not built for linux/arm64, and b is; make their platforms agree",
        ),
        (
            "  a: {from: scratch, tests: {name: x}}\n",
            "lineage.yml:5:22: images.a.tests: this is a mapping, and has to be a list;"
            " write a list, or remove the key",
        ),
        (
            "  a: {from: scratch, tests: [{run: ls}]}\n",
            "lineage.yml:5:30: images.a.tests[0]: the key name is missing; write name: and what is checked",
        ),
        (
            "  a: {from: scratch, tests: [{name: x, run: ls, outptu: y}]}\n",
            "lineage.yml:5:49: images.a.tests[0].outptu: unknown key outptu; did you mean output?",
        ),
        (
            "  a: {from: scratch, tests: [{name: x, run: []}]}\n",
            "lineage.yml:5:40: images.a.tests[0].run: this command is empty;"
            " write a text, or a list of arguments",
        ),
        (
            "  a: {from: scratch, tests: [{name: x, run: 5}]}\n",
            "lineage.yml:5:45: images.a.tests[0].run: this is a number, and has to be a command;"
            " write a text, or a list of arguments",
        ),
        (
            "  a: {from: scratch, tests: [{name: x, run: ls, exit: 256}]}\n",
            "lineage.yml:5:55: images.a.tests[0].exit: this is not an exit code;"
            " write a whole number from 0 to 255",
        ),
        (
            "  a: {from: scratch, tests: [{name: x, run: ls, output: '('}]}\n",
            'lineage.yml:5:57: images.a.tests[0].output: "(" is not a regular expression:'
            " missing ), unterminated subpattern at position 0; correct it",
        ),
        (
            "  a: {from: scratch, tests: [{name: \"x\\ny\", run: ls}]}\n",
            "lineage.yml:5:37: images.a.tests[0].name: this is empty, or more than one line of plain text;"
            " write one line",
        ),
        (
            "  a: {from: scratch, tests: [{name: x, run: ls}, {name: x, run: ls}]}\n",
            "lineage.yml:5:57: images.a.tests[1].name: another gate is called x; choose another name",
        ),
        (
            f"  {'a' * 250}: {{from: scratch}}\n",
            f"lineage.yml:5:3: images.{'a' * 79}…: the reference of this image has a name of 270 characters,"
            " and 255 are allowed; shorten it, the project or the registry",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_about_the_images(images: str, message: str) -> None:
    assert said_of(images) == [message]


# Several faults


def test_a_misspelt_parent_gets_did_you_mean() -> None:
    assert said_of("  fedora: {from: 'fedora:25'}\n  webapp: {from: fedroa}\n") == [
        "lineage.yml:6:18: images.webapp.from: no image is called fedroa; did you mean fedora?"
        " if an upstream is meant, write docker.io/library/fedroa:TAG"
    ]


def test_every_knot_of_cycles_is_told_once() -> None:
    images = (
        "  a: {from: b}\n  b: {from: a, uses: {x: c}}\n  c: {from: b}\n  d: {from: a}\n  e: {from: f}\n  f: {from: e}\n"
    )
    assert said_of(images) == [
        "lineage.yml:5:13: images.a.from: these images are built on each other: a -> b -> a;"
        " let one of them start from something else",
        "lineage.yml:9:13: images.e.from: these images are built on each other: e -> f -> e;"
        " let one of them start from something else",
    ]


def test_a_long_cycle_is_told_in_short() -> None:
    names = [f"i{n}" for n in range(100)]
    images = "".join(f"  {name}: {{from: {names[n - 99]}}}\n" for n, name in enumerate(names))
    assert said_of(images) == [
        "lineage.yml:5:14: images.i0.from: these images are built on each other:"
        " i0 -> i1 -> i2 -> i3 -> i4 -> i5 -> … 89 more … -> i95 -> i96 -> i97 -> i98 -> i99 -> i0;"
        " let one of them start from something else"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "lineage: {}", "version: {}", "version: 1.0.0+{}", "images: {{{}: {{from: scratch}}}}", "{}: 1\n{}: 2",
        "images: {{a: {{from: {}}}}}", "images: {{a: {{from: '{}:latest'}}}}", "images: {{a: {{context: /{}}}}}",
        "images: {{a: {{labels: {{forebear.{}: x}}}}}}", "images: {{a: {{args: {{FOREBEAR_{}: x}}}}}}", "a: !{} b",
        "images: {{a: {{tests: [{{name: {}, run: x}}, {{name: {}, run: x}}]}}}}", "{}: 1", "platforms: [a/{}, a/{}]",
        "a: &{} 1\nb: *{}x", "{}",
    ],
)  # fmt: skip
def test_no_message_is_long(text: str) -> None:
    for word in ("x" * 1000, "1" * 1000):
        assert max(len(line) for line in said(text.replace("{}", word).replace("{{", "{").replace("}}", "}"))) < 500


def test_all_faults_of_a_file_are_told_at_once_and_in_its_order() -> None:
    assert said(
        """\
lineage: 1
projct: firethorn
version: 2.1
images:
  fedora: {from: fedora, vars: {a: 010, a: 2}}
  Tomcat: {from: fedora, epoch: never}
  webapp:
    from: fedroa
    contxt: .
    vars:
  webapp: {}
"""
    ) == [
        "lineage.yml:2:1: projct: unknown key projct; did you mean project?",
        "lineage.yml:3:10: version: 2.1 is not SemVer, which has three numbers; write 2.1.0",
        "lineage.yml:5:18: images.fedora.from: fedora starts from itself;"
        " if an upstream is meant, write docker.io/library/fedora:TAG",
        "lineage.yml:5:36: images.fedora.vars.a: 010 would be read as a number and lose the way it is written;"
        ' write "010"',
        "lineage.yml:5:41: images.fedora.vars.a: the key a is here a second time, after line 5; keep one of them",
        'lineage.yml:6:3: images.Tomcat: "Tomcat" is not an image name;'
        " use lower-case letters and digits, joined by -, _ or .",
        'lineage.yml:6:33: images.Tomcat.epoch: "never" is not a time with date, hour, minute, second and zone;'
        " write it as 2026-11-24T00:00:00Z",
        "lineage.yml:8:11: images.webapp.from: no image is called fedroa; did you mean fedora?"
        " if an upstream is meant, write docker.io/library/fedroa:TAG",
        "lineage.yml:9:5: images.webapp.contxt: unknown key contxt; did you mean context?",
        "lineage.yml:10:10: images.webapp.vars: this is nothing, and has to be a mapping;"
        " write keys and values, or remove it",
        "lineage.yml:11:3: images.webapp: the key webapp is here a second time, after line 7; keep one of them",
    ]


def test_a_fault_before_the_end_of_yaml_is_told_with_it() -> None:
    assert said("a: 1\na: 010\nb: [\n") == [
        'lineage.yml:2:4: a: 010 would be read as a number and lose the way it is written; write "010"',
        "lineage.yml:4:1: this is not YAML: while parsing a flow node, did not find expected node content;"
        " look at this line and the one before",
    ]


# Any input


@given(families())
def test_a_valid_lineage_reads_back_equal(family: dict[str, Any]) -> None:
    found = read(json.dumps(family, ensure_ascii=False).encode())  # JSON is YAML (YAML 1.2.2, 1.3)
    assert (found.project, found.version) == (family["project"], family["version"])
    assert {name: _as_declared(image) for name, image in found.images.items()} == family["images"]
    assert list(found.images) == list(family["images"])


def _as_declared(image: Image) -> dict[str, Any]:
    """What lineage.yml says of an image that is written in full."""
    return {
        "from": str(image.base.upstream or image.base),
        "uses": {alias: str(base.upstream or base) for alias, base in image.uses},
        "version": image.version,
        "template": f"templates/{image.template}",
        "context": image.context,
        "dockerfile": image.dockerfile,
        "vars": _thawed(image.vars),
        "args": dict(image.args),
        "labels": dict(image.labels),
        "target": image.target,
        "platforms": list(image.platforms),
        "epoch": image.epoch,
        "tests": [_as_written(asdict(gate)) for gate in image.tests],
        "requires": _as_written(asdict(image.requires)) if image.requires else None,
        "prepare": [
            {"run": list(each.run), "in": each.folder, "inputs": list(each.inputs), "outputs": list(each.outputs)}
            for each in image.prepare
        ],
    }


def _as_written(fields: dict[str, Any]) -> dict[str, Any]:
    """What lineage.yml says of a gate, or of what is required: all but the size, which it writes with a unit."""
    fields = {**fields, "env": dict(fields["env"])}
    if "name" in fields:
        fields |= {"labels": dict(fields["labels"]), "timeout": fields.pop("seconds")}
        del fields["max_size"]
    return {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()}


def _thawed(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _thawed(each) for key, each in value.items()}
    return [_thawed(each) for each in value] if isinstance(value, tuple) else value


lines = st.sampled_from(
    [
        *TOP.splitlines(), "images:", "  a: {from: b}", "  b:", "    from: fedora:25", "    from: a", "  c: *x",
        "    vars: &x {k: 010}", "    uses: {x: b, y: 'm:1'}", "    tests: [{name: 1, run: }]", "    context: images/a",
        "epoch: 2026-13-01T00:00:00Z", "platforms:", "  - linux/amd64", "  - ~", "\t", "---", "{}", "images: []", "? a",
        "    args: {A: 1.50, é: no}", "    <<: *x", "  d: !!map {from: scratch}", "    labels: {'\x7f': 1, <<: [*x]}",
    ]
)  # fmt: skip


@given(st.lists(lines, max_size=14).map(lambda each: "\n".join(each).encode()) | st.binary(max_size=40))
def test_any_bytes_make_a_lineage_or_input_errors(data: bytes) -> None:
    try:
        found = read(data)
    except InputError as error:
        faults = error.faults
    else:
        assert found.project == "firethorn"
        return
    assert faults
    assert all(fault.problem and fault.action and fault.place.file == "lineage.yml" for fault in faults)


# Size


def test_two_thousand_images_are_read() -> None:
    images = "".join(f"  i{n}: {{from: i{(n - 1) // 3}, vars: {{a: 8.0.{n}}}}}\n" for n in range(1, 2000))
    assert len(lineage(f"  i0: {{from: 'fedora:25'}}\n{images}").images) == 2000


def test_not_every_one_of_many_misspelt_parents_gets_a_hint() -> None:
    messages = said_of("".join(f"  image{n}: {{from: imaeg{n}}}\n" for n in range(500)))
    assert len(messages) == 500
    assert sum("did you mean" in message for message in messages) == 20


def test_a_constraint_on_a_misspelt_upstream() -> None:
    top = f"{TOP}constraints: {{fedroa: '25', debian: '12', quay.io/a/b: '1'}}\n"
    images = "  a: {from: 'docker.io/library/fedora:25'}\n  b: {from: 'quay.io/a/b:1.2'}\n"
    assert said_of(images, top) == [
        "lineage.yml:4:15: constraints.fedroa: fedroa is no upstream of this file; did you mean fedora?",
        "lineage.yml:4:29: constraints.debian: debian is no upstream of this file;"
        " the upstreams are fedora, quay.io/a/b",
    ]
