from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from forebear.pins.audit.dockerfiles import read
from forebear.pins.audit.judge import Judge
from forebear.pins.audit.model import Severity
from forebear.pins.audit.settings import Settings
from forebear.pins.audit.settle import Settled, settle

if TYPE_CHECKING:
    from collections.abc import Mapping

ONE, TWO = "sha256:" + "1" * 64, "sha256:" + "2" * 64


def audit(files: Mapping[str, str | bytes], **rules: str) -> Settled:
    """The findings in some Dockerfiles; the severities of rules with `_` for `-`."""
    severities = {name.replace("_", "-"): Severity(value) for name, value in rules.items()}
    judge = Judge(Settings(severities), ["docker.io/firethorn/base:1.0.0"])
    texts = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    return settle([judge.judge(path, data, read(data, path)) for path, data in texts.items()], judge)


def told(text: str | bytes, **rules: str) -> list[tuple[str, int]]:
    return [(each.rule.name, each.span.line) for each in audit({"Dockerfile": text}, **rules).findings]


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("fedora", ["no-tag"]),
        ("fedora:latest", ["latest"]),
        ("fedora:25", ["moving-tag"]),
        ("fedora:25.1.2", ["no-digest"]),
        (f"fedora:25@{ONE}", []),
        (f"fedora:latest@{ONE}", []),
        (f"fedora@{ONE}", ["digest-without-tag"]),
        ("Fedora:25", ["no-reference"]),
        ("fedora:25@sha256:1", ["no-reference"]),
        ("$X", ["unresolvable-arg"]),
        ("fedora:${X:-25}", ["floating-arg"]),
        (f"fedora:${{X:-25}}@{ONE}", []),
        ("fedora:${X:-25.1.2}", ["no-digest"]),
        ("firethorn/base:1.0.0", []),
        ("firethorn/base:1.0.1", ["no-digest"]),
        (f"pyhton:3.12.1@{ONE}", ["look-alike"]),
        ("fedоra:25", ["look-alike"]),
        ("scratch", []),
        ("localhost:5000/x", ["no-tag"]),
    ],
)
def test_references(name: str, rules: list[str]) -> None:
    assert told(f"FROM {name}\n") == [(rule, 1) for rule in rules]


def test_a_rule_that_is_off_lets_the_next_speak() -> None:
    assert told("FROM fedora:25", moving_tag="off") == [("no-digest", 1)]
    assert told("FROM fedora:25", moving_tag="off", no_digest="off") == []
    assert told("ARG X=25\nFROM fedora:$X", floating_arg="off") == [("moving-tag", 2)]
    assert audit({"x": "FROM fedora:25"}, moving_tag="note").findings[0].severity is Severity.NOTE


def test_the_frontend() -> None:
    assert told("# syntax=docker/dockerfile:1\nFROM scratch") == [("floating-syntax", 1)]
    assert told("# syntax=docker/dockerfile:1.7.0\nFROM scratch") == [("no-digest", 1)]
    assert told(f"# syntax=docker/dockerfile:1@{ONE}\nFROM scratch") == []


def test_a_comment_with_a_reason_suppresses_what_stands_behind_it() -> None:
    text = (
        "# forebear: ignore=no-tag,FB021 because it is an example\nFROM fedora\n\n"
        "# forebear: ignore=FB021 because it is old\n"
        "# another comment\n\nRUN x; \\\n  apt-get install \\\n    curl\nFROM debian\n"
    )
    found = audit({"Dockerfile": text})
    assert [(each.rule.name, each.span.line) for each in found.findings] == [
        ("needless-suppression", 1),
        ("no-tag", 10),
    ]
    assert [(each.finding.rule.name, each.finding.span.line, each.reason) for each in found.suppressed] == [
        ("no-tag", 2, "it is an example"),
        ("unpinned-apt", 9, "it is old"),
    ]


def test_a_comment_between_continued_lines_and_one_for_the_whole_file() -> None:
    assert told("FROM fedora:25@" + ONE + "\nRUN apk add \\\n# forebear: ignore=FB023 because it is old\n  git\n") == []
    assert told("FROM fedora\nFROM debian\n#forebear: ignore-file = no-tag because these are examples") == []


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("ignore=no-tag", "the suppression of no-tag has no reason, and suppresses nothing"),
        ("ignore=no-tag because", "the suppression of no-tag has no reason, and suppresses nothing"),
        ("ignore=no-tag for now", "the suppression of no-tag has no reason, and suppresses nothing"),
        ("ignore no-tag because x", "this comment begins with forebear: and says nothing known"),
        ("ignroe=no-tag because x", "this comment begins with forebear: and says nothing known"),
        ("", "this comment begins with forebear: and says nothing known"),
        ("ignore=no-tga because x", "no rule is called no-tga"),
    ],
)
def test_a_comment_that_does_not_say_what_or_why(comment: str, said: str) -> None:
    first, second = audit({"x": f"# forebear: {comment}\nFROM fedora\n"}).findings
    assert (first.rule.name, first.problem, second.rule.name) == ("bad-suppression", said, "no-tag")


def test_needless_suppressions() -> None:
    text = f"# forebear: ignore=no-tag because x\nFROM fedora:25@{ONE}\n"
    assert told(text) == [("needless-suppression", 1)]
    assert told(text, no_tag="off") == []
    assert told("# forebear: ignore=needless-suppression because x\nFROM a:1.2.3@" + ONE) == [
        ("needless-suppression", 1)
    ]


def test_a_file_that_is_made_to_be_a_burden_is_told_of_in_short() -> None:
    found = audit({"x": "FROM a\n" * 2_000}).findings
    assert len(found) == 1_001
    assert "there are more than 1,000 findings here; the others are not told" in {each.problem for each in found}
    assert len(audit({"x": "FROM a\n" + "# forebear: ignore=latest because x\n" * 2_000}).findings) == 1_001


def test_one_ancestor_at_two_digests() -> None:
    files = {
        "a": f"FROM x:1.2.3@{ONE}",
        "b": f"FROM docker.io/library/x:1.2.3@{ONE}\nFROM x:1.2.4@{TWO}",
        "c": f"FROM y:1.2.3@{TWO} AS z\nCOPY --from=x:1.2.3@{TWO} / /",
    }
    (found,) = audit(files).findings
    assert (found.rule.name, found.file, found.span.line) == ("skew", "c", 2)
    assert found.problem.endswith("elsewhere it has the digest sha256:111111111111…, as in a:1")
    assert audit({path: files[path] for path in "ab"}).findings == ()
    hidden = audit({**files, "c": files["c"].replace("\n", "\n# forebear: ignore=skew because it is tried\n")})
    assert (hidden.findings, len(hidden.suppressed)) == ((), 1)


def test_a_fingerprint_stays_when_lines_move_and_tells_equal_ones_apart() -> None:
    first = [each.fingerprint for each in audit({"x": "FROM a\nFROM a\nFROM b"}).findings]
    second = [each.fingerprint for each in audit({"x": "# c\n\nFROM b\nFROM a\nRUN y\nFROM a"}).findings]
    assert len(set(first)) == 3
    assert sorted(first) == sorted(second)
    assert not {*first} & {each.fingerprint for each in audit({"y": "FROM a\nFROM b"}).findings}


def test_bytes_that_are_no_text_do_not_get_into_messages() -> None:
    for each in audit({"x": b"FROM a\xff:1\nRUN apk add \xfe\n"}).findings:
        (each.problem + each.action).encode()
