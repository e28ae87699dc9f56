from __future__ import annotations

import tarfile
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.contents.compare import Difference, Kind, compare
from forebear.contents.excerpts import Excerpt
from forebear.errors import BuildFailed, EngineRefused

from .layers import Made, layer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FILE = Made("etc/a", b"one", time="1000000000")


def differences(first: bytes, second: bytes) -> list[Difference]:
    with TemporaryDirectory() as name:
        one, two = Path(name, "one"), Path(name, "two")
        one.write_bytes(first)
        two.write_bytes(second)
        return list(compare(one, two))


def between(first: Sequence[Made], second: Sequence[Made]) -> list[Difference]:
    return differences(layer(first), layer(second))


class TestKinds:
    @pytest.mark.parametrize(
        ("first", "second", "kind", "texts"),
        [
            (
                FILE,
                replace(FILE, content=b"four"),
                Kind.CONTENT,
                ("3 bytes, sha256:7692c3ad3540", "4 bytes, sha256:04efaf080f5a"),
            ),
            (FILE, replace(FILE, mode=0o4755), Kind.MODE, ("0644", "4755")),
            (FILE, replace(FILE, uid=7), Kind.OWNER, ("0:0", "7:0")),
            (FILE, replace(FILE, uname="root"), Kind.OWNER, ("0:0", "0:0 (root:)")),
            (
                FILE,
                replace(FILE, time="1000000000.25"),
                Kind.TIME,
                ("2001-09-09T01:46:40Z", "2001-09-09T01:46:40.25Z"),
            ),
            (FILE, replace(FILE, time="99999999999"), Kind.TIME, ("2001-09-09T01:46:40Z", "5138-11-16T09:46:39Z")),
            (FILE, replace(FILE, time="8589934591000"), Kind.TIME, ("2001-09-09T01:46:40Z", "8589934591000 s")),
            (FILE, replace(FILE, content=b"", type=b"5"), Kind.TYPE, ("file", "folder")),
            (FILE, replace(FILE, type=b"Z"), Kind.TYPE, ("file", "type b'Z'")),
            (
                FILE,
                replace(FILE, xattrs={"user.a\n": "1\0\udcff"}),
                Kind.XATTR,
                ("no extended attributes", "user.a\\n=0x3100ff"),
            ),
            (
                replace(FILE, content=b"", type=b"2", link="x"),
                replace(FILE, content=b"", type=b"2", link="y\udcff"),
                Kind.LINK,
                ("-> x", "-> y\\xff"),
            ),
            (
                replace(FILE, content=b"", type=b"3", device=(1, 3)),
                replace(FILE, content=b"", type=b"3", device=(1, 5)),
                Kind.CONTENT,
                ("1:3", "1:5"),
            ),
        ],
    )
    def test_each_is_told_and_described(self, first: Made, second: Made, kind: Kind, texts: tuple[str, str]) -> None:
        (found,) = between([first], [second])
        assert (found.path, found.kinds, (found.first, found.second)) == ("etc/a", (kind,), texts)

    def test_several_of_one_entry_are_told_together(self) -> None:
        (found,) = between([FILE], [replace(FILE, content=b"two", mode=0o600)])
        assert found.kinds == (Kind.CONTENT, Kind.MODE)
        assert found.first == "3 bytes, sha256:7692c3ad3540, 0644"

    def test_what_is_in_one_only(self) -> None:
        other = Made("etc/.wh.b", type=b"2", link="x")
        assert between([FILE, other], [FILE]) == [
            Difference("etc/.wh.b", (Kind.ONLY_FIRST,), "symbolic link, -> x, 0644", "absent")
        ]
        assert between([other], [other, FILE]) == [
            Difference("etc/a", (Kind.ONLY_SECOND,), "absent", "file, 3 bytes, sha256:7692c3ad3540, 0644")
        ]

    def test_order_is_told_of_the_first_entry(self) -> None:
        a, b, c = (Made(name) for name in "abc")
        assert between([a, b, c], [c, a, b]) == [Difference("c", (Kind.ORDER,), "entry 3", "entry 1")]

    def test_another_way_to_write_the_same_is_told(self) -> None:
        found = differences(layer([FILE]), layer([FILE]) + bytes(512))
        assert found == [Difference("", (Kind.FORM,), "10,240 bytes", "10,752 bytes")]

    def test_a_path_is_the_same_however_it_begins(self) -> None:
        assert [each.kinds for each in between([FILE], [replace(FILE, path="./etc/a")])] == [(Kind.FORM,)]

    def test_a_path_that_is_there_twice_is_compared_in_order(self) -> None:
        again = replace(FILE, mode=0o600)
        assert between([FILE, again], [FILE, again]) == []
        assert [each.kinds for each in between([FILE, again], [again, FILE])] == [(Kind.MODE,), (Kind.MODE,)]
        assert [each.kinds for each in between([FILE, again], [FILE])] == [(Kind.ONLY_FIRST,)]

    @pytest.mark.parametrize("name", ["x" * 300, "d/" * 200 + "y", "\udcff\udcfe", "é"])
    def test_long_names_and_those_that_are_no_text(self, name: str) -> None:
        for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
            one, two = (layer([Made(name, mode=mode)], form) for mode in (0o644, 0o600))
            (found,) = differences(one, two)
            assert found.path == name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")

    def test_control_characters_are_escaped(self) -> None:
        (found,) = between([Made("a\x1b[31m\n")], [])
        assert found.path == "a\\x1b[31m\\n"


