from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.lineage import grammar, patterns
from forebear.lineage.model import Base
from forebear.lineage.wrong import Wrong
from forebear.reference import MAX_NAME, Reference

if TYPE_CHECKING:
    from collections.abc import Callable

CHECKS: list[tuple[Callable[[str], object], str]] = [
    (grammar.image_name, patterns.NAME),
    (grammar.project, patterns.PROJECT),
    (grammar.registry, patterns.REGISTRY),
    (grammar.upstream, patterns.UPSTREAM),
    (grammar.stage, patterns.STAGE),
    (grammar.target, patterns.TARGET),
    (grammar.platform, patterns.PLATFORM),
    (grammar.argument, patterns.ARGUMENT),
    (grammar.label, patterns.LABEL),
    (grammar.url, patterns.URL),
    (grammar.context, patterns.CONTEXT),
    (grammar.dockerfile, patterns.DOCKERFILE),
    (grammar.template, patterns.TEMPLATE),
    (grammar.line, patterns.LINE),
]
DIGEST = "sha256:" + "0" * 64


def is_accepted(check: Callable[[str], object], text: str) -> bool:
    try:
        check(text)
    except Wrong as wrong:
        assert wrong.problem and wrong.action, text  # noqa: PT017, PT018 - every refusal says both
        return False
    return True


letters = [*"aZ09._-/:@\\ \n=é\0", "__", "..", "a/b", "a.b", ":1", "amd64", f"@{DIGEST}"]
words = [
    "localhost",
    "scratch",
    "latest",
    "docker.io",
    "templates/",
    "forebear/",
    ".dockerignore",
    ".forebear",
    "forebear.",
    "FOREBEAR_",
    "http://",
]


@given(st.lists(st.sampled_from([*letters, *words]), max_size=5).map("".join))
def test_a_check_takes_what_its_pattern_in_the_schema_takes(text: str) -> None:
    for check, pattern in CHECKS:
        assert is_accepted(check, text) == bool(re.fullmatch(pattern, text)), check.__name__


@pytest.mark.parametrize(
    "text",
    [
        "fedora:25", "docker.io/library/fedora:25", "docker.io/fedora:25", "index.docker.io/library/fedora:25",
        "localhost/x:1", "localhost:5000/x:1", "localhost:5000", "[::1]:5000/x:1", "Up/x:1", "example.org/a/b:1",
        "a_b/c:1", "a_b.c/d:1",
        "a.b/c:1", "a.b:1", "a--b/c:1", "-a/b:1", "a/b", "a", "a:latest", "a:", f"a:latest@{DIGEST}",
        f"a@{DIGEST}", "a@sha256:00", f"a:1@{DIGEST}", f"a:1@sha512:{'0' * 64}", f"a:1@sha512:{'0' * 128}", "a:-1",
        "a/B:1", "/a:1", "a//b:1", "https://a/b:1", "a b:1", "a:1\n", "0" * 64 + ":1", "scratch:1", "localhost:latest",
        "a.b", "a.b/c", "A:1", "localhost", "localhost/a", "x" * 200 + ":1", "a:" + "1" * 128, "a:" + "1" * 129,
    ],
)  # fmt: skip
def test_the_schema_knows_an_upstream_as_the_reader_does(text: str) -> None:
    assert is_accepted(grammar.upstream, text) == bool(re.fullmatch(patterns.UPSTREAM, text))


def test_the_length_of_an_upstream_is_not_for_a_pattern() -> None:
    text = f"docker.io/{'x' * MAX_NAME}:1"
    assert re.fullmatch(patterns.UPSTREAM, text)
    assert not is_accepted(grammar.upstream, text)


def test_bases() -> None:
    assert grammar.base("scratch") == Base()
    assert grammar.base("tomcat") == Base(image="tomcat")
    assert grammar.base("tomcat:8") == Base(upstream=Reference("docker.io", "library/tomcat", "8"))
    assert grammar.used("tomcat") == Base(image="tomcat")
    assert not is_accepted(grammar.used, "scratch")


@pytest.mark.parametrize(
    ("text", "normal"),
    [(".", "."), ("./a", "a"), ("a/", "a"), ("a/b", "a/b"), ("./a/b/", "a/b"), ("...", "..."), ("a b/é", "a b/é")],
)
def test_contexts(text: str, normal: str) -> None:
    assert grammar.context(text) == normal


@pytest.mark.parametrize(
    "text", ["..", "../a", "a/..", "a/../b", "/", "/a", "", "./", "a//b", "a/./b", "a\\b", "a\nb", "~\x7f"]
)
def test_what_is_no_context(text: str) -> None:
    assert not is_accepted(grammar.context, text)


@pytest.mark.parametrize(
    ("text", "normal"),
    [("templates/a.j2", "a.j2"), ("./templates/a/b", "a/b"), ("templates/templates/x", "templates/x")],
)
def test_templates(text: str, normal: str) -> None:
    assert grammar.template(text) == normal


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (1, 1),
        (1_700_000_000, 1_700_000_000),
        ("1970-01-01T00:00:01Z", 1),
        ("2026-11-24t00:00:00z", 1_795_478_400),
        ("2026-11-24 00:00:00Z", 1_795_478_400),
        ("2026-11-24T05:30:00+05:30", 1_795_478_400),
        ("9999-12-31T23:59:59Z", grammar.LAST_SECOND),
    ],
)
def test_epochs(value: str | int, seconds: int) -> None:
    assert grammar.epoch(value) == seconds


@pytest.mark.parametrize(
    "value",
    [
        0, -1, grammar.LAST_SECOND + 1, 10**30, "1970-01-01T00:00:00Z", "9999-12-31T23:59:59-01:00",
        "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "2026-11-24T00:00:60Z", "2026-11-24T24:00:00Z",
        "2026-11-24T00:00:00.5Z", "2026-11-24", "2026-11-24T00:00:00+99:99", "٢026-11-24T00:00:00Z",
    ],
)  # fmt: skip
def test_what_is_no_epoch(value: str | int) -> None:
    with pytest.raises(Wrong):
        grammar.epoch(value)
