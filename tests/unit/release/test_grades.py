from __future__ import annotations

from dataclasses import replace

import pytest

from forebear.build.promise import Grade, Graded
from forebear.engine.model import EngineInfo, Facts
from forebear.release.grades import grade

CONTAINERD = EngineInfo("a", "28.0.0", "1.51", "containerd", "linux/amd64")
OVERLAY = replace(CONTAINERD, store="overlay2")
FIRST = Facts("sha256:1", "linux/amd64", ("a", "b"), (("User", '"x"'),), (("forebear.key", "k"),), None, 0, 0)
SECOND = replace(FIRST, id="sha256:2")


def graded(second: Facts, other: EngineInfo = CONTAINERD) -> Graded:
    return grade(FIRST, second, CONTAINERD, other)


def test_the_same_image() -> None:
    assert graded(FIRST) == Graded(Grade.DIGEST)


@pytest.mark.parametrize(
    ("second", "other", "obstacle"),
    [
        (replace(SECOND, config=()), CONTAINERD, "the configuration differs in User"),
        (replace(SECOND, labels=(*FIRST.labels, ("x", "1"))), CONTAINERD, "the labels differ"),
        (SECOND, OVERLAY, "the containerd and the overlay2 image store name images in different ways"),
        (SECOND, CONTAINERD, "the times in its history differ, or the builders write manifests differently"),
    ],
)
def test_the_same_layers(second: Facts, other: EngineInfo, obstacle: str) -> None:
    assert graded(second, other) == Graded(Grade.LAYERS, obstacle)


def test_the_same_inputs() -> None:
    assert graded(replace(SECOND, layers=("a", "c"))) == Graded(Grade.INPUTS, "its layers differ")


def test_other_inputs() -> None:
    other = replace(SECOND, layers=("a", "c"), labels=(("forebear.key", "l"),))
    assert graded(other) == Graded(Grade.NONE, "its parent came out differently")
