from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from forebear.build.content import content_of, present, with_history
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
    assert (present(FACTS).stamp, present(FACTS).keyed) == (None, False)
    of_another_format = present(replace(FACTS, labels=((KEY, "sha256:0"),)))
    assert (of_another_format.stamp, of_another_format.keyed) == (None, True)


class TestHistory:
    CLASSIC = "/bin/sh -c #(nop)  LABEL "

    def stamped(self) -> Facts:
        inputs = Inputs(
            own("FROM x", Input("label", "team", "x")), digest("c"), (), (Input("scratch", "", "scratch scratch"),)
        )
        stamp = Stamp("fedora", inputs.key, inputs)
        return replace(FACTS, labels=(*stamp_labels(stamp).items(), ("team", "base"), ("zone", "1")))

    def labels(self, facts: Facts) -> list[str]:
        return [f"{self.CLASSIC}{name}={value}" for name, value in facts.labels if name != "zone"]

    def test_labels_that_the_classic_builder_was_given_are_told_apart(self) -> None:
        facts = self.stamped()
        given = self.labels(facts)
        found = with_history(facts, [*reversed(given), "RUN make # buildkit", ""])
        assert (found.history, found.beside) == (len(given) + 2, len(given))

    def test_labels_of_others_and_of_dockerfiles_are_not(self) -> None:
        """`zone` comes from the parent; BuildKit writes LABEL without #(nop), for those of the Dockerfile alone."""
        facts = self.stamped()
        others = [f"{self.CLASSIC}zone=1", f"{self.CLASSIC}team=other", f"{self.CLASSIC}more=1", "LABEL team=base"]
        found = with_history(facts, others)
        assert (found.history, found.beside) == (4, 0)

    def test_an_image_that_others_made_has_none(self) -> None:
        found = with_history(FACTS, [f"{self.CLASSIC}vendor=us"])
        assert (found.history, found.beside) == (1, 0)
