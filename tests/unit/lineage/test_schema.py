from __future__ import annotations

import copy
import json
import re
from importlib import resources
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.errors import InputError
from forebear.lineage.reader import read
from forebear.lineage.schema import json_schema, schema_text


def _ecma_pattern(_: Any, pattern: str, instance: object, __: Any) -> Any:
    """`$` means the very end in ECMA-262, whose dialect JSON Schema's patterns are; Python's also skips a newline."""
    if isinstance(instance, str) and not re.search(pattern.replace("$", r"\Z"), instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")


extend: Any = jsonschema.validators.extend
SCHEMA = extend(jsonschema.Draft202012Validator, {"pattern": _ecma_pattern})(json_schema())

# What only the reader can know: the words of its messages about it.
BEYOND_A_SCHEMA = [
    "no image is called",
    "from itself",
    "built on each other",
    "is an image of this file, not an upstream",
    "is the context of",
    "is not built for",
    "another gate is called",
    "has a name of",  # the length of a whole reference
    "is too long",  # the same of an upstream
    "is not a time: ",  # a day that no calendar has
    "is not between 1970",  # a time too early or too late
    "is not a regular expression",
]
GOOD: dict[str, Any] = {
    "lineage": 1,
    "project": "firethorn",
    "version": "2.1.7",
    "registry": "registry.example.org:5000/team",
    "source": "https://git.example.org/firethorn",
    "platforms": ["linux/amd64", "linux/arm64/v8"],
    "epoch": "2026-11-24T00:00:00Z",
    "tags": ["minor", "latest"],
    "keep": 5,
    "images": {
        "fedora": {"from": "docker.io/library/fedora:25"},
        "tomcat": {
            "from": "fedora",
            "version": "8.0.41-rc.1",
            "uses": {"make": "maven:3.9", "copy": "fedora"},
            "template": "templates/java/tomcat.j2",
            "context": "./images/servers/tomcat/",
            "vars": {"tomcat": "8.0.41", "ports": [8080, 8443], "deep": {"er": [True, None]}},
            "args": {"ZONE": "b", "JVM": 8, "EMPTY": ""},
            "labels": {"org.example.team": "web", "a.b/c": 1.5},
            "target": "Final",
            "platforms": ["linux/amd64"],
            "epoch": 1700000000,
            "tests": [
                {"name": "serves", "run": "curl -f localhost", "exit": 0, "output": "<h1>"},
                {"name": "fails", "run": ["/bin/test", 1], "exit": 1},
                {
                    "name": "all",
                    "run": "x",
                    "text": "b",
                    "files": [
                        {"path": "/a", "mode": "0644", "owner": "a:1", "content": "^b", "text": 8},
                        {"path": "/b", "absent": True},
                    ],
                    "user": "app",
                    "users": ["app"],
                    "env": {"A": "b"},
                    "ports": [8080, "53/udp"],
                    "labels": {"a": "b"},
                    "entrypoint": ["a", 1],
                    "http": {"port": 8080, "path": "/", "status": 404, "body": "^b", "text": "b"},
                    "max_size": "1.5 GiB",
                    "timeout": 5,
                },
            ],
            "requires": {
                "user": 5,
                "env": {"A": "b"},
                "files": ["/a"],
                "packages": ["libstdc++6"],
                "os": "fedora:25",
            },
        },
        "empty": {"from": "scratch"},
    },
}
TEXTS = """
 a A 1 0 2.1.7 2.1 v2.1.7 2.1.7+x 2.1.7-rc.1 scratch fedora fedora:25 fedora:latest a.b/c a.b/c:1
 docker.io/library/fedora firethorn/fedora:2.1.7 x@sha256:0 localhost example.org linux/amd64 linux / /etc ../x
 a/../b . ./x images/fedora é templates/x templates/../x templates/forebear/x 2026-11-24T00:00:00Z 2026-11-24
 2026-02-30T00:00:00Z 1969-01-01T00:00:00Z ( https://x http:/x
"""
STRANGE: list[Any] = [
    *(None, True, False, 0, 1, -1, 1.0, 2.5, 255, 256, 10**12, {}),
    *(*TEXTS.split(), "", "a\n", "a\0", "1.0.0-" + "x" * 130, "x:1@sha256:" + "0" * 64),
    *([], [""], ["a"], ["a", 1, 1.5], [[]], [None], ["linux/amd64", "linux/amd64"], ["", "x"]),
    *({"a": value} for value in ("b", None, "fedora", "x:1", True, ["b"])),
    *(
        {key: "x"}
        for key in ("A", "SOURCE_DATE_EPOCH", "FOREBEAR_X", "forebear.x", "org.opencontainers.image.version", "")
    ),
    *({"from": base} for base in ("scratch", "nothing", None)),
    *([{"name": "n", "run": run}] for run in ("x", "", ["x", 1], ["", "x"], [], None)),
    *([{"name": name, "run": "x"}] for name in ("n\n", "", 1)),
    *([{"name": "n", "run": "x", "output": "("}], [{"name": "n"}], [{"run": "x"}], [{"name": "n", "run": "x"}] * 2),
    *([{"name": "n", "run": "x", "exit": code}] for code in (0, 255, 256, 1.0, True)),
]


def as_the_schema_says(data: Any) -> bool:
    return bool(SCHEMA.is_valid(data))


def as_the_reader_says(data: Any) -> bool:
    """Whether the reader finds nothing wrong but what is beyond a schema. JSON is YAML (YAML 1.2.2, 1.3)."""
    try:
        read(json.dumps(data, ensure_ascii=False).encode())
    except InputError as error:
        faults = error.faults
    else:
        return True
    return all(any(words in fault.problem for words in BEYOND_A_SCHEMA) for fault in faults)


def spots(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of everything in `data`."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path, *(spot for key, value in inner for spot in spots(value, (*path, key)))]


def replaced(path: tuple[Any, ...], value: Any) -> Any:
    """GOOD with `value` at `path`."""
    if not path:
        return value
    data = copy.deepcopy(GOOD)
    parent: Any = data
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    return data


def renamed(path: tuple[Any, ...], key: str) -> Any:
    """GOOD with another last key."""
    data = copy.deepcopy(GOOD)
    parent: Any = data
    for each in path[:-1]:
        parent = parent[each]
    if isinstance(parent, dict):
        parent[key] = parent.pop(path[-1])
    return data


def without(path: tuple[Any, ...]) -> Any:
    """GOOD without what is at `path`."""
    data = copy.deepcopy(GOOD)
    parent: Any = data
    for key in path[:-1]:
        parent = parent[key]
    del parent[path[-1]]
    return data


SPOTS = spots(GOOD)
KEYS = ["", "a", "A", "8", "from", "uses", "lineage", "scratch", "forebear.x", "a b", "é", "FOREBEAR_X", "images"]


def test_the_good_one_is_good() -> None:
    assert as_the_schema_says(GOOD)
    assert as_the_reader_says(GOOD)


@pytest.mark.parametrize("path", SPOTS[1:], ids=str)
def test_they_agree_on_everything_that_can_be_missing(path: tuple[Any, ...]) -> None:
    assert as_the_schema_says(without(path)) == as_the_reader_says(without(path))


@given(st.sampled_from(SPOTS), st.sampled_from(STRANGE))
def test_they_agree_on_strange_values(path: tuple[Any, ...], value: Any) -> None:
    data = replaced(path, value)
    assert as_the_schema_says(data) == as_the_reader_says(data)


@given(st.sampled_from(SPOTS[1:]), st.sampled_from(KEYS) | st.text("aA0.-_ é/$\n", max_size=3))
def test_they_agree_on_strange_keys(path: tuple[Any, ...], key: str) -> None:
    data = renamed(path, key)
    assert as_the_schema_says(data) == as_the_reader_says(data)


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())
    assert json.loads(schema_text()) == json_schema()
    assert json_schema()["$id"] == "urn:forebear:lineage:1"


def test_the_shipped_schema_is_the_one_of_the_model() -> None:
    """If this fails, write what schema_text() returns into that file."""
    shipped = resources.files("forebear.lineage").joinpath("lineage.schema.json")
    assert shipped.read_text(encoding="utf-8") == schema_text()


def test_an_editor_can_say_what_each_key_is_for() -> None:
    schema = json_schema()
    for model in (schema, *schema["$defs"].values()):
        assert all(each.get("description") for each in model["properties"].values())
