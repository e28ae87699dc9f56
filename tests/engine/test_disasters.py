"""An engine that is killed, and one whose disk is full: told in words, and the next run carries on."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from engines import tags
from families import ended
from meeting import meeting_on
from private import Private, private_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engines import Engine
    from families import Family

TOO_MUCH = 160 << 20  # bytes; more than the disk of a private engine has


@pytest.fixture(scope="module")
def private(engine: Engine) -> Iterator[Private]:
    """An engine of the same kind, for this module alone."""
    with private_engine(engine.name) as private:
        yield private


@pytest.fixture(scope="module")
def engine_host(private: Private) -> str:
    """Where families are built."""
    return private.engine.host


def test_a_killed_engine_is_told_and_a_new_one_carries_on(family: Family, private: Private) -> None:
    family.add("a", "docker.io/library/base:1", "ENV A=1")
    with private.engine.client() as client, meeting_on(client) as meeting:
        family.add("b", "a", meeting.run("killed"))
        family.lock()
        process = family.start("build")
        meeting.arrived("killed")
        private.kill()
        ran = ended(process, 4)
        assert "built    a 1.0.0" in ran.lines
        assert f"the engine at {private.engine.host} went away" in ran.err
        assert "start it again and run the same command: what was done is kept" in ran.err
        assert not family.drifted()
        private.start()
        meeting.release("killed")
        assert family.build() == {"a": "reused", "b": "built"}
        assert tags(client, family.project) == [family.tag("a"), family.tag("b")]


@pytest.mark.parametrize("filled", ["by a command", "by its context"])
def test_a_full_disk_is_told_and_costs_only_the_image(family: Family, private: Private, filled: str) -> None:
    """What the engine has of a context stays in its build cache, so that its disk is still full afterwards."""
    family.add("a", "docker.io/library/base:1", "ENV A=1")
    if filled == "by a command":
        family.add("b", "a", f"RUN dd if=/dev/zero of=/big bs=1M count={TOO_MUCH >> 20}")
    else:
        family.add("b", "a", "COPY big /big", files={"big": ""})
        os.truncate(family.root / "images/b/big", TOO_MUCH)
    family.add("c", "b", "ENV C=1")
    family.lock()
    ran = family.forebear("build", code=3)
    assert "built    a 1.0.0" in ran.lines
    assert "no space left on device" in (ran.out + ran.err).lower()
    assert "skipped  c 1.0.0: b failed" in ran.lines
    assert not family.drifted()
    if filled == "by its context":
        again = family.forebear("build", code=3)
        assert "no space left on device" in again.err
        assert "make room on the engine's disk, for example with: docker builder prune" in again.err
    family.template("b", "ENV B=1")
    (family.root / "images/b/big").unlink(missing_ok=True)
    with private.engine.client() as client:
        client.prune_builds()
        assert family.build() == {"a": "reused", "b": "built", "c": "built"}
        assert tags(client, family.project) == [family.tag(name) for name in "abc"]
