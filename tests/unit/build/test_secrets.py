from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from forebear.build.secrets import LARGEST, gather
from forebear.errors import InputError
from forebear.lineage.reader import read

if TYPE_CHECKING:
    from pathlib import Path

LINEAGE = read(
    b"""\
lineage: 1
project: p
version: 1.0.0
secrets:
  a: {env: FOREBEAR_TEST_A}
  b: {file: keys/b}
  c: {file: ~/c}
images: {}
"""
)


def test_secrets_come_from_the_environment_and_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOREBEAR_TEST_A", "é")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("keys", "home"):
        (tmp_path / name).mkdir()
    (tmp_path / "keys/b").write_bytes(b"\xff\n")
    (tmp_path / "home/c").write_bytes(b"c")
    found = gather(LINEAGE, {"a", "b", "c"}, tmp_path)
    assert found == {"a": "é".encode(), "b": b"\xff\n", "c": b"c"}
    assert gather(LINEAGE, {"b"}, tmp_path) == {"b": b"\xff\n"}


def test_all_that_are_missing_are_told_with_their_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "c").write_bytes(b"c" * (LARGEST + 1))
    with pytest.raises(InputError) as caught:
        gather(LINEAGE, {"a", "b", "c"}, tmp_path)
    assert [str(fault).replace(str(tmp_path), "~") for fault in caught.value.faults] == [
        'lineage.yml:5:3: secrets.a: the secret "a" is missing: the variable FOREBEAR_TEST_A is not set;'
        " set it: export FOREBEAR_TEST_A=…",
        'lineage.yml:6:3: secrets.b: the secret "b" cannot be read: [Errno 2] No such file or directory:'
        " '~/keys/b'; write the file, or correct its path in lineage.yml",
        'lineage.yml:7:3: secrets.c: the secret "c" has 512,001 bytes; a build takes secrets of at most 512,000',
    ]
