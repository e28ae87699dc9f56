from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.errors import InputError
from forebear.pins.lock import FILE, Lock, Pin, read, write
from forebear.reference import Reference

FEDORA = Reference.parse("fedora:25")
JDK = Reference.parse("registry.example.org:5000/team/jdk:17")


def digest(digit: str) -> str:
    return "sha256:" + digit * 64


PLATFORMS = (("linux/amd64", digest("2")), ("linux/arm64", digest("3")))
LOCK = Lock(
    "firethorn", {JDK: Pin(JDK, digest("4"), local=True), FEDORA: Pin(FEDORA, digest("1"), platforms=PLATFORMS)}
)
TEXT = f"""\
{{
  "lock": 1,
  "project": "firethorn",
  "upstreams": {{
    "docker.io/library/fedora:25": {{
      "digest": "{digest("1")}",
      "platforms": {{
        "linux/amd64": "{digest("2")}",
        "linux/arm64": "{digest("3")}"
      }}
    }},
    "registry.example.org:5000/team/jdk:17": {{
      "local": true,
      "image": "{digest("4")}"
    }}
  }}
}}
"""
AGAIN = "get it back from version control, or remove it and run: forebear lock"
HEX = st.text("0123456789abcdef", min_size=64, max_size=64).map("sha256:{}".format)
REFERENCES = st.builds(
    "{}/{}:{}".format,
    st.sampled_from(["docker.io/library", "localhost:5000/a", "registry.example.org/x"]),
    st.text("abcxyz019", min_size=1, max_size=4),
    st.text("abc.019", min_size=1, max_size=4).filter(lambda tag: tag[0] != "."),
).map(Reference.parse)
PINS = st.builds(Pin, REFERENCES, HEX, local=st.just(True)) | st.builds(
    Pin,
    REFERENCES,
    HEX,
    platforms=st.dictionaries(st.sampled_from(["linux/amd64", "linux/arm64"]), HEX).map(
        lambda d: tuple(sorted(d.items()))
    ),
)


def said(data: bytes | str, project: str = "firethorn") -> list[str]:
    with pytest.raises(InputError) as caught:
        read(data.encode() if isinstance(data, str) else data, project)
    assert caught.value.exit_code == 2
    assert all(fault.place.file == FILE for fault in caught.value.faults)
    return [str(fault).removesuffix(f"; {AGAIN}") for fault in caught.value.faults]


def changed(**fields: Any) -> str:
    document: dict[str, Any] = json.loads(TEXT) | fields
    return json.dumps({name: value for name, value in document.items() if value is not None})


def entry(value: object, name: str = "docker.io/library/fedora:25") -> str:
    return changed(upstreams={name: value})


def test_the_text_of_a_lock_is_sorted_and_always_the_same() -> None:
    assert write(LOCK).decode() == TEXT
    backwards = Lock("firethorn", dict(list(LOCK.pins.items())[::-1]))
    assert write(backwards) == write(LOCK)


def test_a_lock_comes_back_from_its_text() -> None:
    assert read(TEXT.encode(), "firethorn") == LOCK
    assert read(TEXT.encode(), "firethorn").pin(FEDORA) == LOCK.pins[FEDORA]
    assert read(TEXT.encode(), "firethorn").pin(Reference.parse("fedora:26")) is None


@given(st.lists(PINS, max_size=4, unique_by=lambda pin: pin.upstream))
def test_any_lock_comes_back_from_its_text(pins: list[Pin]) -> None:
    lock = Lock("firethorn", {pin.upstream: pin for pin in pins})
    again = read(write(lock), "firethorn")
    assert again == lock
    assert write(again) == write(lock)


def test_a_lock_that_is_cut_short_anywhere_is_no_lock() -> None:
    whole = write(LOCK)
    for end in range(len(whole) - 1):
        (message,) = said(whole[:end])
        assert "it is cut short" in message or "it is no JSON" in message, message
    assert read(whole[:-1], "firethorn") == LOCK


@pytest.mark.parametrize("end", [0, 1, 40, 120])
def test_a_lock_that_is_cut_short_is_told_as_that_with_the_place(end: int) -> None:
    text = TEXT[:end]
    line, column = text.count("\n") + 1, len(text.rpartition("\n")[2])
    (message,) = said(text)
    assert message.endswith("it is cut short")
    assert message.startswith(f"lineage.lock:{line}:")
    assert column >= 0


def judged(data: bytes) -> Lock | None:
    """The lock that bytes are, if they are one; nothing but an InputError may say that they are not."""
    with suppress(InputError):
        return read(data, "firethorn")
    return None


