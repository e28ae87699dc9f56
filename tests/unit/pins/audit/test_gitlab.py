from __future__ import annotations

import pytest

from forebear.pins.audit.gitlab import expand, read
from forebear.pins.audit.nodes import Scalar

from .reading import told


def found(text: str) -> list[str]:
    return [line.partition(": ")[2] for line in told(read, text)]


def test_images_and_services() -> None:
    text = """image: ruby:3
services: [postgres:15, {name: "redis:7", alias: r}]
default: {image: {name: 'a:1', entrypoint: [""]}, services: [b:2]}
stages: [image]
job:
  image: c:3
  services:
  - docker:dind
.hidden: {image: d:4}
other: {image: !reference [job, image], services: !reference [job, services], script: [image x:1]}
pages: {script: [x]}
"""
    assert told(read, text) == [
        "image of a job: ruby:3 -> ruby:3 (ruby:3)",
        "service of a job: postgres:15 -> postgres:15 (postgres:15)",
        "service of a job: redis:7 -> redis:7 (redis:7)",
        "image of a job: a:1 -> a:1 (a:1)",
        "service of a job: b:2 -> b:2 (b:2)",
        "image of a job: c:3 -> c:3 (c:3)",
        "service of a job: docker:dind -> docker:dind (docker:dind)",
        "image of a job: d:4 -> d:4 (d:4)",
    ]


def test_variables_of_all_and_of_one_job() -> None:
    text = """variables: {T: "1", U: {value: "2", description: x}, I: 'x:$T'}
a: {image: "a:$T"}
b: {image: "a:${U}", variables: {U: 3}}
c: {image: "$I"}
d: {image: "$CI_REGISTRY_IMAGE:1"}
e: {image: "$$T"}
"""
    assert found(text) == [
        "a:$T -> a:1",
        "a:${U} -> a:3",
        "$I -> x:1",
        "$CI_REGISTRY_IMAGE:1 -> unknown CI_REGISTRY_IMAGE",
        "$$T -> $T",
    ]


def test_a_matrix_makes_a_use_of_each_value() -> None:
    text = "a: {image: 'p:$V-$W', parallel: {matrix: [{V: [1, 2], W: x}, {V: 3, W: [y]}]}}\n"
    assert found(text) == ["p:$V-$W -> p:1-x", "p:$V-$W -> p:2-x", "p:$V-$W -> p:3-y"]


def test_inputs_of_a_component() -> None:
    text = "spec:\n  inputs:\n    i: {default: 'a:1'}\n    j:\n---\n"
    text += "a:\n  image: $[[ inputs.i ]]\nb:\n  image: $[[ inputs.j ]]\n"
    assert found(text) == ["$[[ inputs.i ]] -> a:1 (a:1)", "$[[ inputs.j ]] -> unknown inputs.j"]


@pytest.mark.parametrize(
    ("text", "value"),
    [("$A", None), ("$B", None), ("$C$C", "xx"), ("a$", "a$"), ("${C", "${C"), ("$D", None), ("$E", "$C")],
)
def test_expansion(text: str, value: str | None) -> None:
    values = {"A": "$B", "B": "$A", "C": "x", "D": "$D$D$D$D$D$D$D$D", "E": "$$C"}
    assert expand(text, {name: Scalar(text, 0, 0) for name, text in values.items()}).value == value


def test_matrices_are_bounded() -> None:
    many = "[" + ", ".join(str(n) for n in range(20)) + "]"
    runs = "{" + ", ".join(f"{axis}: {many}" for axis in "VWX") + "}"
    text = f"x: &p {{matrix: [{runs}]}}\n" + "".join(f"j{n}: {{image: 'p:$X-{n}', parallel: *p}}\n" for n in range(60))
    assert found(text)[-1] == "p:$X-59 -> unknown X"
