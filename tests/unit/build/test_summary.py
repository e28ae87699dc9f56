from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from forebear.build.summary import EMPTY, changes, mark, summarise

LEAVES = {"a": "1", "lib/x": "2", "lib/y": "3", "lib/deep/z": "4", "logs/": EMPTY}


def summary(limit: int = 200, changed: dict[str, str] | None = None) -> tuple[tuple[str, str], ...]:
    return summarise((LEAVES | (changed or {})).items(), limit)


def paths(pairs: tuple[tuple[str, str], ...]) -> list[str]:
    return [path for path, _ in pairs]


def test_few_files_are_all_named() -> None:
    assert summary() == tuple(sorted(LEAVES.items()))
    assert summarise([], 200) == ()


def test_where_they_are_too_many_the_fullest_folders_stand_for_what_is_in_them() -> None:
    assert paths(summary(5)) == ["a", "lib/deep/z", "lib/x", "lib/y", "logs/"]
    assert paths(summary(4)) == ["a", "lib/", "logs/"]
    assert paths(summary(3)) == ["a", "lib/", "logs/"]
    assert paths(summary(2)) == ["./"]

    many = [(f"static/{number:03}", "x") for number in range(300)] + [(f"a/b/c/{number}", "x") for number in range(9)]
    assert paths(summarise(many, 200)) == [*(f"a/b/c/{number}" for number in range(9)), "static/"]


def test_a_file_beside_a_folder_with_the_same_beginning() -> None:
    pairs = [("lib", "1"), ("lib-x/a", "2"), ("lib-x/b", "3")]
    assert paths(summarise(pairs, 2)) == ["lib", "lib-x/"]


def test_the_words_for_a_change() -> None:
    before = summarise([("a", "1"), ("b", "1"), ("c/d", "1")], 200)
    after = summarise([("a", "2"), ("c/d", "1"), ("c/e", "1")], 200)
    assert changes(before, after) == ("a changed", "b removed", "c/e added")
    assert changes(before, before) == ()
    assert changes((), before) == ("a added", "b added", "c/d added")


def test_the_first_and_the_last_file_of_a_folder_are_named() -> None:
    filled = summarise([*LEAVES.items(), ("logs/x", "1")], 200)
    assert changes(summary(), filled) == ("logs/x added",)
    assert changes(filled, summary()) == ("logs/x removed",)


def test_a_folder_that_is_too_large_to_be_told_of_is_emptied() -> None:
    assert changes((("lib/", "0"),), (("lib/", EMPTY),)) == ("lib/ changed",)


def test_a_coarse_summary_is_compared_with_a_fine_one() -> None:
    changed = {"lib/deep/z": "5"}
    for limit in (2, 3, 4):
        assert changes(summary(limit), summary()) == changes(summary(), summary(limit)) == ()
    assert changes(summary(3), summary(200, changed)) == ("lib/ changed",)
    assert changes(summary(), summary(3, changed)) == ("lib/ changed",)
    assert changes(summary(2), summary(200, changed)) == ("./ changed",)


def test_fifty_thousand_files_come_down_to_two_hundred() -> None:
    pairs = [(f"p{n % 40}/q{n % 1000}/{n}", mark(str(n).encode())) for n in range(50_000)]
    assert len(summarise(pairs, 200)) <= 200


def test_a_path_as_deep_as_a_system_allows() -> None:
    deep = "d/" * 2040 + "x"
    assert summarise([(deep, "1"), ("a", "2")], 200) == (("a", "2"), (deep, "1"))
    assert changes((("d/", "0"),), ((deep, "1"),)) == ("d/ changed",)


names = st.sampled_from(["a", "b", "c", "a.b"])


def as_tree(found: dict[tuple[str, ...], str]) -> dict[str, str]:
    """Leaves of which none is a folder of another."""
    return {
        "/".join(path): mark
        for path, mark in found.items()
        if not any(other[: len(path)] == path for other in found if other != path)
    }


trees = st.dictionaries(st.lists(names, min_size=1, max_size=4).map(tuple), st.sampled_from("123"), max_size=12)
limits = st.integers(1, 12)


@given(trees.map(as_tree), trees.map(as_tree), limits, limits)
def test_changes_are_told_exactly_where_there_are_some(
    old: dict[str, str], new: dict[str, str], limit: int, other_limit: int
) -> None:
    before, after = summarise(old.items(), limit), summarise(reversed(new.items()), other_limit)
    assert len(before) <= limit
    assert before == summarise(reversed(old.items()), limit)
    assert bool(changes(before, after)) == (old != new)


@given(trees.map(as_tree), trees.map(as_tree))
def test_changes_name_every_path_where_all_are_named(old: dict[str, str], new: dict[str, str]) -> None:
    told = dict(word.rsplit(" ", 1) for word in changes(summarise(old.items(), 99), summarise(new.items(), 99)))
    assert {path for path, word in told.items() if word == "added"} == new.keys() - old.keys()
    assert {path for path, word in told.items() if word == "removed"} == old.keys() - new.keys()
    assert {path for path, word in told.items() if word == "changed"} == {
        path for path in old.keys() & new.keys() if old[path] != new[path]
    }
