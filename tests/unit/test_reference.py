from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.reference import Reference, ReferenceFault, is_digest, is_image_name, is_registry, is_tag

DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("fedora", "docker.io/library/fedora"),
        ("fedora:25", "docker.io/library/fedora:25"),
        ("docker.io/fedora:25", "docker.io/library/fedora:25"),
        ("index.docker.io/library/fedora:25", "docker.io/library/fedora:25"),
        ("library/fedora", "docker.io/library/fedora"),
        ("firethorn/tomcat:2.1.7", "docker.io/firethorn/tomcat:2.1.7"),
        ("localhost/x", "localhost/x"),
        ("localhost:5000/x:1", "localhost:5000/x:1"),
        ("localhost:5000", "docker.io/library/localhost:5000"),
        ("registry.example.org/a/b/c", "registry.example.org/a/b/c"),
        ("HOST/x", "HOST/x"),
        ("[::1]:5000/x", "[::1]:5000/x"),
        (f"fedora@{DIGEST}", f"docker.io/library/fedora@{DIGEST}"),
        (f"fedora:25@{DIGEST}", f"docker.io/library/fedora:25@{DIGEST}"),
        (f"a/b@sha512:{'0' * 128}", f"docker.io/a/b@sha512:{'0' * 128}"),
        ("a__b/c--d/e.f:_x-Y.z", "docker.io/a__b/c--d/e.f:_x-Y.z"),
    ],
)
def test_a_reference_is_read_as_docker_normalises_it(text: str, canonical: str) -> None:
    assert str(Reference.parse(text)) == canonical


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the reference is empty; write registry/repository:tag@digest"),
        ("fedora 25", "'fedora 25' holds white space or a control character;"),
        ("fedora:25\n", "holds white space"),
        (
            "https://example.org/x",
            'begins like a URL; write registry/repository:tag@digest without "https://"',
        ),
        ("0123456789abcdef" * 4, "is an image ID, which names no repository"),
        ("Fedora:25", '"Fedora" has upper-case letters; write fedora'),
        ("fedora:", '"" is no tag; use at most 128 letters'),
        ("fedora:-1", '"-1" is no tag'),
        ("fedora:" + "x" * 129, "is no tag"),
        ("fedora@", '"" is no digest; write sha256:'),
        ("fedora@sha256:12", '"sha256:12" is no digest'),
        (f"fedora@{DIGEST.upper()}", "is no digest"),
        (f"fedora@{DIGEST}:25", "is no digest"),
        ("a..b", '"a..b" is no repository name'),
        ("a___b", '"a___b" is no repository name'),
        ("a//b", '"a//b" is no repository name'),
        ("/a", '"/a" is no repository name'),
        ("a/", '"a/" is no repository name'),
        ("exa_mple.org/x", '"exa_mple.org" is no registry; write host or host:port'),
        ("host:port/x", '"host:port" is no registry'),
        ("$BASE", '"$BASE" has upper-case'),
        ("x/" * 127 + "xyz", "is too long; a name has at most 255 characters"),
        ("é", "is no repository name"),
        ("fedora:２５", "is no tag"),
    ],
)
def test_a_text_that_is_no_reference_is_told_why(text: str, message: str) -> None:
    if text == "$BASE":
        message = '"$BASE" is no repository name'
    with pytest.raises(ReferenceFault) as caught:
        Reference.parse(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "familiar"),
    [
        ("docker.io/library/fedora:25", "fedora:25"),
        ("docker.io/firethorn/tomcat:2.1.7", "firethorn/tomcat:2.1.7"),
        ("docker.io/library/a/b", "library/a/b"),
        ("localhost:5000/x:1", "localhost:5000/x:1"),
        ("docker.io/foo.bar/x", "docker.io/foo.bar/x"),
        ("docker.io/localhost/x", "docker.io/localhost/x"),
        (f"docker.io/library/{'ab' * 32}", f"docker.io/library/{'ab' * 32}"),
    ],
)
def test_the_familiar_form_leaves_out_only_what_goes_without_saying(text: str, familiar: str) -> None:
    assert Reference.parse(text).familiar == familiar


def test_a_reference_floats_without_a_digest_and_a_tag_that_stays() -> None:
    floating = [Reference.parse(t).floating for t in ("a", "a:latest", "a:1", f"a@{DIGEST}", f"a:latest@{DIGEST}")]
    assert floating == [True, True, False, False, False]


def test_parts_are_replaced_and_checked() -> None:
    base = Reference.parse("fedora")
    assert str(base.with_tag("25").with_digest(DIGEST)) == f"docker.io/library/fedora:25@{DIGEST}"
    assert base.with_tag("25").untagged() == base
    assert base.name == "docker.io/library/fedora"
    with pytest.raises(ReferenceFault, match='"a b" is no tag'):
        base.with_tag("a b")
    with pytest.raises(ReferenceFault, match='"x" is no digest'):
        base.with_digest("x")


def test_references_sort_by_their_parts_and_an_absent_part_comes_first() -> None:
    texts = [f"a:1@{DIGEST}", "b", "a:1", f"a@{DIGEST}", "a", "localhost/a"]
    ordered = [r.familiar for r in sorted(map(Reference.parse, texts))]
    assert ordered == ["a", f"a@{DIGEST}", "a:1", f"a:1@{DIGEST}", "b", "localhost/a"]


def test_the_small_grammars() -> None:
    assert [is_image_name(t) for t in ("tomcat", "a.b", "a/b", "A", "", "a_", "a\n")] == [True, True] + [False] * 5
    assert [is_tag(t) for t in ("2.1.7-rc.1", "_", "2.1.7+x", "", "1\n")] == [True, True, False, False, False]
    assert [is_digest(t) for t in (DIGEST, "sha256:", "md5:" + "0" * 32)] == [True, False, False]
    registries = ("registry.example.org", "localhost:5000", "plain", "host:", "a.b/c")
    assert [is_registry(t) for t in registries] == [True, True, False, False, False]


ALPHABET = string.ascii_lowercase[:3] + "A0.:/@_-[]" + "\n é"


@given(st.text(ALPHABET, max_size=30) | st.text(max_size=30))
def test_any_text_is_refused_or_read_back_the_same(text: str) -> None:
    try:
        reference = Reference.parse(text)
    except ReferenceFault:
        return
    assert Reference.parse(str(reference)) == reference
    assert Reference.parse(reference.familiar) == reference
