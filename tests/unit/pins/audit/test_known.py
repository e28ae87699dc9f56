from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.pins.audit import wellknown
from forebear.pins.audit.known import Known
from forebear.pins.audit.slips import is_slip
from forebear.reference import Reference


def told(text: str, known: Known | None = None) -> list[str]:
    return [each.rule for each in (known or Known()).verdicts(Reference.parse(text))]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("docker.io/libary/nginx", "docker.io/library/nginx"),
        ("gcr.io/gooogle/x", "gcr.io/google/x"),
        ("pyhton:3", "docker.io/library/python"),
        ("ubunut", "docker.io/library/ubuntu"),
        ("docker.lo/library/nginx", "docker.io/library/nginx"),
        ("ghrc.io/x/y", "ghcr.io/x/y"),
        ("quay.io.example.org/x", "quay.io/x"),
        ("docker.io-mirror.example/x", "docker.io/x"),
        ("rnicrosoft/x", "docker.io/microsoft/x"),
        ("g00gle/x", "docker.io/google/x"),
    ],
)
def test_a_slip_is_told_with_what_was_meant(text: str, meant: str) -> None:
    (verdict,) = Known().verdicts(Reference.parse(text))
    assert verdict.rule == "look-alike"
    assert verdict.problem == f"{Reference.parse(text).name} looks like {meant}, and is another name"


@pytest.mark.parametrize(
    "text",
    [
        "nginx",
        "node",
        "gcr.io/x/y",
        "ghcr.io/x",
        "registry.example.org/python",
        "acme/pyhton",
        "base",
        "myregistry:5000/x",
    ],
)
def test_other_names_are_let_be(text: str) -> None:
    assert told(text) == []


@pytest.mark.parametrize("name", sorted(wellknown.OFFICIAL))
def test_no_official_image_is_a_slip(name: str) -> None:
    assert told(f"docker.io/library/{name}") == []


@pytest.mark.parametrize("name", sorted(wellknown.REGISTRIES))
def test_no_known_registry_is_a_slip(name: str) -> None:
    assert told(f"{name}/x/y") == []


def test_names_of_the_settings() -> None:
    known = Known(names=["docker.io/gooogle", "ghcr.io/firethorn"])
    assert told("docker.io/gooogle/x", known) == []
    assert told("ghcr.io/firethron/x", known) == ["look-alike"]
    assert told("docker.io/firethron/x", known) == []


def test_only_what_is_allowed() -> None:
    known = Known(allowed=["docker.io/library", "registry.example.org:5000"])
    assert told("fedora:25", known) == told("registry.example.org:5000/x/y", known) == []
    (verdict,) = known.verdicts(Reference.parse("quay.io/x/y"))
    assert (verdict.rule, verdict.action) == (
        "not-allowed",
        "take it from docker.io/library or registry.example.org:5000",
    )
    assert told("docker.io/libraryx/y", known) == ["look-alike", "not-allowed"]
    assert told("registry.example.org:5001/x", known) == ["look-alike", "not-allowed"]


def test_slips_are_told_in_a_registry_that_is_allowed_and_open_to_all() -> None:
    known = Known(allowed=["docker.io", "ghcr.io/firethorn", "registry.example.org", "docker.io/library/pyhton"])
    assert told("ubunut", known) == told("libary/nginx", known) == ["look-alike"]
    assert told("ghcr.io/firethron/x", known) == ["look-alike", "not-allowed"]
    assert told("pyhton", known) == told("ghcr.io/firethorn/pyhton", known) == []
    assert told("registry.example.org/gooogle/x", known) == []
    assert told("ubunut", Known(allowed=["docker.io/library"])) == ["look-alike"]
    assert told("ubunut", Known(allowed=["docker.io"], names=["docker.io/library/ubunut"])) == []


def test_letters_that_look_like_others() -> None:
    (verdict,) = Known().disguised("dоcker.io/x")
    assert "о (U+043E, cyrillic small letter o)" in verdict.problem
    assert [*Known().disguised("UPPER")] == []


WORDS = st.text("abc", min_size=1, max_size=6)


@given(WORDS, WORDS)
def test_a_slip_is_mutual_and_never_of_itself(one: str, other: str) -> None:
    assert is_slip(one, other) == is_slip(other, one)
    assert not is_slip(one, one)


@given(WORDS, st.data())
def test_every_single_slip_is_one(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(word) - 1))
    for other in (word[:at] + "x" + word[at:], word[:at] + "x" + word[at + 1 :], word[:at] + word[at + 1 :]):
        assert is_slip(other, word)
    swapped = word[:at] + word[at : at + 2][::-1] + word[at + 2 :]
    assert swapped == word or is_slip(swapped, word)


@given(WORDS, st.integers(2, 4))
def test_two_more_characters_are_no_slip(word: str, more: int) -> None:
    assert not is_slip(word + "x" * more, word)
