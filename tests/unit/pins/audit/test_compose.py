from __future__ import annotations

import pytest

from forebear.pins.audit.compose import read
from forebear.pins.audit.expansion import MAX_LENGTH
from forebear.pins.audit.interpolation import interpolate

from .reading import told


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
