from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forebear.build import builds
from forebear.build.builds import FILE, Build, load, trim
from forebear.workspace import Workspace

from ..projects import site

if TYPE_CHECKING:
    from pathlib import Path

LINE = (
    '{"image":"sha256:1","seconds":1.5,"version":"28","api":"1.51","store":"s","platform":"linux/amd64","builder":"b"}'
)
BUILD = Build(1.5, "28", "1.51", "s", "linux/amd64", "b")


def known(root: Path, *lines: str) -> dict[str, Build]:
    (root / ".forebear").mkdir(exist_ok=True)
    (root / FILE).write_text("\n".join([*lines, ""]))
    return load(Workspace(root))


def test_what_is_built_is_noted_and_what_is_reused_is_not(tmp_path: Path) -> None:
    chain = site(tmp_path)
    (tomcat,) = (each for each in chain.built() if each.target.image == "tomcat")
    noted = load(chain.project.workspace)
    assert len(noted) == 3
    assert noted[tomcat.image].seconds == round(tomcat.seconds, 3)
    assert (noted[tomcat.image].version, noted[tomcat.image].builder) == ("28.0.0", "BuildKit")
    chain.build()
    assert (tmp_path / FILE).read_text().count("\n") == 3


def test_the_last_build_of_an_image_counts(tmp_path: Path) -> None:
    assert known(tmp_path, LINE.replace("1.5,", "9,"), LINE) == {"sha256:1": BUILD}


BAD = {
    "nothing": "",
    "cut short": LINE[:-1],
    "a list": "[]",
    "no image": "{}",
    "below zero": LINE.replace("1.5", "-1"),
    "no number": LINE.replace("1.5,", "NaN,"),
    "an age": LINE.replace("1.5,", "1e10,"),
    "a control character": LINE.replace('"b"', '"\\u001b"'),
    "another key": LINE.replace('"store"', '"more"'),
}


@pytest.mark.parametrize("line", BAD.values(), ids=BAD)
def test_a_line_that_was_not_written_here_counts_for_nothing(tmp_path: Path, line: str) -> None:
    assert known(tmp_path, line, LINE.replace("sha256:1", "sha256:2")) == {"sha256:2": BUILD}


@given(st.integers(0, len(LINE)), st.text(max_size=3))
@settings(max_examples=20, deadline=None)
def test_a_damaged_line_never_raises(tmp_path_factory: pytest.TempPathFactory, length: int, text: str) -> None:
    known(tmp_path_factory.getbasetemp(), LINE[:length] + text)


def test_the_oldest_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builds, "_KEPT", 2)
    known(tmp_path, *(LINE.replace("sha256:1", f"sha256:{number}") for number in range(5)))
    trim(Workspace(tmp_path))
    assert list(load(Workspace(tmp_path))) == ["sha256:3", "sha256:4"]
