from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.pins.audit.fix import Unresolved, applied, by_file, mend, wanted
from forebear.pins.audit.judge import Judge
from forebear.pins.audit.kinds import Kind, reader
from forebear.pins.audit.model import Use
from forebear.pins.audit.settings import Settings
from forebear.pins.audit.settle import settle
from forebear.reference import Reference

from ...dockerfile.texts import dockerfiles
from .reading import documents

if TYPE_CHECKING:
    from forebear.pins.audit.fix import Digests, Mended
    from forebear.pins.audit.model import Finding

DIGEST = "sha256:" + "ab" * 32


def findings(kind: Kind, data: bytes) -> list[Finding]:
    judge = Judge(Settings())
    return list(settle([judge.judge("file", data, reader(kind)(data, "file"))], judge).findings)


def mended(kind: Kind, data: bytes, digests: Digests | None = None) -> Mended:
    found = findings(kind, data)
    return mend(data, found, digests or dict.fromkeys(wanted(found), DIGEST))


def fixed(kind: Kind, text: str) -> str:
    """The text with digests, each shown as @."""
    data = text.encode()
    return applied(data, mended(kind, data).edits).decode().replace(DIGEST, "")


def left(kind: Kind, text: str, digests: Digests | None = None) -> list[str]:
    return [one.reason for one in mended(kind, text.encode(), digests).left]


@pytest.mark.parametrize(
    ("kind", "text", "after"),
    [
        (Kind.DOCKERFILE, "\ufeff# é\r\nFROM a:1.2 as b\r\nRUN x", "\ufeff# é\r\nFROM a:1.2@ as b\r\nRUN x"),
        (Kind.DOCKERFILE, "FROM --platform=linux/arm64 a:1.2 AS b\n", "FROM --platform=linux/arm64 a:1.2@ AS b\n"),
        (
            Kind.DOCKERFILE,
            "# syntax=docker/dockerfile:1\nFROM scratch\n",
            "# syntax=docker/dockerfile:1@\nFROM scratch\n",
        ),
        (Kind.DOCKERFILE, "FROM scratch\nCOPY --from=a:1.2 / /\n", "FROM scratch\nCOPY --from=a:1.2@ / /\n"),
        (
            Kind.DOCKERFILE,
            "FROM scratch\nRUN --mount=from=a:1,target=/x y\n",
            "FROM scratch\nRUN --mount=from=a:1@,target=/x y\n",
        ),
        (Kind.DOCKERFILE, 'ARG A="a:1.2"\nFROM $A\nFROM ${A}\n', 'ARG A="a:1.2@"\nFROM $A\nFROM ${A}\n'),
        (Kind.DOCKERFILE, "FROM a:latest\n", "FROM a:latest@\n"),
        (Kind.DOCKERFILE, 'FROM "a:1.2" AS x\n', 'FROM "a:1.2@" AS x\n'),
        (Kind.DOCKERFILE, "FROM 'a:1.2'\n", "FROM 'a:1.2@'\n"),
        (Kind.DOCKERFILE, "ARG A\nFROM ${A:-a:1.2}\nFROM $A\n", "ARG A\nFROM ${A:-a:1.2@}\nFROM $A\n"),
        (Kind.DOCKERFILE, 'FROM "${A-a:1.2}"\n', 'FROM "${A-a:1.2@}"\n'),
        (Kind.DOCKERFILE, "FROM ${A:-${B:-a:1.2}}\n", "FROM ${A:-${B:-a:1.2@}}\n"),
        (
            Kind.COMPOSE,
            "services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM a:1\n        RUN x\n",
            "services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM a:1@\n        RUN x\n",
        ),
        (Kind.COMPOSE, "services: {a: {image: 'a:1'}} # é\r\n", "services: {a: {image: 'a:1@'}} # é\r\n"),
        (Kind.COMPOSE, "services: {a: {image: '${A:-a:1}'}}", "services: {a: {image: '${A:-a:1@}'}}"),
        (Kind.COMPOSE, "services:\n a:\n  image: >-\n   a:1\n", "services:\n a:\n  image: >-\n   a:1@\n"),
        (Kind.GITHUB, "jobs: {a: {steps: [{uses: 'docker://a:1'}]}}", "jobs: {a: {steps: [{uses: 'docker://a:1@'}]}}"),
        (
            Kind.GITHUB,
            "jobs: {a: {strategy: {matrix: {i: ['a:1', 'b:2']}}, container: '${{ matrix.i }}'}}",
            "jobs: {a: {strategy: {matrix: {i: ['a:1@', 'b:2@']}}, container: '${{ matrix.i }}'}}",
        ),
        (
            Kind.GITLAB,
            "variables: {I: 'a:1'}\na: {image: $I}\nb: {image: '${I}'}\n",
            "variables: {I: 'a:1@'}\na: {image: $I}\nb: {image: '${I}'}\n",
        ),
        (Kind.DEVCONTAINER, '// é\n{"image": "a:1",}', '// é\n{"image": "a:1@",}'),
        (Kind.HELM, "image: a:1\n", "image: a:1@\n"),
    ],
)
def test_digests_are_put_behind_tags(kind: Kind, text: str, after: str) -> None:
    assert fixed(kind, text) == after
    assert fixed(kind, after.replace("@", f"@{DIGEST}")) == after


