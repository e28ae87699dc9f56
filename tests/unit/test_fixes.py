from __future__ import annotations

from typing import TYPE_CHECKING

from forebear import api
from forebear.api.fixes import _AT_ONCE
from forebear.errors import EngineRefused, EngineUnreachable

if TYPE_CHECKING:
    from pathlib import Path

    from forebear.reference import Reference


def test_a_registry_that_is_away_is_not_waited_for_again(tmp_path: Path) -> None:
    asked: list[Reference] = []

    def resolve(reference: Reference) -> str | None:
        asked.append(reference)
        raise EngineUnreachable("it is away")

    (tmp_path / "Dockerfile").write_text("".join(f"FROM r.example.org/a:1.2.{n}\n" for n in range(100)))
    fixes = api.fix(tmp_path, api.audit_files(tmp_path, ["."]).findings, resolve)
    assert {one.reason for one in fixes.left} == {"it is away"}
    assert len(fixes.left) == 100
    assert len(asked) <= _AT_ONCE


def test_each_reference_is_asked_for_once(tmp_path: Path) -> None:
    asked: list[str] = []

    def resolve(reference: Reference) -> str | None:
        asked.append(reference.familiar)
        raise EngineRefused("no")

    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "Dockerfile").write_text("FROM x:1.2.3\nFROM docker.io/library/x:1.2.3\nFROM y:1.2.3\n")
    fixes = api.fix(tmp_path, api.audit_files(tmp_path, ["."]).findings, resolve)
    assert sorted(asked) == ["x:1.2.3", "y:1.2.3"]
    assert {one.reason for one in fixes.left} == {"no"}
