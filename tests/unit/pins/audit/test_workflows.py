from __future__ import annotations

import pytest

from forebear.pins.audit.workflows import read

from .reading import told


def job(container: str, matrix: str = "{}", **more: str) -> str:
    rest = "".join(f"{key}: {value}\n" for key, value in more.items())
    return f"{rest}jobs:\n  a:\n    strategy:\n      matrix: {matrix}\n    container: {container}\n"


def found(text: str) -> list[str]:
    return [line.partition(": ")[2] for line in told(read, text)]


def test_containers_services_and_steps() -> None:
    text = """on: push
jobs:
  a:
    container: node:20
    services: {db: {image: postgres:15}, none: {}}
    steps:
    - uses: actions/checkout@v4
    - uses: 'docker://alpine:3'
    - run: image
  b: {container: {image: "a:1", options: x}}
  c: {uses: ./.github/workflows/x.yml}
"""
    assert told(read, text) == [
        "container of a job: node:20 -> node:20 (node:20)",
        "service of a job: postgres:15 -> postgres:15 (postgres:15)",
        "step: alpine:3 -> alpine:3 (alpine:3)",
        "container of a job: a:1 -> a:1 (a:1)",
    ]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("runs: {using: docker, image: 'docker://a:1'}", ["image of an action: a:1 -> a:1 (a:1)"]),
        ("runs: {using: docker, image: Dockerfile}", []),
        ("runs: {using: composite, steps: [{uses: 'docker://a:1'}, {uses: x/y@v1}]}", ["step: a:1 -> a:1 (a:1)"]),
        (
            "inputs: {v: {default: '3'}}\nruns: {steps: [{uses: 'docker://a:${{ inputs.v }}'}]}",
            ["step: a:${{ inputs.v }} -> a:3"],
        ),
    ],
)
def test_actions(text: str, lines: list[str]) -> None:
    assert told(read, text) == lines


def test_a_matrix_makes_a_use_of_each_value() -> None:
    matrix = "{v: ['1', '2'], os: [x, y], exclude: [{v: '1'}], include: [{v: '3'}, {v: '2', os: x, extra: 4}]}"
    assert found(job("a:${{ matrix.v }}", matrix)) == ["a:${{ matrix.v }} -> a:2", "a:${{ matrix.v }} -> a:3"]
    assert found(job("a:${{ matrix.extra }}", matrix)) == ["a:${{ matrix.extra }} -> a:4"]
    assert found(job("${{matrix.os}}:${{ Matrix.V }}", matrix)) == [
        "${{matrix.os}}:${{ Matrix.V }} -> x:2",
        "${{matrix.os}}:${{ Matrix.V }} -> y:2",
    ]


def test_values_of_a_matrix_may_have_keys() -> None:
    assert found(job("${{ matrix.c.image }}", "{c: [{image: a:1}, {image: b:2, x: y}]}")) == [
        "${{ matrix.c.image }} -> a:1 (a:1)",
        "${{ matrix.c.image }} -> b:2 (b:2)",
    ]


def test_inputs_have_their_defaults() -> None:
    inputs = "{workflow_dispatch: {inputs: {i: {default: 'a:1'}, j: {}}}}"
    assert found(job("${{ inputs.i }}", on=inputs)) == ["${{ inputs.i }} -> a:1 (a:1)"]
    assert found(job("${{ inputs.j }}", on=inputs)) == ["${{ inputs.j }} -> unknown inputs.j"]


@pytest.mark.parametrize(
    ("container", "line"),
    [
        ("${{ vars.X || 'a:1' }}", "${{ vars.X || 'a:1' }} -> a:1"),
        ("a:${{ env.X }}", "a:${{ env.X }} -> unknown env.X"),
        ("${{ fromJSON(vars.X)[0] }}", "${{ fromJSON(vars.X)[0] }} -> unknown vars.X"),
        ("${{ github.x == 'a' && 'b' || 'c' }}", "${{ github.x == 'a' && 'b' || 'c' }} -> unknown github.x"),
        ("${{ 1 }}", "${{ 1 }} -> unknown 1"),
        ("${{ matrix.v }}", "${{ matrix.v }} -> unknown matrix.v"),
        ("${{ '' }}", None),
    ],
)
def test_expressions(container: str, line: str | None) -> None:
    assert found(job(f'"{container}"', "${{ fromJSON(needs.x.outputs.y) }}")) == ([line] if line else [])


def test_matrices_are_bounded() -> None:
    many = "[" + ", ".join(str(n) for n in range(16)) + "]"
    text = job("a:${{ matrix.x }}", "{" + ", ".join(f"{axis}: {many}" for axis in "abcdefgx") + "}")
    assert len(found(text)) == 16
    jobs = "".join(f"  j{n}: {{strategy: *s, container: 'a:${{{{ matrix.a }}}}-{n}'}}\n" for n in range(45))
    shared = f"x: &s {{matrix: {{a: {many}, b: {many}}}}}\njobs:\n{jobs}"
    assert found(shared)[-1] == "a:${{ matrix.a }}-44 -> unknown matrix.a"
