"""Generated Dockerfiles, read, judged and settled: whatever is in them, there are findings and no traceback.

Each run makes the same inputs, so that one that fails can be made again: its number is in the message.
"""

from __future__ import annotations

import json
import random
from typing import Final

import pytest

from forebear.pins.audit import rules
from forebear.pins.audit.dockerfiles import read
from forebear.pins.audit.judge import Judge
from forebear.pins.audit.model import Severity
from forebear.pins.audit.settings import Settings
from forebear.pins.audit.settle import settle

PARTS: Final = 16
INPUTS: Final = 20_000
JUDGE: Final = Judge(
    Settings({"not-utf-8": Severity.ERROR}, registries=("docker.io", "ghcr.io/acme"), names=("x.io/y",))
)

TEXT: Final = r"""
    a debian:12 fedora:25.1.2 x@sha256:1 $B ${B} ${B:-a:1} ${B%%:*}:$V ghcr.io/acme/x:v1 scratch Ünï latest 0
    # syntax= escape=` check= FROM from AS RUN COPY ADD ARG ENV LABEL ONBUILD CMD SHELL HEALTHCHECK EXPOSE B V=12
    --from=0 --from=a --mount=type=cache,from=a --platform=$TARGETPLATFORM --checksum= --chown=1:1 https://x.y/z
    git@h:x.git#main apt-get install -y curl=1 git && || ; | ( ) { } > < << <<E <<-'E' E \ ` ' " $( ${ } [ ] ,
    pip npm apk add dnf sh -c TOKEN=x PASSWORD AKIAIOSFODNN7EXAMPLE forebear: ignore=no-tag because x
"""
CHARACTERS: Final = "\n \n \n \t \r\n \ufeff \0 \x85 \u2028 \v \x1b[2J \udcff \\\n"
WORDS: Final = [*TEXT.split(), *CHARACTERS.split(" "), "  ", "\n\n"]


def dockerfile(rng: random.Random) -> bytes:
    """Lines that look like a Dockerfile's, mangled here and there."""
    lines = [" ".join(rng.choices(WORDS, k=rng.randint(1, 9))) for _ in range(rng.randint(0, 9))]
    starts = ["FROM debian:12\n", "ARG B=a:1\nFROM $B AS a\n", "# escape=`\nFROM a\n", "", "# syntax=a\nFROM b\nRUN "]
    return mangled(rng, rng.choice(starts) + "\n".join(lines))


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


def check(data: bytes) -> int:
    """How many findings there are, each of which can be printed and placed."""
    settled = settle([JUDGE.judge("a/x", data, read(data, "a/x"))], JUDGE)
    for each in (*settled.findings, *(one.finding for one in settled.suppressed)):
        json.dumps([each.problem, each.action, each.fingerprint]).encode()
        (each.problem + each.action).encode()
        assert 0 <= each.span.start <= each.span.end <= len(data)
        assert each.rule is rules.rules()[each.rule.name]
    return len(settled.findings)


@pytest.mark.parametrize("part", range(PARTS))
def test_dockerfiles(part: int) -> None:
    found = 0
    for seed in range(part, INPUTS, PARTS):
        data = dockerfile(random.Random(seed))
        try:
            found += check(data)
        except Exception as error:
            raise AssertionError(f"input {seed}: {data!r}") from error
    assert found > INPUTS / PARTS