@pytest.mark.parametrize(
    ("kind", "text", "reasons"),
    [
        (Kind.DOCKERFILE, "FROM a\n", []),
        (Kind.DOCKERFILE, "ARG A=a\nFROM $A\n", ["it has no tag, so that nobody knows which release is meant"]),
        (Kind.DOCKERFILE, "ARG T=1\nFROM a:$T\n", ["no one place of the file holds the whole of it"]),
        (
            Kind.DOCKERFILE,
            "ARG A=a:1.2\nFROM $A\nFROM ${A}x\n",
            ["A is used for something else, too", "no one place of the file holds the whole of it"],
        ),
        (
            Kind.DOCKERFILE,
            "ARG A=a:1.2\nFROM $A\nARG A\nRUN echo $A\n",
            ["no one place of the file holds the whole of it"],
        ),
        (
            Kind.DOCKERFILE,
            "# Generated by forebear from x\nFROM a:1.2\n",
            ["the file is rendered from a template: lock the upstream, and render"],
        ),
        (
            Kind.DOCKERFILE,
            "FROM docker.io/libary/nginx:1.27.4\n",
            ["the image itself is in doubt: see the other finding there"],
        ),
        (Kind.DOCKERFILE, "FROM 'a':1.2\n", ["no one place of the file holds the whole of it"]),
        (Kind.DOCKERFILE, "FROM a:1.\\2\n", ["no one place of the file holds the whole of it"]),
        (Kind.DOCKERFILE, "ARG A=a:1\nFROM ${A:-a:1}\n", ["no one place of the file holds the whole of it"]),
        (Kind.DOCKERFILE, "FROM ${A:+a:1}${B:-a:1}\n", ["no one place of the file holds the whole of it"]),
        (Kind.HELM, "image: {repository: a, tag: 1.2}\n", ["no one place of the file holds the whole of it"]),
        (
            Kind.GITHUB,
            "jobs: {a: {strategy: {matrix: {i: ['a:1']}}, container: '${{ matrix.i }}', if: matrix.i == 'a:1'}}",
            ["matrix.i is used for something else, too"],
        ),
        (
            Kind.GITLAB,
            "variables: {I: 'a:1'}\na: {image: $I, script: [echo $I]}\n",
            ["I is used for something else, too"],
        ),
        (
            Kind.DEVCONTAINER,
            '{"features": {"ghcr.io/a/b/c:1": {}}}',
            ["a feature cannot have a tag and a digest: commit devcontainer-lock.json"],
        ),
    ],
)
def test_what_is_not_sure_is_left(kind: Kind, text: str, reasons: list[str]) -> None:
    assert fixed(kind, text) == text
    assert left(kind, text) == reasons


def test_what_has_no_digest_is_left_with_the_reason() -> None:
    digests = {Reference.parse("a:1.2"): Unresolved("docker.io has no a:1.2")}
    assert left(Kind.DOCKERFILE, "FROM a:1.2\nFROM b:1.2\n", digests) == [
        "docker.io has no a:1.2",
        "it was not resolved",
    ]


def test_a_file_that_changed_meanwhile_is_left() -> None:
    found = findings(Kind.DOCKERFILE, b"FROM a:1.2\n")
    done = mend(b"FROM b:1.2\n", found, dict.fromkeys(wanted(found), DIGEST))
    assert (done.edits, [one.reason for one in done.left]) == ((), ["the file has changed since it was read"])


def test_findings_get_their_edits() -> None:
    (finding,) = mended(Kind.DOCKERFILE, b"FROM a:1.2.3\n").findings
    assert finding.edit is not None
    assert (finding.edit.start, finding.edit.end, finding.edit.text) == (12, 12, f"@{DIGEST}")


def test_findings_are_taken_by_file() -> None:
    (one,) = findings(Kind.DOCKERFILE, b"FROM a:1.2.3\n")
    files = by_file([replace(one, file="b"), one, replace(one, file="b")])
    assert [(file, len(found)) for file, found in files] == [("b", 2), ("file", 1)]


@given(st.sampled_from(list(Kind)), documents() | dockerfiles().map(str.encode))
def test_only_digests_are_added_and_only_once(kind: Kind, data: bytes) -> None:
    done = mended(kind, data)
    after = applied(data, done.edits)
    assert after.replace(f"@{DIGEST}".encode(), b"") == data.replace(f"@{DIGEST}".encode(), b"")
    assert len(after) == len(data) + len(done.edits) * len(f"@{DIGEST}")
    assert not mended(kind, after).edits
    before = {one.resolved for one in reader(kind)(data, "") if isinstance(one, Use)}
    now = {
        one.resolved and one.resolved.replace(f"@{DIGEST}", "")
        for one in reader(kind)(after, "")
        if isinstance(one, Use)
    }
    assert now == before