class TestExcerpt:
    def test_it_begins_where_the_contents_part(self) -> None:
        (found,) = between([Made("a", b"x" * 100_000 + b"1rest")], [Made("a", b"x" * 100_000 + b"2")])
        assert found.excerpt == Excerpt(100_000, b"x" * 64, b"1rest", b"2")

    def test_one_may_end_where_the_other_goes_on(self) -> None:
        (found,) = between([Made("a", b"same")], [Made("a", b"same and more")])
        assert found.excerpt == Excerpt(4, b"same", b"", b" and more")


def sparse(holes: Sequence[tuple[int, int]], data: bytes, size: int) -> bytes:
    """A layer with one sparse file, in GNU's format 1.0."""
    numbers = [len(holes), *(number for hole in holes for number in hole)]
    head = "".join(f"{number}\n" for number in numbers).encode()
    head += bytes(-len(head) % 512)
    member = tarfile.TarInfo("GNUSparseFile.0/a")
    member.size = len(head) + len(data)
    member.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "a"} | {
        "GNU.sparse.realsize": str(size)
    }
    body = head + data
    return member.tobuf(tarfile.PAX_FORMAT) + body + bytes(-len(body) % 512) + bytes(1024)


class TestSparse:
    def test_holes_larger_than_any_disk_take_no_time(self) -> None:
        one, two = (sparse([(0, 3), (2**60, 3)], data, 2**60 + 3) for data in (b"abcdef", b"abcdeX"))
        assert differences(one, one) == []
        (found,) = differences(one, two)
        assert (found.path, found.kinds, found.excerpt) == ("a", (Kind.CONTENT,), None)

    def test_another_place_of_a_hole_is_another_content(self) -> None:
        one, two = (sparse([(0, 3), (start, 3)], b"abcdef", 2000) for start in (1000, 1001))
        assert [each.kinds for each in differences(one, two)] == [(Kind.CONTENT,)]

    def test_a_map_without_end_comes_to_one(self) -> None:
        strange = sparse([(0, 3), (1, 2**40)], b"abc", 2000)
        with pytest.raises(EngineRefused, match="it ends within a file"):
            differences(strange, strange)


