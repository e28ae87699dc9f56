from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.pins.audit.dockerfiles import LIMIT, read
from forebear.pins.audit.model import Trouble, Use

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def found(text: str | bytes) -> tuple[list[Use], list[Trouble]]:
    each = [*read(text if isinstance(text, bytes) else text.encode(), "Dockerfile")]
    return [one for one in each if isinstance(one, Use)], [one for one in each if isinstance(one, Trouble)]


def told(text: str) -> list[tuple[str, int, int, str]]:
    return [(each.rule, each.span.line, each.span.column, each.subject) for each in found(text)[1]]


def test_what_a_dockerfile_names() -> None:
    uses, troubles = found(
        "ARG V=12\nFROM debian:${V} AS one\nCOPY --from=a:1.2.3 /x /x\nRUN --mount=from=b:2.3.4,target=/y x\n"
        "FROM one\nCOPY --from=one / /\nFROM scratch\n"
    )
    assert [(one.kind, one.text, one.resolved, one.local, one.via) for one in uses] == [
        ("FROM", "debian:${V}", "debian:12", False, ("V",)),
        ("COPY --from", "a:1.2.3", "a:1.2.3", False, ()),
        ("RUN --mount", "b:2.3.4", "b:2.3.4", False, ()),
        ("FROM", "one", "one", True, ()),
        ("COPY --from", "one", "one", True, ()),
        ("FROM", "scratch", "scratch", True, ()),
    ]
    assert troubles == []


@pytest.mark.parametrize(
    ("head", "name", "unset"),
    [
        ("ARG X", "a:$X", ("X",)),
        ("ARG X=", "a:1$X", ()),
        ("", "a:${X}", ("X",)),
        ("", "a:${X:-1}", ()),
        ("ARG Y=${X}", "a:$Y", ("Y",)),
        ("ARG X=1\nARG Y=v${X}", "a:$Y", ()),
        ("ARG X\nARG X=1", "a:$X", ()),
        ("", "base-$TARGETARCH", ()),
        ("", "a:$TARGETSTAGE", ("TARGETSTAGE",)),
    ],
)
def test_variables_without_a_value(head: str, name: str, unset: tuple[str, ...]) -> None:
    uses, _ = found(f"{head}\nFROM {name}\n")
    assert uses[0].unset == unset


def test_a_stage_of_the_platform_is_none_of_ours() -> None:
    uses, _ = found("FROM a:1.2.3 AS base-amd64\nFROM base-$TARGETARCH\n")
    assert [one.local for one in uses] == [False, True]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("FROM debian:12", "debian:12"),
        ("ARG B=debian:12\nFROM $B", "debian:12"),
        ('ARG B="debian:12"\nFROM ${B}', "debian:12"),
        ("ARG A=1 B=debian:12\nFROM ${B}", "debian:12"),
        ("ARG V=12\nFROM debian:$V", None),
        ("ARG B=debian:12\nFROM $B\nARG B\nRUN echo $B", None),
        ("ARG A=debian:12\nARG B=$A\nFROM $B", None),
        ("FROM deb\\\nian:12", None),
        ("# syntax=docker/dockerfile:1\nFROM scratch", "docker/dockerfile:1"),
        ("FROM --platform=linux/amd64 debian:12 # x", None),
    ],
)
def test_the_part_that_a_fix_may_replace(text: str, written: str | None) -> None:
    uses, _ = found(text)
    span = uses[0].written if uses else None
    assert (span and text.encode()[span.start : span.end].decode()) == written


