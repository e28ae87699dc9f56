from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from forebear.build.content import content_of, present
from forebear.build.key import INPUTS, KEY, OCI, Input, Inputs, Stamp, stamp_labels
from forebear.engine.model import Facts

from .samples import digest, own

FACTS = Facts(
    id=digest("image"),
    platform="linux/amd64",
    layers=("a", "b"),
    config=(("Cmd", '["sh"]'), ("Env", '["PATH=/bin"]')),
    labels=(("vendor", "us"),),
    history=3,
    triggers=1,
    size=5,
)


@pytest.mark.parametrize(
    "change",
    [
        {"platform": "linux/arm64"},
        {"layers": ("b", "a")},
        {"layers": ("a",)},
        {"config": (("Cmd", '["sh"]'),)},
        {"config": (("Cmd", '["bash"]'), ("Env", '["PATH=/bin"]'))},
        {"labels": (("vendor", "them"),)},
        {"labels": ()},
    ],
)
def test_a_child_sees_layers_configuration_and_labels(change: dict[str, Any]) -> None:
    assert content_of(replace(FACTS, **change)) != content_of(FACTS)


@pytest.mark.parametrize("change", [{"id": digest("x")}, {"size": 6}, {"history": 9}])
def test_a_child_does_not_see_what_the_image_is_called_or_how_it_came_about(change: dict[str, Any]) -> None:
    assert content_of(replace(FACTS, **change)) == content_of(FACTS)


@pytest.mark.parametrize("label", [KEY, INPUTS, f"{OCI}title", f"{OCI}version", f"{OCI}base.name", f"{OCI}base.digest"])
def test_a_child_does_not_see_the_labels_that_it_sets_anew_itself(label: str) -> None:
    assert content_of(replace(FACTS, labels=((label, "x"), ("vendor", "us")))) == content_of(FACTS)


def test_a_child_sees_the_label_that_it_may_inherit() -> None:
    labels = ((f"{OCI}source", "https://example.org"), ("vendor", "us"))
    assert content_of(replace(FACTS, labels=labels)) != content_of(FACTS)


def test_an_image_on_the_engine_has_the_stamp_that_its_labels_carry() -> None:
    inputs = Inputs(own(), digest("c"), (), (Input("scratch", "", "scratch scratch"),))
    stamp = Stamp("fedora", inputs.key, inputs)
    made = present(replace(FACTS, labels=tuple(stamp_labels(stamp).items())))
    assert made.stamp == stamp
    assert (made.id, made.platform, made.layers, made.history, made.triggers) == (
        digest("image"),
        "linux/amd64",
        ("a", "b"),
        3,
        1,
    )


def test_an_image_of_others_has_none() -> None:
    assert present(FACTS).stamp is None