class TestBroken:
    @pytest.mark.parametrize(
        ("data", "why"),
        [
            (b"", "empty file"),
            (b"no tar", "truncated header"),
            (b"x" * 2000, "bad checksum|invalid header"),
            (layer([FILE])[:514], "it ends within a file"),
            (layer([FILE])[:1024] + b"garbage" * 200, "(bad checksum|invalid header) at byte 1,024"),
            (layer([FILE])[:1024] + b"garbage", "truncated header at byte 1,024"),
        ],
    )
    def test_it_is_told_with_its_file(self, data: bytes, why: str) -> None:
        with pytest.raises(EngineRefused, match=f"the layer in .*/two cannot be read: .*({why})"):
            differences(layer([FILE]), data)

    def test_a_size_below_nothing_is_no_endless_loop(self) -> None:
        member = tarfile.TarInfo("a")
        member.pax_headers = {"size": "-1024"}
        with pytest.raises(EngineRefused, match="cannot be read"):
            differences(member.tobuf(tarfile.PAX_FORMAT) + bytes(1024), layer([]))

    def test_a_full_temporary_folder_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("forebear.contents.index._TABLE", "CREATE TABLE no_such_database.entries (path)")
        with pytest.raises(BuildFailed, match="cannot be compared in the temporary folder"):
            between([FILE], [FILE])


NAMES = st.text("ab/.é\n", min_size=1, max_size=6).map(lambda name: "p" + name.rstrip("/"))
ENTRIES = st.builds(
    Made,
    NAMES,
    st.binary(max_size=30),
    mode=st.integers(0, 0o7777),
    uid=st.integers(0, 2**22),
    uname=st.sampled_from(["", "root"]),
    time=st.decimals(0, 2**33, places=3).map(str) | st.integers(0, 2**33).map(str),
    xattrs=st.dictionaries(st.sampled_from(["user.a", "security.capability"]), st.text("a\0ÿ", min_size=1)),
)
LINKS = st.builds(Made, NAMES, type=st.sampled_from([b"1", b"2"]), link=NAMES)
LAYERS = st.lists(ENTRIES | LINKS, min_size=1, max_size=6, unique_by=lambda entry: entry.path)

MUTATIONS: dict[Kind, Callable[[Made], Made]] = {
    Kind.CONTENT: lambda entry: replace(entry, content=entry.content + b"\0"),
    Kind.MODE: lambda entry: replace(entry, mode=entry.mode ^ 0o100),
    Kind.OWNER: lambda entry: replace(entry, uid=entry.uid + 1),
    Kind.TIME: lambda entry: replace(entry, time=str(int(entry.time.partition(".")[0]) + 1)),
    Kind.XATTR: lambda entry: replace(entry, xattrs={**entry.xattrs, "user.b": "1"}),
    Kind.TYPE: lambda entry: replace(entry, content=b"", link="", type=b"6"),
    Kind.LINK: lambda entry: replace(entry, type=b"2", content=b"", link=entry.link + "x"),
}


@given(LAYERS)
def test_nothing_differs_from_itself(entries: list[Made]) -> None:
    assert between(entries, entries) == []


@given(LAYERS, st.data(), st.sampled_from(sorted(MUTATIONS)))
def test_what_was_changed_is_what_is_told(entries: list[Made], data: st.DataObject, kind: Kind) -> None:
    place = data.draw(st.integers(0, len(entries) - 1))
    entry = entries[place]
    if kind is Kind.LINK:
        entry = replace(entry, type=b"2", content=b"")
    if kind is Kind.CONTENT:
        entry = replace(entry, type=b"0", link="")
    first, second = ([*entries[:place], each, *entries[place + 1 :]] for each in (entry, MUTATIONS[kind](entry)))
    assert [found.kinds for found in between(first, second)] == [(kind,)]


@given(LAYERS, st.data())
def test_what_is_missing_or_in_another_place_is_told(entries: list[Made], data: st.DataObject) -> None:
    less = entries[1:]
    assert [found.kinds for found in between(entries, less)] == [(Kind.ONLY_FIRST,)]
    assert [found.kinds for found in between(less, entries)] == [(Kind.ONLY_SECOND,)]
    moved = data.draw(st.permutations(entries))
    assert [found.kinds for found in between(entries, moved)] == ([(Kind.ORDER,)] if moved != entries else [])


@given(
    st.binary(max_size=2000)
    | st.builds(
        lambda entries, at, put: layer(entries)[:at] + put + layer(entries)[at + len(put) :],
        LAYERS,
        st.integers(0, 4000),
        st.binary(min_size=1, max_size=200),
    )
)
def test_any_bytes_raise_nothing_but_our_errors(data: bytes) -> None:
    try:
        assert differences(data, data) == []
    except EngineRefused:
        return