def test_places_in_a_text_that_is_not_ascii() -> None:
    text = "\ufeff# é\r\nFROM \\\r\n  döbian:12\r\n"
    (use,), _ = found(text)
    assert (use.span.line, use.span.column, use.begins) == (3, 3, 2)
    assert text.encode()[use.span.start : use.span.end].decode() == "döbian:12"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ADD https://example.org/x.tgz /", ["https://example.org/x.tgz"]),
        ("ADD --checksum=sha256:" + "0" * 64 + " https://example.org/x.tgz /", []),
        ('ADD ["https://example.org/x", "y", "/"]', ["https://example.org/x"]),
        ("ADD https://example.org/x.git#main /", ["https://example.org/x.git#main"]),
        (f"ADD https://example.org/x.git#{COMMIT} /", []),
        (f"ADD https://example.org/x.git#{COMMIT}:sub /", []),
        (f"ADD https://example.org/x.git?ref=main&commit={COMMIT} /", []),
        ("ADD git@example.org:x/y.git /", ["git@example.org:x/y.git"]),
        ("ADD x $URL ./y /", []),
        ("COPY https://example.org/x /", []),
        ("ONBUILD ADD https://example.org/x /", ["https://example.org/x"]),
        ("ADD https://example.org/$V.tgz /", ["https://example.org/$V.tgz"]),
    ],
)
def test_what_is_fetched(line: str, expected: list[str]) -> None:
    assert [(rule, subject) for rule, _, _, subject in told(f"FROM x\n{line}")] == [
        ("no-checksum", one) for one in expected
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ENV DB_PASSWORD=hunter2", ["secret-name"]),
        ("ENV A=b API_KEY=x", ["secret-name"]),
        ("ENV PASSWORD hunter2", ["secret-name"]),
        ("LABEL com.example.token=abc", ["secret-name"]),
        ("ARG GITHUB_TOKEN", ["secret-name"]),
        ("ARG NPM_TOKEN=", []),
        ("ENV PASSWORD=", []),
        ("ENV PASSWORD=$PASSWORD", []),
        ("ENV PASSWORD_FILE=/run/secrets/x", []),
        ("ENV SSH_PUBLIC_KEY=abc", []),
        ("ENV TOKEN_TTL=300 USE_TOKEN=true SECRET_NAME=x", []),
        ("ENV GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D", []),
        ("ENV COMPASS=x BYPASSED=1 MONKEY=x", []),
        ("ENV X=AKIAIOSFODNN7EXAMPLE", ["secret-value"]),
        ("ENV X=ghp_" + "a" * 36, ["secret-value"]),
        ("LABEL x=https://user:pass@example.org", ["secret-value"]),
        ("ENV X=https://example.org/a:b@c", []),
        ('ENV X="-----BEGIN RSA PRIVATE KEY-----"', ["secret-value"]),
        ("ONBUILD ENV PASSWORD=x", ["secret-name"]),
    ],
)
def test_secrets(line: str, expected: list[str]) -> None:
    assert [rule for rule, *_ in told(f"FROM x\n{line}")] == expected


def test_no_secret_is_told() -> None:
    _, troubles = found(
        "FROM x\nENV PASSWORD=hunter2 X=AKIAIOSFODNN7EXAMPLE\nADD https://me:hunter2@example.org/?q=hunter2 /\n"
    )
    assert len(troubles) == 3
    assert "hunter2" not in "".join(each.problem + each.action for each in troubles)


def test_what_buildkit_refuses_is_told_with_its_line_and_what_stands_before_it() -> None:
    uses, troubles = found("FROM debian:12\nRUN apt-get install x\nRUNN y\nFROM other\n")
    assert [one.text for one in uses] == ["debian:12"]
    assert [(one.rule, one.span.line) for one in troubles] == [("refused", 3), ("unpinned-apt", 2)]
    assert told("")[0] == ("refused", 0, 0, "there is no instruction")
    assert told("FROM a\nCOPY --from=9 / /\n")[0][:2] == ("refused", 2)
    assert told("# escape=x\nFROM a\n")[0][:2] == ("refused", 1)


def test_the_place_of_a_word_on_a_continuation_line() -> None:
    assert told("FROM x\nRUN set -e; \\\n  apk add \\\n    curl=1 \\\n    git\n") == [
        ("unpinned-apk", 5, 5, "apk add git")
    ]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\x7fELF\0\0", "this is binary, and no Dockerfile"),
        (b"#" * (LIMIT + 1), "this has more than 4,194,304 bytes"),
    ],
)
def test_what_is_no_dockerfile(data: bytes, said: str) -> None:
    uses, (trouble,) = found(data)
    assert (uses, trouble.rule, trouble.problem) == ([], "malformed", said)


def test_bytes_that_are_not_utf_8() -> None:
    uses, troubles = found(b"FROM a\n# caf\xe9\nRUN x\nFROM b\xff:1\n")
    assert [(each.rule, each.span.line, each.span.column) for each in troubles] == [("not-utf-8", 2, 6)]
    assert [(use.span.start, use.span.end) for use in uses] == [(5, 6), (25, 29)]


LINES = st.sampled_from(
    [
        "FROM debian:12",
        "FROM $X AS y",
        "ARG X=a",
        "RUN apk add x",
        "RUN <<E\napt-get install \\",
        "E",
        "ADD https://x.y/z /",
        "ENV TOKEN=x",
        "COPY --from=y / /",
        "# syntax=a",
        "# escape=`",
        "x",
        "é \\",
        "",
    ]
)


@given(st.lists(LINES, max_size=8).map("\n".join))
def test_every_place_is_in_the_text(text: str) -> None:
    data = text.encode()
    for each in read(data, "x"):
        assert 0 <= each.span.start <= each.span.end <= len(data)
        assert data[: each.span.start].count(b"\n") == max(each.span.line - 1, 0)
