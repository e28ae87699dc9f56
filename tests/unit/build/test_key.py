from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.build.key import (
    FORMAT,
    IMAGE,
    INPUTS,
    KEY,
    PARENT,
    STAMPED,
    Input,
    Inputs,
    Stamp,
    digest_of,
    read_stamp,
    stamp_labels,
)

from .samples import digest, own

TEXTS = st.text(max_size=8)
INPUT = st.builds(Input, TEXTS, TEXTS, TEXTS)
INPUTS_OF_ANY_KIND = st.builds(
    Inputs,
    st.lists(INPUT, max_size=4).map(tuple),
    TEXTS,
    st.lists(st.tuples(TEXTS, TEXTS), max_size=3).map(tuple),
    st.lists(INPUT, max_size=3).map(tuple),
)
PLAIN = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=8)
PLAIN_INPUT = st.builds(Input, PLAIN, PLAIN, PLAIN)
BASE = st.builds(Input, PLAIN, PLAIN, st.builds("{} {}".format, PLAIN, PLAIN))
WRITTEN = st.builds(
    Inputs,
    st.lists(PLAIN_INPUT, max_size=4).map(tuple),
    PLAIN,
    st.lists(st.tuples(PLAIN, PLAIN), max_size=3).map(tuple),
    st.lists(BASE, max_size=3).map(tuple),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)

WEBAPP = Inputs(
    own("FROM tomcat", Input("arg", "LANG", digest_of("C"))),
    digest("context"),
    (("app.war", "0123456789ab"),),
    (Input("parent", "", f"tomcat {digest('tomcat')}"), Input("upstream", "jdk", f"jdk:17 {digest('jdk')}")),
)


def test_the_key_is_a_digest_of_an_ordered_and_versioned_list_of_all_inputs() -> None:
    listed = (
        '["forebear.key/1",'
        f'["dockerfile","","{digest_of("FROM tomcat")}"],["target","",""],["platform","","linux/amd64"],'
        f'["epoch","","1"],["arg","LANG","{digest_of("C")}"],'
        f'["parent","","tomcat {digest("tomcat")}"],["upstream","jdk","jdk:17 {digest("jdk")}"],'
        f'["context","","{digest("context")}"]]'
    )
    assert WEBAPP.key == "sha256:" + digest_of(listed)
    assert FORMAT == "forebear.key/1"


@given(INPUTS_OF_ANY_KIND, INPUTS_OF_ANY_KIND)
def test_two_lists_of_inputs_have_one_key_only_where_they_are_equal(one: Inputs, other: Inputs) -> None:
    same = (one.own + one.bases, one.context) == (other.own + other.bases, other.context)
    assert (one.key == other.key) is same


@given(WRITTEN, st.data())
def test_any_change_of_any_input_changes_the_key(inputs: Inputs, data: st.DataObject) -> None:
    every = inputs.own + inputs.bases
    if every:
        at = data.draw(st.integers(0, len(every) - 1))
        field = data.draw(st.sampled_from(["kind", "name", "value"]))
        changed = replace(every[at], **{field: getattr(every[at], field) + "x"})
        assert replace(inputs, own=(*every[:at], changed, *every[at + 1 :]), bases=()).key != inputs.key
    assert replace(inputs, context=inputs.context + "x").key != inputs.key


def test_the_summary_of_the_context_is_for_reasons_and_no_part_of_the_key() -> None:
    assert replace(WEBAPP, files=()).key == WEBAPP.key


def test_the_order_of_inputs_counts() -> None:
    assert replace(WEBAPP, own=WEBAPP.own[::-1]).key != WEBAPP.key


def test_the_labels_of_an_image_carry_its_key_inputs_and_parent() -> None:
    labels = stamp_labels(Stamp("webapp", WEBAPP.key, WEBAPP))
    assert labels[IMAGE] == "webapp"
    assert labels[KEY] == WEBAPP.key
    assert labels[PARENT] == f"tomcat {digest('tomcat')}"
    assert json.loads(labels[INPUTS])["files"] == [["app.war", "0123456789ab"]]
    assert labels.keys() <= STAMPED


def test_an_image_from_scratch_names_scratch_as_its_parent() -> None:
    assert stamp_labels(Stamp("base", "sha256:", Inputs((), "", (), ())))[PARENT] == "scratch"


@given(WRITTEN, PLAIN)
def test_a_stamp_comes_back_from_its_labels(inputs: Inputs, image: str) -> None:
    stamp = Stamp(image, inputs.key, inputs)
    assert read_stamp(stamp_labels(stamp)) == stamp


@pytest.mark.parametrize("without", [IMAGE, KEY, INPUTS])
def test_labels_that_are_not_all_there_are_no_stamp(without: str) -> None:
    labels = stamp_labels(Stamp("webapp", WEBAPP.key, WEBAPP))
    del labels[without]
    assert read_stamp(labels) is None


def test_a_key_that_is_not_that_of_the_inputs_is_no_stamp() -> None:
    labels = stamp_labels(Stamp("webapp", WEBAPP.key, WEBAPP))
    assert read_stamp({**labels, KEY: digest("another")}) is None
    other = stamp_labels(Stamp("webapp", WEBAPP.key, replace(WEBAPP, context="x")))
    assert read_stamp({**labels, INPUTS: other[INPUTS]}) is None


@given(JSON.map(json.dumps) | st.text(max_size=30), st.text(max_size=10))
def test_no_label_makes_reading_a_stamp_raise(inputs: str, key: str) -> None:
    assert read_stamp({INPUTS: inputs, KEY: key, IMAGE: "webapp"}) is None


@given(st.fixed_dictionaries({"own": JSON, "context": JSON, "files": JSON, "bases": JSON}))
def test_no_inputs_of_a_strange_form_make_reading_a_stamp_raise(document: dict[str, object]) -> None:
    assert read_stamp({INPUTS: json.dumps(document), KEY: "sha256:", IMAGE: "webapp"}) is None


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"own":' * 50_000, '{"own":' + "9" * 5000 + "}", "NaN", '"own"', "null", "[]", "{}"],
    ids=["deep list", "deep mapping", "long number", "NaN", "text", "null", "list", "empty"],
)
def test_labels_made_to_harm_are_no_stamp(text: str) -> None:
    assert read_stamp({INPUTS: text, KEY: "sha256:", IMAGE: "webapp"}) is None


@pytest.mark.parametrize(
    "inputs",
    [
        replace(WEBAPP, bases=(Input("parent", "", "tomcat"),)),
        replace(WEBAPP, bases=(Input("parent", "", "tom\x1b[31mcat x"),)),
        replace(WEBAPP, files=(("app\nreuse    tomcat", "0123456789ab"),)),
        replace(WEBAPP, own=(Input("label", "a\x9b2J", "x"),)),
    ],
    ids=["no identity", "escape sequence", "line break", "C1 control"],
)
def test_inputs_that_no_forebear_writes_are_no_stamp(inputs: Inputs) -> None:
    assert read_stamp(stamp_labels(Stamp("webapp", inputs.key, inputs))) is None


def test_a_name_of_an_image_that_could_steer_a_terminal_is_no_stamp() -> None:
    assert read_stamp(stamp_labels(Stamp("web\x1b[2Japp", WEBAPP.key, WEBAPP))) is None
