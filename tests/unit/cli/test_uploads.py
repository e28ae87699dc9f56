from __future__ import annotations

from typing import TYPE_CHECKING

from forebear.build.recipe import Target
from forebear.cli.uploads import Uploads
from forebear.release.events import Arrived, Event, Noted, Sending

if TYPE_CHECKING:
    import pytest

TOMCAT = Target("tomcat", "linux/amd64")


def test_what_is_sent_is_drawn_until_it_has_arrived(capsys: pytest.CaptureFixture[str]) -> None:
    told: list[Event] = []
    arrived = Arrived(TOMCAT, "sha256:" + "1" * 64, 2.5)
    with Uploads(told.append, colored=False) as uploads:
        uploads.take(Sending(TOMCAT, 1_500_000, 3_000_000))
        assert uploads.table().row_count == 1
        uploads.take(Noted("two tags are left"))
        uploads.take(arrived)
        assert uploads.table().row_count == 0
    assert told == [Noted("two tags are left"), arrived]
    assert capsys.readouterr().out == ""
