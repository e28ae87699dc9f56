from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.errors import InputError
from forebear.lineage.reader import read
from forebear.lineage.retag import retagged
from forebear.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Mapping

HASH, NEW = "sha256:" + "1" * 64, "sha256:" + "2" * 64
HEAD = "lineage: 1\nproject: firethorn\nversion: 2.1.7\nimages:\n"


def moved(text: str, moves: Mapping[str, str]) -> str:
    data = text.encode()
    chosen = {Reference.parse(old): Reference.parse(new) for old, new in moves.items()}
    return retagged(data, read(data), chosen).decode()


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("docker.io/library/fedora:25", "docker.io/library/fedora:26"),
        ('"fedora:25"', '"fedora:26"'),
        ("'library/fedora:25'", "'library/fedora:26'"),
        ("fedora:25 # 25 is old, fedora:25", "fedora:26 # 25 is old, fedora:25"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_only_the_tag_changes(written: str, expected: str, end: str) -> None:
    text = f"# é fedora:25\n{HEAD}  a:\n    vars: {{x: 'fedora:25'}}\n    from:   {written}\n  b: {{from: a}}\n"
    text = text.replace("\n", end)
    assert moved(text, {"fedora:25": "fedora:26"}) == text.replace(f"from:   {written}", f"from:   {expected}")


def test_every_place_and_no_other() -> None:
    text = (
        f"{HEAD}  a: {{from: 'fedora:25', uses: {{x: fedora:25, y: \"fedora:25-slim\", z: quay.io/fedora:25}}}}\n"
        "  b: {from: fedora:25}\n"
    )
    assert moved(text, {"fedora:25": "fedora:100"}) == (
        f"{HEAD}  a: {{from: 'fedora:100', uses: {{x: fedora:100, y: \"fedora:25-slim\", z: quay.io/fedora:25}}}}\n"
        "  b: {from: fedora:100}\n"
    )


def test_a_digest_moves_with_its_tag() -> None:
    text = f"{HEAD}  a: {{from: localhost:5000/a:1@{HASH}}}\n"
    after = moved(text, {f"localhost:5000/a:1@{HASH}": f"localhost:5000/a:2@{NEW}"})
    assert after == f"{HEAD}  a: {{from: localhost:5000/a:2@{NEW}}}\n"


@pytest.mark.parametrize("written", ['"fedora\\x3a25"', "&up fedora:25", ">-\n      fedora:25"])
def test_what_is_not_written_out_is_told(written: str) -> None:
    with pytest.raises(InputError) as told:
        moved(f"{HEAD}  a:\n    from: {written}\n", {"fedora:25": "fedora:26"})
    (fault,) = told.value.faults
    assert str(fault).endswith(
        "images.a.from: fedora:25 is not written out here, and cannot be moved; write fedora:25 here, then run it again"
    )


@given(st.lists(st.sampled_from(["fedora:25", "debian:12", "quay.io/a/b:1", "scratch"]), max_size=6), st.data())
def test_the_file_then_declares_the_same_but_for_the_tags(bases: list[str], data: st.DataObject) -> None:
    styles = data.draw(st.lists(st.sampled_from(["{}", "'{}'", '"{}"']), min_size=len(bases), max_size=len(bases)))
    lines = [
        f"  i{n}: {{from: {style.format(base)}}}\n" for n, (base, style) in enumerate(zip(bases, styles, strict=True))
    ]
    text = HEAD.replace("images:", "images: {}" if not lines else "images:") + "".join(lines)
    after = moved(text, {"fedora:25": "fedora:26", "quay.io/a/b:1": "quay.io/a/b:1.0.1"})
    found = [str(image.base) for image in read(after.encode()).images.values()]
    renamed = {"fedora:25": "fedora:26", "quay.io/a/b:1": "quay.io/a/b:1.0.1"}
    assert found == [renamed.get(base, base) for base in bases]
    assert len(after.splitlines()) == len(text.splitlines())
