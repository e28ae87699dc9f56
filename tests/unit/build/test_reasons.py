from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.build.key import Input, Inputs, digest_of
from forebear.build.reasons import reasons
from forebear.build.summary import EMPTY

from .samples import digest, own

OLD, NEW = digest("old"), digest("new")
TOMCAT = Input("parent", "", f"tomcat {OLD}")
FEDORA = Input("upstream", "", f"fedora:25 {OLD}")
BEFORE = Inputs(own("FROM x"), digest("context"), (("app.war", "000000000000"),), (TOMCAT,))


def why(before: Inputs, now: Inputs) -> list[str]:
    return list(reasons("images/webapp", before, now))


def test_equal_inputs_give_no_reason() -> None:
    assert why(BEFORE, BEFORE) == []
    assert why(BEFORE, replace(BEFORE, files=())) == []


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (own("FROM y"), "its Dockerfile changed"),
        (own(epoch="2"), "its epoch changed from 1 to 2"),
        (own(platform="linux/arm64"), "its platform changed from linux/amd64 to linux/arm64"),
        (own("FROM x", Input("arg", "LANG", digest_of("C"))), "build argument LANG is new"),
        (own("FROM x", Input("label", "vendor", digest_of("us"))), "label vendor is new"),
        (own()[:-1], "its epoch is gone"),
        (
            (Input("dockerfile", "", digest_of("FROM x")), Input("target", "", "final"), *own()[2:]),
            "from none to final",
        ),
    ],
)
def test_a_reason_names_the_input_of_its_own_that_changed(now: tuple[Input, ...], reason: str) -> None:
    (found,) = why(BEFORE, replace(BEFORE, own=now))
    assert reason in found


def test_arguments_and_labels_are_told_by_name_and_their_values_are_not_shown() -> None:
    before = replace(BEFORE, own=(Input("arg", "TOKEN", digest_of("a")), Input("label", "vendor", digest_of("a"))))
    now = replace(BEFORE, own=(Input("arg", "TOKEN", digest_of("b")), Input("label", "vendor", digest_of("b"))))
    assert why(before, now) == ["build argument TOKEN changed", "label vendor changed"]
    assert why(before, BEFORE)[-2:] == ["build argument TOKEN is gone", "label vendor is gone"]


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ((("app.war", "111111111111"),), ["app.war changed"]),
        ((("app.war", "000000000000"), ("b", "1" * 12)), ["b added"]),
        ((("c/", EMPTY),), ["app.war removed", "c/ added"]),
    ],
)
def test_a_reason_names_the_files_of_the_context(files: tuple[tuple[str, str], ...], found: list[str]) -> None:
    now = replace(BEFORE, context=digest("another"), files=files)
    assert why(BEFORE, now) == [f"context file images/webapp/{each}" for each in found]


def test_a_context_that_differs_in_nothing_that_its_summary_shows_is_named_as_a_whole() -> None:
    assert why(BEFORE, replace(BEFORE, context=digest("another"))) == ["a file of images/webapp changed"]


@pytest.mark.parametrize(
    ("before", "now", "reason"),
    [
        (TOMCAT, Input("parent", "", f"tomcat {NEW}"), "parent tomcat changed"),
        (FEDORA, Input("upstream", "", f"fedora:25 {NEW}"), f"upstream fedora:25 moved from {OLD} to {NEW}"),
        (FEDORA, Input("upstream", "", f"fedora:26 {NEW}"), "it now starts from fedora:26, not fedora:25"),
        (FEDORA, TOMCAT, "it now starts from tomcat, not fedora:25"),
        (FEDORA, Input("scratch", "", "scratch scratch"), "it now starts from scratch, not fedora:25"),
        (Input("parent", "jdk", f"jdk {OLD}"), Input("parent", "jdk", f"jre {OLD}"), "it now uses jre as jdk, not jdk"),
    ],
)
def test_a_reason_names_the_base_that_changed(before: Input, now: Input, reason: str) -> None:
    assert why(replace(BEFORE, bases=(before,)), replace(BEFORE, bases=(now,))) == [reason]


def test_a_base_that_came_or_went_is_told_by_its_alias() -> None:
    more = replace(BEFORE, bases=(TOMCAT, Input("parent", "jdk", f"openjdk {OLD}")))
    assert why(BEFORE, more) == ["it now uses openjdk as jdk"]
    assert why(more, BEFORE) == ["it no longer uses jdk"]


def test_all_reasons_are_told_own_ones_first() -> None:
    now = Inputs(own("FROM y"), digest("c"), (("app.war", "1" * 12),), (Input("parent", "", f"tomcat {NEW}"),))
    assert why(BEFORE, now) == [
        "its Dockerfile changed",
        "context file images/webapp/app.war changed",
        "parent tomcat changed",
    ]


TEXT = st.text(st.characters(codec="ascii", exclude_characters=" "), max_size=3)
INPUTS = st.builds(
    Inputs,
    st.lists(st.builds(Input, st.sampled_from(["dockerfile", "arg", "label", "x"]), TEXT, TEXT), max_size=4).map(tuple),
    TEXT,
    st.lists(st.tuples(TEXT.filter(bool), TEXT), max_size=3, unique_by=lambda pair: pair[0]).map(tuple),
    st.lists(
        st.builds(Input, st.sampled_from(["parent", "upstream"]), TEXT, st.builds("{} {}".format, TEXT, TEXT)),
        max_size=3,
    ).map(tuple),
)


@given(INPUTS, INPUTS)
def test_there_is_a_reason_exactly_where_the_keys_differ(before: Inputs, now: Inputs) -> None:
    assert bool(why(before, now)) is (before.key != now.key)
