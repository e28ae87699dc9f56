from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.build.key import Input, Inputs
from forebear.errors import InputError
from forebear.release.record import Record, path_of, read, schema_text, write

if TYPE_CHECKING:
    from collections.abc import Callable

D = f"sha256:{'1' * 64}"
INPUTS = Inputs((Input("platform", "", "linux/amd64"),), "c", (("a", "b"),), (Input("scratch", "", "scratch scratch"),))
ENGINE = {
    "version": "28.5.2",
    "api": "1.51",
    "store": "overlay2",
    "platform": "linux/amd64",
    "builder": "BuildKit v0.26.3",
}
MADE: dict[str, Any] = {
    "manifest": D,
    "image": D,
    "layers": [{"digest": D, "diff_id": D, "size": 3}],
    "size": 3,
    "key": INPUTS.key,
    "components": {
        "own": [{"kind": "platform", "name": "", "value": "linux/amd64"}],
        "bases": [{"kind": "scratch", "name": "", "value": "scratch scratch"}],
        "context": "c",
        "files": {"a": "b"},
    },
    "requires": [{"kind": "os", "value": "fedora:25", "outcome": "passed"}],
    "gates": [{"name": "serves", "outcome": "passed", "seconds": 0.5}],
    "built": {"seconds": 12.5, "engine": ENGINE},
    "pushed": 1.5,
}
DOCUMENT: dict[str, Any] = {
    "record": 1,
    "project": "firethorn",
    "version": "2.1.7",
    "registry": "registry.example.org",
    "published": "2026-11-24T10:00:00Z",
    "revision": {"commit": "a" * 40, "clean": True},
    "engine": ENGINE,
    "upstreams": {},
    "images": {
        "fedora": {
            "reference": "registry.example.org/firethorn/fedora:2.1.7",
            "digest": D,
            "parent": {"kind": "scratch", "name": "scratch"},
            "platforms": {"linux/amd64": MADE},
        }
    },
}


def text(document: object = DOCUMENT) -> bytes:
    return (json.dumps(document, indent=2) + "\n").encode()


def changed(change: Callable[[Any], object]) -> bytes:
    document = json.loads(text())
    change(document)
    return text(document)


def said(data: bytes) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(data, "r.json")
    return [str(fault) for fault in caught.value.faults]


def record() -> Record:
    return read(text(), "r.json")


def test_a_record_is_written_as_it_was_read() -> None:
    assert write(record()) == text()
    assert path_of("2.1.7") == "releases/2.1.7.json"


def test_the_key_is_the_digest_of_its_components() -> None:
    made = record().images["fedora"].platforms["linux/amd64"]
    assert made.components.inputs == INPUTS
    assert made.key == made.components.inputs.key


WAY_OUT = "; a record is never changed: get it back from version control"


def test_every_fault_is_told_with_its_place() -> None:
    def spoil(document: Any) -> None:
        del document["version"]
        document["images"]["fedora"]["more"] = 1
        document["engine"]["api"] = 1

    assert said(changed(spoil)) == [
        f"r.json: engine.api: it is not what it has to be: Input should be a valid string{WAY_OUT}",
        f"r.json: images.fedora.more: it is no key of a record{WAY_OUT}",
        f"r.json: version: it is missing{WAY_OUT}",
    ]


def test_a_parent_that_is_not_in_the_record_is_told() -> None:
    def spoil(document: Any) -> None:
        document["images"]["fedora"]["parent"] = {"kind": "parent", "name": "base"}

    assert said(changed(spoil)) == [
        f'r.json: images.fedora.parent: it names the image "base", which is not in the record{WAY_OUT}'
    ]


@given(st.integers(0, len(text()) - 2))
def test_a_record_that_is_cut_short_is_told(length: int) -> None:
    assert all(WAY_OUT in message for message in said(text()[:length]))


@given(
    st.sampled_from(["record", "project", "published", "revision", "engine", "images"]), st.none() | st.text("a\x1b")
)
def test_the_schema_and_the_reader_agree(key: str, value: str | None) -> None:
    document = json.loads(text()) | {key: value}
    validator = jsonschema.Draft202012Validator(json.loads(schema_text()))
    try:
        read(text(document), "r.json")
    except InputError:
        assert not validator.is_valid(document)
    else:
        assert validator.is_valid(document)
