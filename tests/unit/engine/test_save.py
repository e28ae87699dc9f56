from __future__ import annotations

import pytest

from forebear.engine.client import Docker
from forebear.errors import EngineRefused, EngineUnreachable

from .scripted import Answer, engine, refused

ID = "sha256:1"


def test_the_chunks_of_an_image_are_passed_on() -> None:
    with engine(**{f"images_{ID}_get": [Answer(b"tar" * 200_000)]}) as script:
        chunks = list(Docker(script.host).save(ID))
    assert b"".join(chunks) == b"tar" * 200_000
    assert len(chunks) > 1


def test_nothing_is_asked_before_the_first_chunk_is_wanted() -> None:
    with engine() as script:
        Docker(script.host).save(ID).close()
        assert script.asked == []


def test_an_image_that_is_not_there_is_told() -> None:
    answer = refused(404, "No such image: x")
    with (
        engine(**{f"images_{ID}_get": [answer]}) as script,
        pytest.raises(EngineRefused, match="No such image") as told,
    ):
        next(Docker(script.host).save(ID))
    assert told.value.status == 404


def test_an_engine_that_goes_away_in_the_middle_is_told() -> None:
    answer = Answer(b"tar" * 1000, cut=True)
    with engine(**{f"images_{ID}_get": [answer]}) as script, pytest.raises(EngineUnreachable, match="went away"):
        list(Docker(script.host).save(ID))
