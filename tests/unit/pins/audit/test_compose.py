from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear import api
from forebear.pins.audit.compose import read
from forebear.pins.audit.dotenv import variables
from forebear.pins.audit.expansion import MAX_LENGTH
from forebear.pins.audit.interpolation import interpolate, substituted
from forebear.pins.audit.model import Trouble, Use

from .reading import selected, told

if TYPE_CHECKING:
    from pathlib import Path


def test_images_of_services_volumes_and_contexts() -> None:
    text = """\ufeff# é
services:
  web:
    image: 'nginx:1.25'  # the front
    volumes: [{type: image, source: alpine:3}, {type: bind, source: ./x}, data:/x]
    build:
      additional_contexts: {base: docker-image://debian:12, src: ./x, other: service:db}
  db:
    image: "postgres:15"
  old: {build: {additional_contexts: ["base=docker-image://debian:11", x=https://y]}}
"""
    assert told(read, text) == [
        "image of a service: nginx:1.25 -> nginx:1.25 local",
        "image of a volume: alpine:3 -> alpine:3 (alpine:3)",
        "additional context: debian:12 -> debian:12 (debian:12)",
        "image of a service: postgres:15 -> postgres:15 (postgres:15)",
        "additional context: debian:11 -> debian:11 (debian:11)",
    ]


def test_what_a_service_builds_is_local() -> None:
    assert told(read, "services: {a: {image: me/a:1, build: .}}") == ["image of a service: me/a:1 -> me/a:1 local"]


def test_the_first_format_had_no_services() -> None:
    assert told(read, "web:\n  image: nginx\nversion: '1'\n") == ["image of a service: nginx -> nginx (nginx)"]


def test_merged_services_are_told_once_where_they_are_written() -> None:
    text = "x-base: &b {image: redis:7}\nservices:\n  a: {<<: *b}\n  b: {<<: *b}\n  c: *b\n"
    assert told(read, text) == ["image of a service: redis:7 -> redis:7 (redis:7)"]


def test_a_key_that_is_there_twice_hides_nothing() -> None:
    assert told(read, "services: {a: {image: x:1, image: y:2}}") == [
        "image of a service: x:1 -> x:1 (x:1)",
        "image of a service: y:2 -> y:2 (y:2)",
    ]


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ("|\n    x:1\n", "x:1 -> x:1 (x:1)"),
        (">-\n    x:1\n", "x:1 -> x:1 (x:1)"),
        ('"x\\x3a1"', '"x\\x3a1" -> x:1'),
        ("&i x:1", "x:1 -> x:1 (x:1)"),
        ("!!str x:1", "x:1 -> x:1 (x:1)"),
        ("x\n   y", "x\n   y -> x y"),
    ],
)
def test_scalars_of_every_form(written: str, line: str) -> None:
    assert told(read, f"services:\n a:\n  image: {written}\n") == [f"image of a service: {line}"]


@pytest.mark.parametrize("written", ["", "~", "null", "''", "[x]", "{x: y}", "${A:-}", "${A:+x:1}"])
def test_what_is_no_image(written: str) -> None:
    assert told(read, f"services:\n  a:\n    image: {written}\n") == []


@pytest.mark.parametrize(
    ("text", "value", "written"),
    [
        ("nginx:1.25", "nginx:1.25", "nginx:1.25"),
        ("${IMAGE:-nginx:1.25}", "nginx:1.25", "nginx:1.25"),
        ("${IMAGE-nginx:1.25}", "nginx:1.25", "nginx:1.25"),
        ("${A:-${B:-nginx:1.25}}", "nginx:1.25", "nginx:1.25"),
        ("nginx:${TAG:-1.25}", "nginx:1.25", None),
        ("${R:-docker.io}/nginx:${TAG-1}", "docker.io/nginx:1", None),
        ("${A:-x}${B:-y}", "xy", None),
        ("a$$b", "a$b", None),
        ("$$", "$", None),
        ("a$1", "a$1", None),
        ("${A:+x}", "", None),
        ("${A+x}b", "b", None),
        ("${A:-}", "", ""),
        ("$A", None, None),
        ("x:${A}", None, None),
        ("${A:?no}", None, None),
        ("${A?no}", None, None),
        ("${A:-${B}}", None, None),
        ("${A/x/y}", None, None),
        ("${A", None, None),
        ("${A:-x", None, None),
        ("${}", None, None),
    ],
)
def test_interpolation(text: str, value: str | None, written: str | None) -> None:
    done = interpolate(text)
    assert done.value == value
    assert (text[slice(*done.written)] if done.written else None) == written


def test_interpolation_names_its_variables() -> None:
    done = interpolate("${A:-x}/${B}:${C:-${B}}")
    assert (done.via, done.unset) == (("A", "B", "C"), ("B",))


def test_interpolation_is_bounded() -> None:
    assert interpolate("${A:-" * 100 + "}" * 100).value is None
    assert interpolate("${A:-" * (MAX_LENGTH * 3)).value is None


