from __future__ import annotations

import pytest

from forebear.dockerfile.origins import Origin
from forebear.dockerfile.reader import read
from forebear.release.blame import Blame, blame

OWN = Origin("web.Dockerfile.j2", 3)
MACRO = Origin("forebear/dnf.j2", 66)


def test_layers_are_those_of_run_copy_and_add_in_order() -> None:
    text = "FROM a\nENV A=1\nRUN one\nCOPY b /b\nLABEL x=1\nADD c /c\n"
    found = [blame(number, 3, read(text), None, ()) for number in range(3)]
    assert found == [Blame("RUN one", 3, ""), Blame("COPY b /b", 4, ""), Blame("ADD c /c", 6, "")]


def test_a_workdir_counts_where_the_number_of_layers_says_so() -> None:
    dockerfile = read("FROM a\nWORKDIR /w\nRUN one\n")
    assert blame(0, 2, dockerfile, None, ()) == Blame("WORKDIR /w", 2, "")
    assert blame(0, 1, dockerfile, None, ()) == Blame("RUN one", 3, "")


def test_nothing_is_told_where_the_numbers_do_not_agree() -> None:
    assert blame(0, 5, read("FROM a\nRUN one\n"), None, ()) is None


def test_only_the_stages_of_the_target_count() -> None:
    dockerfile = read("FROM a AS x\nRUN one\nFROM x AS y\nRUN two\nFROM b AS z\nRUN three\n")
    assert blame(0, 2, dockerfile, "y", ()) == Blame("RUN one", 2, "")
    assert blame(1, 2, dockerfile, "y", ()) == Blame("RUN two", 4, "")
    assert blame(0, 1, dockerfile, None, ()) == Blame("RUN three", 6, "")


@pytest.mark.parametrize(
    ("origins", "template"),
    [
        ((None, OWN), "templates/web.Dockerfile.j2:3"),
        ((OWN, MACRO), "templates/web.Dockerfile.j2:3, by forebear/dnf.j2:66"),
        ((None, MACRO), "templates/forebear/dnf.j2:66"),
        ((None, None), ""),
    ],
)
def test_the_line_of_the_template(origins: tuple[Origin | None, ...], template: str) -> None:
    assert blame(0, 1, read("FROM a\nRUN one\n"), None, origins) == Blame("RUN one", 2, template)
