from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.errors import InputError
from forebear.lineage.graph import Family
from forebear.lineage.selectors import Selector, Term, parse, select

from .texts import chain, lineage

FAMILY = Family(
    lineage(
        """\
  fedora: {from: 'fedora:25'}
  tomcat: {from: fedora}
  jetty: {from: fedora}
  webapp: {from: tomcat, uses: {tool: tools}}
  shop: {from: webapp}
  tools: {from: scratch}
"""
    )
)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("tomcat", (Term("tomcat"),)),
        ("tomcat+", (Term("tomcat", 0, None),)),
        ("+tomcat", (Term("tomcat", None, 0),)),
        ("+tomcat+", (Term("tomcat", None, None),)),
        ("tomcat+1", (Term("tomcat", 0, 1),)),
        ("2+tomcat", (Term("tomcat", 2, 0),)),
        ("2+tomcat+10", (Term("tomcat", 2, 10),)),
        ("+7zip", (Term("7zip", None, 0),)),
        ("7zip", (Term("7zip"),)),
        ("1+7zip", (Term("7zip", 1, 0),)),
        ("a.b_c-d+", (Term("a.b_c-d", 0, None),)),
        ("*", (Term("*"),)),
        ("+web?*", (Term("web?*", None, 0),)),
        ("a+,+b", (Term("a", 0, None), Term("b", None, 0))),
        ("a , b", (Term("a"), Term("b"))),
    ],
)
def test_the_grammar(text: str, terms: tuple[Term, ...]) -> None:
    assert parse(text) == Selector(text, terms)


@pytest.mark.parametrize(
    ("texts", "names"),
    [
        ([], "fedora tomcat jetty tools webapp shop"),
        (["tomcat"], "tomcat"),
        (["tomcat+"], "tomcat webapp shop"),
        (["tomcat+1"], "tomcat webapp"),
        (["tomcat+0"], "tomcat"),
        (["+webapp"], "fedora tomcat tools webapp"),
        (["1+shop"], "webapp shop"),
        (["2+shop"], "tomcat tools webapp shop"),
        (["1+webapp+1"], "tomcat tools webapp shop"),
        (["+shop,fedora+"], "fedora tomcat webapp shop"),
        (["shop", "jetty"], "jetty shop"),
        (["*t*"], "tomcat jetty tools"),
        (["?omcat+"], "tomcat webapp shop"),
        (["t*,fedora+"], "tomcat"),
        (["tools", "tools", "*"], "fedora tomcat jetty tools webapp shop"),
    ],
)
def test_what_is_selected(texts: list[str], names: str) -> None:
    assert select(FAMILY, texts) == tuple(names.split())


FORM = "write NAME, NAME+, +NAME, NAME+1, 2+NAME, or several joined by commas for what they have in common"


@pytest.mark.parametrize(
    ("texts", "messages"),
    [
        (["tomact+"], ["SELECT: tomact+: no image is called tomact; did you mean tomcat?"]),
        (["xyzzy"], ["SELECT: xyzzy: no image is called xyzzy; see all of them with: forebear graph"]),
        (["py*"], ["SELECT: py*: no image fits py*; see all of them with: forebear graph"]),
        (
            ["jetty,tomcat+"],
            ["SELECT: jetty,tomcat+: no image is in all of these; see all of them with: forebear graph"],
        ),
        ([""], [f"SELECT: nothing is selected; {FORM}"]),
        (["a,,b"], [f"SELECT: a,,b: nothing is selected; {FORM}"]),
        (
            ["firethorn/tomcat:2.1.7"],
            [f'SELECT: firethorn/tomcat:2.1.7: "firethorn/tomcat:2.1.7" is no selector; {FORM}'],
        ),
        (["a b"], [f'SELECT: a b: "a b" is no selector; {FORM}']),
        (["++a"], [f'SELECT: ++a: "++a" is no selector; {FORM}']),
        (["a+x"], [f'SELECT: a+x: "a+x" is no selector; {FORM}']),
        (["Tomcat"], [f'SELECT: Tomcat: "Tomcat" is no selector; {FORM}']),
        (["a\x1b[31m"], [f'SELECT: a\\x1b[31m: "a\\x1b[31m" is no selector; {FORM}']),
        (
            ["tomact,jety", "+", "tools"],
            [
                f'SELECT: +: "+" is no selector; {FORM}',
                "SELECT: tomact,jety: no image is called jety; did you mean jetty?",
                "SELECT: tomact,jety: no image is called tomact; did you mean tomcat?",
            ],
        ),
    ],
)
def test_what_is_wrong_about_a_selection(texts: list[str], messages: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        select(FAMILY, texts)
    assert [str(fault) for fault in caught.value.faults] == messages
    assert caught.value.exit_code == 2


names = st.sampled_from([*FAMILY.lineage.images, "*", "t*", "?e*"])
depths = st.sampled_from(["", "", "0", "1", "2"])
up = st.just("") | depths.map("{}+".format)
down = st.just("") | depths.map("+{}".format)
terms = st.builds("{}{}{}".format, up, names, down)


def selected(*texts: str) -> set[str]:
    try:
        return set(select(FAMILY, texts))
    except InputError:
        return set()


@given(st.lists(st.lists(terms, min_size=1, max_size=3).map(",".join), min_size=1, max_size=3))
def test_a_selection_is_part_of_the_family_in_its_order(texts: list[str]) -> None:
    try:
        found = select(FAMILY, texts)
    except InputError:
        assert any(not selected(text) for text in texts)
        return
    assert found
    assert found == tuple(name for name in FAMILY.order if name in found)
    assert set(found) == set[str]().union(*map(selected, texts))


@given(terms, terms)
def test_a_comma_means_what_both_select(one: str, other: str) -> None:
    assert selected(f"{one},{other}") == selected(one) & selected(other) == selected(f"{other},{one}")
    assert selected(one, other) == selected(one) | selected(other) == selected(other, one)


@given(names, st.integers(0, 3))
def test_a_greater_depth_selects_no_less(name: str, depth: int) -> None:
    for form in ("{1}+{0}", "{0}+{1}"):
        assert selected(form.format(name, depth)) <= selected(form.format(name, depth + 1))
        assert selected(form.format(name, depth)) <= selected(form.format(name, ""))


@given(st.text(max_size=8) | st.text("ab1+,*? é\n", max_size=8))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        selector = parse(text)
    except InputError as error:
        faults = error.faults
    else:
        assert len(selector.terms) == text.count(",") + 1
        return
    assert all(fault.place.file == "SELECT" and fault.action == FORM for fault in faults)


def test_a_glob_over_a_long_chain() -> None:
    family = Family(chain(" ".join(f"i{n}" for n in range(2000))))
    assert len(select(family, ["+i*+"])) == 2000
