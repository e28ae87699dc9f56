from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from forebear.engine.builds import parameters, passes
from forebear.engine.model import Builder, BuildRequest, Capabilities

if TYPE_CHECKING:
    from collections.abc import Iterator


def no_context() -> Iterator[bytes]:
    return iter(())


BEST = Capabilities(Builder.BUILDKIT, rewrites_timestamps=True, why_not="")
PLAIN = Capabilities(Builder.BUILDKIT, rewrites_timestamps=False, why_not="overlay2")
CLASSIC = Capabilities(Builder.CLASSIC, rewrites_timestamps=False, why_not="no BuildKit")
REQUEST = BuildRequest(
    context=no_context,
    args=(("LANG", "C"), ("FOREBEAR_BASE_1", "fedora@sha256:1")),
    labels=(("a", "é"), ("b", "")),
    target=None,
    platform="linux/amd64",
    epoch=7,
)


def query(capabilities: Capabilities, **changes: Any) -> dict[str, Any]:
    fields = {name: getattr(REQUEST, name) for name in BuildRequest.__slots__}
    found: dict[str, Any] = {**parameters(BuildRequest(**{**fields, **changes}), capabilities)}
    return {name: json.loads(text) if text[:1] in "{[" else text for name, text in found.items()}


@pytest.mark.parametrize("capabilities", [BEST, PLAIN, CLASSIC])
def test_what_every_builder_is_told(capabilities: Capabilities) -> None:
    said = query(capabilities)
    assert said["labels"] == {"a": "é", "b": ""}
    assert said["platform"] == "linux/amd64"
    assert (said["rm"], said["forcerm"]) == ("1", "1")
    assert said["buildargs"].items() >= {"LANG": "C", "FOREBEAR_BASE_1": "fedora@sha256:1"}.items()
    assert (said["dockerfile"], query(capabilities, dockerfile="a/B")["dockerfile"]) == ("Dockerfile", "a/B")
    assert "target" not in said
    assert query(capabilities, target="final")["target"] == "final"


@pytest.mark.parametrize("capabilities", [BEST, PLAIN, CLASSIC])
def test_no_tag_no_cache_and_no_pull_is_asked_for(capabilities: Capabilities) -> None:
    assert not {"t", "nocache", "pull", "remote", "cachefrom"} & query(capabilities).keys()


def test_buildkit_gets_the_epoch_and_the_classic_builder_does_not() -> None:
    assert query(BEST)["buildargs"]["SOURCE_DATE_EPOCH"] == "7"
    assert query(PLAIN)["buildargs"]["SOURCE_DATE_EPOCH"] == "7"
    assert "SOURCE_DATE_EPOCH" not in query(CLASSIC)["buildargs"]
    assert [query(each).get("version") for each in (BEST, PLAIN, CLASSIC)] == ["2", "2", None]


def test_timestamps_are_rewritten_where_that_works() -> None:
    (output,) = query(BEST)["outputs"]
    assert output["Type"] == "image"
    assert output["Attrs"]["rewrite-timestamp"] == "true"
    assert "name" not in output["Attrs"]
    assert "outputs" not in query(PLAIN)
    assert "outputs" not in query(CLASSIC)


def test_large_layers_are_first_made_uncompressed_and_the_image_from_them() -> None:
    first, last = passes(replace(REQUEST, large=True), BEST)
    assert json.loads(first["outputs"]) == [
        {"Type": "image", "Attrs": {"store": "false", "compression": "uncompressed"}}
    ]
    assert last == parameters(REQUEST, BEST)
    assert {**first, "outputs": ""} == {**last, "outputs": ""}


@pytest.mark.parametrize(
    ("changes", "capabilities"),
    [({"large": False}, BEST), ({"fresh": True}, BEST), ({}, PLAIN), ({}, CLASSIC)],
    ids=["small", "without a cache", "times stay", "classic"],
)
def test_else_one_build_does(changes: dict[str, Any], capabilities: Capabilities) -> None:
    asked = replace(REQUEST, **{"large": True, **changes})
    assert passes(asked, capabilities) == (parameters(asked, capabilities),)


def test_equal_requests_give_equal_queries() -> None:
    assert parameters(REQUEST, BEST) == parameters(REQUEST, BEST)
    assert list(parameters(REQUEST, BEST)) == list(parameters(REQUEST, BEST))
