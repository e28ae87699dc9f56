from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.build.memory import Memory, _read, _write
from forebear.engine.model import Facts

from .samples import digest

if TYPE_CHECKING:
    from pathlib import Path

FACTS = Facts(digest("a"), "linux/amd64", ("l1", "l2"), (("Cmd", "[]"),), (("a", "b"),), 2, 0, 7)
TEXT = st.text(max_size=5)
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple)


def test_what_was_put_is_there_in_the_next_run(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "images.db")
    assert memory.get("a") is None
    memory.put("a", FACTS)
    assert memory.get("a") == FACTS
    memory.save()
    memory.save()
    assert Memory(tmp_path / "images.db").get("a") == FACTS


def test_the_oldest_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forebear.build.memory._KEPT", 3)
    for names in ("ab", "cd", "ea"):
        memory = Memory(tmp_path / "images.db")
        for name in names:
            memory.put(name, FACTS)
        memory.save()
    left = Memory(tmp_path / "images.db")
    assert [name for name in "abcde" if left.get(name)] == ["a", "d", "e"]


def test_what_was_not_saved_is_not_there(tmp_path: Path) -> None:
    Memory(tmp_path / "images.db").put("a", FACTS)
    assert Memory(tmp_path / "images.db").get("a") is None


def test_two_runs_at_once_lose_nothing_of_each_other(tmp_path: Path) -> None:
    one, other = Memory(tmp_path / "images.db"), Memory(tmp_path / "images.db")
    one.put("a", FACTS)
    other.put("b", replace(FACTS, size=8))
    one.save()
    other.save()
    again = Memory(tmp_path / "images.db")
    assert (again.get("a"), again.get("b")) == (FACTS, replace(FACTS, size=8))


@pytest.mark.parametrize("damage", [b"", b"no database at all" * 100, b"SQLite format 3\0" + bytes(84)], ids=len)
def test_a_damaged_file_costs_its_contents_and_nothing_else(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "images.db"
    path.write_bytes(damage)
    memory = Memory(path)
    memory.put("a", FACTS)
    memory.save()
    assert memory.get("a") == FACTS
    assert Memory(path).get("a") == FACTS


def test_a_file_of_another_format_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "images.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE images (name, something)")
        database.execute("PRAGMA user_version = 99")
    memory = Memory(path)
    memory.put("a", FACTS)
    memory.save()
    assert Memory(path).get("a") == FACTS


def test_a_folder_that_is_not_there_costs_nothing_but_the_memory(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "missing" / "images.db")
    memory.put("a", FACTS)
    memory.save()
    assert memory.get("a") == FACTS


@pytest.mark.parametrize("row", ["", "{", "[]", "null", "7", json.dumps([1, 2]), "[" * 100_000])
def test_a_row_that_cannot_be_read_is_not_known(tmp_path: Path, row: str) -> None:
    path = tmp_path / "images.db"
    memory = Memory(path)
    memory.put("b", FACTS)
    memory.save()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("INSERT INTO images VALUES ('a', ?)", (row,))
    assert Memory(path).get("a") is None
    assert Memory(path).get("b") == FACTS


@given(st.builds(Facts, TEXT, TEXT, st.lists(TEXT, max_size=3).map(tuple), PAIRS, PAIRS, *[st.integers(0, 9)] * 3))
def test_facts_come_back_from_their_text(facts: Facts) -> None:
    assert _read(_write(facts)) == facts
