"""Generated files through reading, judging and settling: whatever is in them, there are findings and no traceback.

Each run makes the same inputs, so that one that fails can be made again: its number is in the message.
"""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Final

import pytest

from forebear.pins.audit import rules
from forebear.pins.audit.judge import Judge
from forebear.pins.audit.kinds import Kind, reader
from forebear.pins.audit.model import Severity
from forebear.pins.audit.settings import Settings
from forebear.pins.audit.settle import settle

if TYPE_CHECKING:
    from collections.abc import Callable

PARTS: Final = 16
DOCKERFILES: Final = 20_000
OTHERS: Final = 6_000
JUDGE: Final = Judge(
    Settings({"not-utf-8": Severity.ERROR}, registries=("docker.io", "ghcr.io/acme"), names=("x.io/y",))
)

TEXT: Final = r"""
    a debian:12 fedora:25.1.2 x@sha256:1 $B ${B} ${B:-a:1} ${B%%:*}:$V ghcr.io/acme/x:v1 scratch Ünï latest 0
    # syntax= escape=` check= FROM from AS RUN COPY ADD ARG ENV LABEL ONBUILD CMD SHELL HEALTHCHECK EXPOSE B V=12
    --from=0 --from=a --mount=type=cache,from=a --platform=$TARGETPLATFORM --checksum= --chown=1:1 https://x.y/z
    git@h:x.git#main apt-get install -y curl=1 git && || ; | ( ) { } > < << <<E <<-'E' E \ ` ' " $( ${ } [ ] ,
    pip npm apk add dnf sh -c TOKEN=x PASSWORD AKIAIOSFODNN7EXAMPLE forebear: ignore=no-tag because x
    services: image: apiVersion: kind: spec: containers: - name: &a *a <<: { : | > 'x' jobs: uses: docker:// include:
"""
CHARACTERS: Final = "\n \n \n \t \r\n \ufeff \0 \x85 \u2028 \v \x1b[2J \udcff \\\n"
WORDS: Final = [*TEXT.split(), *CHARACTERS.split(" "), "  ", "\n\n"]
YAML: Final = {
    Kind.COMPOSE: """\
services:
  a: &a
    image: ${R:-docker.io}/x:${V}
  b:
    <<: *a
    build: {context: ., args: [x]}
""",
    Kind.KUBERNETES: """\
apiVersion: v1
kind: Pod
spec:
  containers:
  - name: a
    image: x:1
---
kind: List
items: []
""",
    Kind.HELM: """\
image:
  repository: x
  tag: '1.2'
  digest: ''
other: {image: y:1}
""",
    Kind.GITHUB: """\
on: push
jobs:
  a:
    container: x:1
    services: {d: {image: y}}
    steps:
    - uses: docker://z:1
""",
    Kind.GITLAB: """\
image: x:1
services: [y, {name: z}]
job:
  image: {name: $A, entrypoint: ['']}
  variables: {A: b:1}
""",
    Kind.DEVCONTAINER: """\
{// c
"image": "x:1",
"features": {"ghcr.io/y/z:1": {}},
"build": {"args": {"A": 1}},
}
""",
}


def dockerfile(rng: random.Random) -> bytes:
    """Lines that look like a Dockerfile's, mangled here and there."""
    lines = [" ".join(rng.choices(WORDS, k=rng.randint(1, 9))) for _ in range(rng.randint(0, 9))]
    starts = ["FROM debian:12\n", "ARG B=a:1\nFROM $B AS a\n", "# escape=`\nFROM a\n", "", "# syntax=a\nFROM b\nRUN "]
    return mangled(rng, rng.choice(starts) + "\n".join(lines))


def other(rng: random.Random, kind: Kind) -> bytes:
    """A sound file of a kind with words thrown in, mangled."""
    lines = YAML[kind].split("\n")
    for _ in range(rng.randint(0, 4)):
        lines.insert(
            rng.randrange(len(lines)), "  " * rng.randint(0, 4) + " ".join(rng.choices(WORDS, k=rng.randint(1, 3)))
        )
    return mangled(rng, "\n".join(lines))


def mangled(rng: random.Random, text: str) -> bytes:
    data = bytearray(text.encode("utf-8", "surrogateescape"))
    for _ in range(rng.choice((0, 0, 1, 3))):
        at = rng.randint(0, len(data))
        match rng.randrange(4):
            case 0:
                data[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                del data[at : at + rng.randint(1, 9)]
            case 2:
                data[at:at] = data[: rng.randint(0, 30)] * rng.randint(1, 3)
            case _:
                data[at:at] = rng.choice((b"((((", b"$(" * 40, b"[" * 200, b"'", b'"', b"{{ x }}", b"\\\n", b"\xff"))
    return bytes(data)


def check(kind: Kind, data: bytes) -> int:
    """How many findings there are, each of which can be printed and placed."""
    judged = JUDGE.judge("a/x", data, reader(kind)(data, "a/x"))
    settled = settle([judged], JUDGE)
    for each in (*settled.findings, *(one.finding for one in settled.suppressed)):
        json.dumps([each.problem, each.action, each.fingerprint]).encode()
        (each.problem + each.action).encode()
        assert 0 <= each.span.start <= each.span.end <= len(data)
        assert each.rule is rules.rules()[each.rule.name]
    return len(settled.findings)


def run(part: int, number: int, make: Callable[[random.Random, int], tuple[Kind, bytes]]) -> int:
    found = 0
    for seed in range(part, number, PARTS):
        kind, data = make(random.Random(seed), seed)
        try:
            found += check(kind, data)
        except Exception as error:
            raise AssertionError(f"input {seed}, {kind}: {data!r}") from error
    return found


@pytest.mark.parametrize("part", range(PARTS))
def test_dockerfiles(part: int) -> None:
    assert run(part, DOCKERFILES, lambda rng, _: (Kind.DOCKERFILE, dockerfile(rng))) > 1000


@pytest.mark.parametrize("part", range(PARTS))
def test_other_kinds(part: int) -> None:
    kinds = list(YAML)
    assert run(part, OTHERS, lambda rng, seed: (kinds[seed % len(kinds)], other(rng, kinds[seed % len(kinds)]))) > 100