KNOWN = {"TAG": "1.25", "BLANK": "", "IMAGE": "nginx:1.25"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("nginx:$TAG", "nginx:1.25"),
        ("nginx:${TAG}", "nginx:1.25"),
        ("nginx:${TAG:-2}", "nginx:1.25"),
        ("nginx:${TAG-2}", "nginx:1.25"),
        ("nginx:${TAG:?no}", "nginx:1.25"),
        ("nginx:${TAG?no}", "nginx:1.25"),
        ("nginx:${TAG:+2}", "nginx:2"),
        ("nginx:${TAG+2}", "nginx:2"),
        ("x${BLANK}", "x"),
        ("x${BLANK:-2}", "x2"),
        ("x${BLANK-2}", "x"),
        ("x${BLANK:?no}", None),
        ("x${BLANK?no}", "x"),
        ("x${BLANK:+2}", "x"),
        ("x${BLANK+2}", "x2"),
        ("${OTHER:-${IMAGE}}", "nginx:1.25"),
        ("${IMAGE:-${OTHER}}", "nginx:1.25"),
        ("$OTHER", None),
    ],
)
def test_interpolation_with_variables(text: str, value: str | None) -> None:
    done = interpolate(text, KNOWN)
    assert done.value == value
    assert done.written is None


def test_what_an_env_file_sets() -> None:
    text = b"""\xef\xbb\xbf# c
A=1.25  # the front
export B = ' $A # x '
C="$A-\\"x\\""
D: ${A:-2}.${Z:-3}
E=
F
G='two
lines'
H=$F
A=2
1=x
"""
    assert variables(text) == {"A": "2", "B": " $A # x ", "C": '1.25-"x"', "D": "1.25.3", "E": "", "H": ""}


@given(st.text("A=\"'$#{}:- \\\n", max_size=30).map(str.encode) | st.binary(max_size=30))
def test_every_env_file_is_read(data: bytes) -> None:
    assert all("\n" not in value for value in variables(data).values())


def test_values_that_are_made_to_grow_are_bounded() -> None:
    known = variables(b"A=" + b"x" * 2_000 + b"\n" + b"A=$A$A\n" * 100)
    assert len(known["A"]) == 4_000
    assert interpolate("$A$A", known).value is None
    assert substituted("$A" * 1_000, known) is None
    text = 'services: {a: {build: {dockerfile_inline: "FROM x:1\\n' + "$A" * 1_000 + '"}}}'
    assert {one.span.line for one in read(text.encode(), "", b"A=" + b"x" * 4_000)} == {1}


def test_the_env_file_beside_a_compose_file_sets_its_variables(tmp_path: Path) -> None:
    for folder in ("a", "b", "c"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "compose.yml").write_text("services: {x: {image: 'nginx:${TAG}'}}\n")
    (tmp_path / "a/.env").write_text("TAG=1.25\n")
    (tmp_path / "secret").write_text("TAG=hidden\n")
    (tmp_path / "b/.env").symlink_to("../secret")
    assert [(each.file, each.rule.name, each.problem) for each in api.audit_files(tmp_path, ["."]).findings] == [
        (
            "a/compose.yml",
            "floating-arg",
            "image of a service nginx:${TAG} (nginx:1.25) moves: 1.25 is a bare minor version",
        ),
        *(
            (
                f"{folder}/compose.yml",
                "unresolvable-arg",
                "image of a service nginx:${TAG} depends on TAG, which has no value",
            )
            for folder in "bc"
        ),
    ]


def test_dockerfiles_in_a_compose_file() -> None:
    text = """\
services:
  a: &a
    build:
      dockerfile_inline: |
        # é
        ARG B=debian:12
        FROM $$B AS y
          FROM nginx:1.25 \\
            AS x
        COPY --from=alpine:3 / /
        RUN x > /dev/full <<A
        FROM b
        A
  b: *a
  c: {build: {dockerfile_inline: "FROM busybox:1\\nFROM x:$T"}}
  d:
    build:
      dockerfile_inline: FROM fedora:25
"""
    found = list(read(text.encode(), "", b"T=7\n"))
    assert [(one.kind, one.text, one.resolved, one.span.line) for one in found if isinstance(one, Use)] == [
        ("FROM", "$B", "debian:12", 7),
        ("FROM", "nginx:1.25", "nginx:1.25", 8),
        ("COPY --from", "alpine:3", "alpine:3", 10),
        ("FROM", "busybox:1", "busybox:1", 15),
        ("FROM", "x:7", "x:7", 15),
        ("FROM", "fedora:25", "fedora:25", 18),
    ]
    exact = [one for one in found if isinstance(one, Use) and one.written]
    assert [selected(one.written, text.encode()) for one in exact if one.written] == [
        "debian:12",
        "nginx:1.25",
        "alpine:3",
    ]
    assert [one.begins for one in exact] == [7, 8, 10]


def test_a_dockerfile_in_a_compose_file_that_is_refused() -> None:
    text = "services:\n  a:\n    build:\n      dockerfile_inline: |\r\n\n        FROM a:1\r\n        FRMO x\n"
    assert [(each.rule, each.span.line) for each in read(text.encode(), "") if isinstance(each, Trouble)] == [
        ("refused", 7)
    ]
