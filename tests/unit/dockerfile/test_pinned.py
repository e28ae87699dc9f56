from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import given

from forebear.dockerfile.model import DockerfileFault
from forebear.dockerfile.pinned import parametrise
from forebear.dockerfile.reader import read
from forebear.reference import Reference

from .texts import dockerfiles


def rewritten(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    return parametrise(text, read(text))


def test_bases_become_arguments_and_other_sources_stages() -> None:
    text = """\
    # escape=\\
    # made by hand
    FROM fedora:25 AS build
    RUN x
    FROM docker.io/library/fedora:25
    COPY --from=build a b
    COPY --from=0 a b
    COPY --from=tools:1 a b
    RUN --mount=from=tools:1,target=/x y
    ONBUILD COPY --from=tools:1 a b
    """
    assert rewritten(dedent(text)) == (
        dedent(
            """\
            # escape=\\
            # made by hand
            ARG FOREBEAR_BASE_1=fedora:25
            ARG FOREBEAR_BASE_2=tools:1
            FROM ${FOREBEAR_BASE_2} AS forebear-base-2
            FROM ${FOREBEAR_BASE_1} AS build
            RUN x
            FROM ${FOREBEAR_BASE_1}
            COPY --from=build a b
            COPY --from=1 a b
            COPY --from=forebear-base-2 a b
            RUN --mount=from=forebear-base-2,target=/x y
            ONBUILD COPY --from=tools:1 a b
            """
        ),
        (("FOREBEAR_BASE_1", "docker.io/library/fedora:25"), ("FOREBEAR_BASE_2", "docker.io/library/tools:1")),
    )


def test_a_dockerfile_without_external_bases_stays_as_it_is() -> None:
    text = "FROM scratch AS a\nCOPY --from=scratch x y\nFROM a\nCOPY --from=0 x y\n"
    assert rewritten(text) == (text, ())


def test_names_that_are_taken_are_left_alone() -> None:
    text = "ARG FOREBEAR_BASE_1=x\nFROM a:1 AS Forebear-Base-2\nFROM b:1\n"
    assert rewritten(text)[1] == (
        ("FOREBEAR_BASE_3", "docker.io/library/a:1"),
        ("FOREBEAR_BASE_4", "docker.io/library/b:1"),
    )


def test_a_base_behind_an_argument_is_injected_with_its_value() -> None:
    text = 'ARG A=x:1\nFROM --platform=linux/386 \\\n  "$A" AS y\n'
    assert rewritten(text)[0] == (
        "ARG A=x:1\nARG FOREBEAR_BASE_1=x:1\nFROM --platform=linux/386 \\\n  ${FOREBEAR_BASE_1} AS y\n"
    )


@pytest.mark.parametrize(("text", "line"), [("FROM UPPER\n", 1), ("ARG A\nFROM $A\n", 2), ("FROM a\nFROM a:b:c\n", 2)])
def test_a_base_that_is_no_reference_is_refused(text: str, line: int) -> None:
    with pytest.raises(DockerfileFault, match="cannot be used") as caught:
        rewritten(text)
    assert caught.value.line == line


@given(dockerfiles())
def test_what_was_external_is_now_given_by_the_arguments(text: str) -> None:
    before = read(text)
    new, pairs = parametrise(text, before)
    given_ = {name: f"registry.example.org/new:{name.lower()}" for name, _ in pairs}
    by_reference = {reference: given_[name] for name, reference in pairs}
    after = read(new, args=given_)

    assert {use.resolved for use in after.externals} == set(given_.values())
    assert all(use.kind == "from" for use in after.externals)
    assert {str(Reference.parse(use.resolved or "")) for use in read(new).externals} == set(by_reference)

    added = len(after.stages) - len(before.stages)
    ends_on = {
        use.start: after.chain(after.stages[use.stage])[-1].base.resolved for use in after.uses if use.stage is not None
    }
    own = [use for use in after.uses if use.in_stage >= added]
    for old, use in zip(before.uses, own, strict=True):
        if old.external:
            meant = by_reference[str(Reference.parse(old.resolved or ""))]
            assert meant == (use.resolved if use.external else ends_on[use.start])
        else:
            assert use.stage == (None if old.stage is None else old.stage + added)


@given(dockerfiles())
def test_lines_stay_where_they_were_behind_those_added(text: str) -> None:
    before = read(text)
    new, pairs = parametrise(text, before)
    first = next(one for one in before.instructions if one.keyword == "FROM").line - 1
    added = new.count("\n") - text.count("\n")
    old_lines, new_lines = text.split("\n"), new.split("\n")
    assert new_lines[:first] == old_lines[:first]
    assert added == len(pairs) + len(read(new).stages) - len(before.stages)
    named = {use.line - 1 for use in before.uses}
    for index, line in enumerate(old_lines[first:], first):
        assert index in named or new_lines[index + added] == line
