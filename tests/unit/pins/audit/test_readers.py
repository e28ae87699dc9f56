"""What holds for every reader: it raises nothing, and every span selects what it says."""

from __future__ import annotations

import pytest
from hypothesis import given

from forebear.pins.audit import written
from forebear.pins.audit.kinds import Kind, reader
from forebear.pins.audit.written import MAX_BYTES

from .reading import checked, documents, ragged, told

KINDS = [kind for kind in Kind if kind is not Kind.DOCKERFILE]


@given(ragged() | documents())
def test_whatever_the_bytes_are(data: bytes) -> None:
    for kind in KINDS:
        checked(reader(kind), data)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"# \xc3\xa9\nimage: \xff\n", "2:8: byte 0xff is not UTF-8"),
        (b"\xef\xbb\xbfimage: \x00\n", None),
        (b"image: " + b"[" * 100_000, None),
        (b"image: " + b"{a: " * 100_000, None),
        (b"image" * (MAX_BYTES // 5 + 1), "0:0: the file is larger than 8 MiB, and was not read"),
    ],
)
def test_what_is_not_what_it_seems(kind: Kind, data: bytes, line: str | None) -> None:
    lines = told(reader(kind), data)
    assert len(lines) == 1
    assert line is None or lines == [line]


BOMB = "\n".join(["a0: &a0 {image: x:1}", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40))])
HEADS = {
    Kind.KUBERNETES: "apiVersion: v1\nkind: Pod\n",
    Kind.COMPOSE: "services: {a: *a0}\n",
    Kind.GITHUB: "jobs: {a: {container: *a0}}\n",
}


@pytest.mark.parametrize("kind", KINDS)
def test_alias_bombs(kind: Kind) -> None:
    checked(reader(kind), f"{BOMB}\n{HEADS.get(kind, '')}".encode())


IMAGES = {
    Kind.COMPOSE: "services: {{a: {{image: '{0}'}}}}",
    Kind.KUBERNETES: "apiVersion: v1\nkind: Pod\nspec: {{containers: [{{image: '{0}'}}]}}\n",
    Kind.HELM: "image: '{0}'",
    Kind.GITHUB: "jobs: {{a: {{container: '{0}'}}}}",
    Kind.GITLAB: "image: '{0}'",
    Kind.DEVCONTAINER: '{{"image": "{0}"}}',
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("piece", ["${A:-", "${{ ", "${{ a || ", "$A", "{{ ", "/*", "x"])
def test_a_text_that_is_no_image_by_far(kind: Kind, piece: str) -> None:
    lines = told(reader(kind), IMAGES[kind].format(piece * 5_000))
    if kind is Kind.KUBERNETES and "{{" in piece:  # a template, of which only plain lines are read
        assert lines == []
    else:
        assert [line.partition("characters ")[2] for line in lines] == ["stands where an image belongs"]


@pytest.mark.parametrize("start", ['"\\\\', "/*", "//", '"'])
def test_strings_and_comments_without_an_end(start: str) -> None:
    assert len(told(reader(Kind.DEVCONTAINER), '{"image": ' + start * 30_000)) == 1


def test_images_beyond_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(written, "MAX_USES", 3)
    *some, last = told(
        reader(Kind.COMPOSE), "services: {a: {image: x:1}, b: {image: x:2}, c: {image: x:3}, d: {image: x:4}}"
    )
    assert len(some) == 3
    assert last.endswith("the file names more than 3 images; those from here on were not judged")