@given(st.binary(max_size=60))
def test_any_bytes_are_a_lock_or_an_input_error(data: bytes) -> None:
    assert judged(data) is None


@given(st.data())
def test_a_lock_with_a_changed_byte_is_a_lock_or_an_input_error(data: st.DataObject) -> None:
    whole = bytearray(write(LOCK))
    whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    lock = judged(bytes(whole))
    assert lock is None or judged(write(lock)) == lock


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | HEX,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["digest", "image", "local", "platforms", "x"]), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(st.dictionaries(REFERENCES.map(str) | st.text(max_size=4), JSON, max_size=3))
def test_any_upstreams_are_a_lock_or_an_input_error(upstreams: dict[str, Any]) -> None:
    lock = judged(changed(upstreams=upstreams).encode())
    assert lock is None or judged(write(lock)) == lock


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lineage.lock:1:1: it is cut short"),
        ("[]", "lineage.lock: lock: it is not of format 1"),
        ("7", "lineage.lock: lock: it is not of format 1"),
        (changed(lock=2), "lineage.lock: lock: it is not of format 1"),
        (changed(lock=None), "lineage.lock: lock: it is not of format 1"),
        (changed(project="other"), "lineage.lock: project: it belongs to the project 'other', not to 'firethorn'"),
        (changed(project=None), "lineage.lock: project: it belongs to the project None, not to 'firethorn'"),
        (changed(upstreams=[]), "lineage.lock: upstreams: it is missing"),
        (TEXT.replace("{", "[", 1), "lineage.lock:2:9: it is no JSON: Expecting ',' delimiter"),
        ("<<<<<<< ours\n" + TEXT, "lineage.lock:1:1: it is no JSON: Expecting value"),
        ('{"lock": 1, "lock": 1}', 'lineage.lock: it has "lock" twice'),
        ("[" * 100_000, "lineage.lock: it is nested too deeply"),
        ('{"lock": ' + "9" * 5000 + "}", "lineage.lock: lock: it is not of format 1"),
    ],
    ids=range(13),
)
def test_what_is_no_lock_is_told(text: str, message: str) -> None:
    assert said(text) == [message]


def test_text_that_is_not_utf8_is_told() -> None:
    assert said(b'{"lock": "\xff\xff\xff"}') == ["lineage.lock: it is not UTF-8"]


NO_DIGEST = "it has no digest, or one that is none"


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        [],
        {},
        {"digest": None},
        {"digest": "sha256:1"},
        {"digest": digest("A")},
        {"image": digest("1")},
        {"local": True, "digest": digest("1")},
        {"local": "yes", "image": digest("1")},
        {"digest": digest("1"), "platforms": []},
        {"digest": digest("1"), "platforms": None},
        {"digest": digest("1"), "platforms": {"linux/amd64": "x"}},
        {"digest": digest("1"), "platforms": {"linux/amd64": None}},
    ],
)
def test_an_entry_without_a_digest_is_told(value: object) -> None:
    assert said(entry(value)) == [f"lineage.lock: upstreams.docker.io/library/fedora:25: {NO_DIGEST}"]


def test_all_faults_are_told_at_once() -> None:
    upstreams = {"docker.io/library/fedora:25": {}, "Bad Name": {}, "fedora:26": {"digest": digest("1")}}
    messages = said(changed(upstreams=upstreams))
    assert len(messages) == 3
    assert messages[0].startswith("lineage.lock: upstreams.Bad Name: 'Bad Name' holds white space")
    assert messages[1].endswith(NO_DIGEST)
    assert messages[2] == "lineage.lock: upstreams.fedora:26: it is not written in full, as docker.io/library/fedora:26"


def test_every_fault_says_what_to_do() -> None:
    with pytest.raises(InputError) as caught:
        read(b"", "firethorn")
    assert caught.value.faults[0].action == AGAIN


class TestPin:
    def test_a_dockerfile_names_an_upstream_with_its_digest(self) -> None:
        assert str(LOCK.pins[FEDORA].reference) == f"docker.io/library/fedora:25@{digest('1')}"

    def test_a_local_one_by_its_tag_alone_since_only_one_engine_knows_the_id(self) -> None:
        assert LOCK.pins[JDK].reference == JDK

    def test_an_engine_is_asked_for_the_digest_of_the_platform(self) -> None:
        pin = LOCK.pins[FEDORA]
        assert pin.source("linux/arm64") == f"docker.io/library/fedora@{digest('3')}"
        assert pin.source("linux/riscv64") == f"docker.io/library/fedora@{digest('1')}"

    def test_an_engine_is_asked_for_the_id_of_a_local_one(self) -> None:
        assert LOCK.pins[JDK].source("linux/amd64") == digest("4")
