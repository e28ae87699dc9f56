from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.errors import InputError
from forebear.release.journal import Journal, Move, Phase, Put, back, conflicts, forward, ranks, read, write

if TYPE_CHECKING:
    from collections.abc import Iterator


def digest(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def put(name: str, rank: int, before: str | None = None) -> Put:
    return Put(reference=name, digest=digest(name), before=before and digest(before), rank=rank)


TREE = (put("root", 0), put("left", 1), put("right", 1), put("leaf", 2), put("latest", 3, "older"))
PARENT = {"left": "root", "right": "root", "leaf": "left"}
BEFORE = {"latest": digest("older")}
JOURNAL = Journal(
    version="1.0.0", claim="c", where="r/a", phase=Phase.TAGGING, private=("p",), puts=TREE, record="{}\n"
)


def steps(puts: tuple[Put, ...], tags: dict[str, str]) -> Iterator[None]:
    """Carry a publication on, from wherever it is: one write between two stops."""
    for group in ranks(puts):
        for each in group:
            if forward(each, tags.get(each.reference)) is Move.PUT:
                tags[each.reference] = each.digest
                yield


def steps_back(puts: tuple[Put, ...], tags: dict[str, str]) -> Iterator[None]:
    for group in reversed(ranks(puts)):
        for each in group:
            move = back(each, tags.get(each.reference))
            if move is Move.REMOVE:
                del tags[each.reference]
            elif move is Move.PUT and each.before:
                tags[each.reference] = each.before
            if move is not Move.SKIP:
                yield


def whole(tags: dict[str, str]) -> bool:
    """Whether no tag is there without its parent's."""
    return all(PARENT[name] in tags for name in tags if name in PARENT)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 6)), max_size=5), st.booleans())
def test_wherever_it_is_stopped_it_can_be_finished_or_taken_back(stops: list[tuple[bool, int]], finish: bool) -> None:
    tags = dict(BEFORE)
    for forwards, count in stops:
        for number, _ in enumerate((steps if forwards else steps_back)(TREE, tags)):
            assert whole(tags)
            if number == count:
                break
    for _ in (steps if finish else steps_back)(TREE, tags):
        assert whole(tags)
    assert tags == ({each.reference: each.digest for each in TREE} if finish else BEFORE)


@given(st.sampled_from(TREE), st.none() | st.text("ab", max_size=2).map(digest))
def test_what_somebody_else_set_is_never_touched(each: Put, now: str | None) -> None:
    if now not in (each.digest, each.before):
        assert forward(each, now) is Move.CONFLICT
        assert back(each, now) is Move.SKIP


def test_tags_that_were_set_by_others_are_told() -> None:
    tags = {"left": digest("other"), "latest": digest("newer"), "root": digest("root")}
    found = conflicts(TREE, tags.get)
    assert [(each.reference, now) for each, now in found] == [("left", digest("other")), ("latest", digest("newer"))]


def test_what_was_there_already_is_not_taken_back() -> None:
    same = Put(reference="root", digest=digest("root"), before=digest("root"), rank=0)
    assert back(same, digest("root")) is Move.SKIP


def test_a_journal_comes_back_as_it_was() -> None:
    assert read(write(JOURNAL)) == JOURNAL


@given(st.integers(0, len(write(JOURNAL)) - 2))
def test_a_journal_that_is_cut_short_is_told(length: int) -> None:
    with pytest.raises(InputError, match="remove it, and run the command again"):
        read(write(JOURNAL)[:length])


def test_a_journal_with_something_else_in_it_is_told_with_its_place() -> None:
    with pytest.raises(InputError, match=r"\.forebear/publishing\.json: phase: it is damaged"):
        read(write(JOURNAL).replace(b'"tagging"', b'"resting"'))
