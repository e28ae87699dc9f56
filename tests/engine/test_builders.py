"""The builders: which was chosen is told, the classic one does without BuildKit, and rebuilds come out equal."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from engines import remove_images, tags
from families import Family, by_hand, ended, identity, labels, layers, output
from proxy import answer, proxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import docker
    from engines import Engine
    from meeting import Meeting

REFUSAL = "failed to read downloaded context: dial tcp: lookup unix.invalid: no such host"


def without_buildkit(line: str) -> str | bytes:
    """What Debian's 26.1.5 with the containerd store answers: an error inside the stream of every BuildKit build."""
    if "/build?" in line and "version=2" in line:
        return answer("200 OK", f'{{"errorDetail": {{"message": "{REFUSAL}"}}, "error": "{REFUSAL}"}}\r\n')
    return line


@pytest.fixture
def classic(family: Family, engine: Engine, tmp_path: Path) -> Iterator[Family]:
    """A project without images, on an engine without BuildKit."""
    with proxy(engine.host, tmp_path, without_buildkit) as between:
        family = Family(tmp_path / "classic", between.host, family.project)
        yield family
        family.close()


def test_buildkit_is_chosen_and_what_it_can_promise_is_told(family: Family, engine: Engine) -> None:
    family.add("a", "scratch", "ENV A=1")
    told = family.forebear("build").err
    if engine.name.endswith("containerd"):
        assert "BuildKit: a rebuild gives the same image, bit for bit" in told
    else:
        assert "BuildKit: the same inputs give layers that may differ in their times" in told
        assert "the overlay2 image store cannot rewrite timestamps; the containerd image store can" in told


def test_where_buildkit_refuses_the_classic_builder_does(
    classic: Family, busybox_base: str, client: docker.APIClient
) -> None:
    classic.declare(source="https://example.org/family")
    classic.add("a", busybox_base, "RUN echo one >/a", labels={"team": "base", "zone": "1"})
    classic.add("b", "a", "COPY file /b", files={"file": "two\n"}, labels={"team": "web"})
    classic.add("c", "b", "ENV C=1", "COPY --from={{ uses.first }} /a /c", uses={"first": "a"})
    classic.lock()
    ran = classic.forebear("build")
    assert ran.lines == ["built    a 1.0.0", "built    b 1.0.0", "built    c 1.0.0", "3 built"]
    assert "the classic builder: the same inputs give layers that may differ in their times" in ran.err
    assert f"(BuildKit refuses: {REFUSAL})" in ran.err
    assert output(client, classic.tag("c"), "cat", "/a", "/b", "/c") == "one\ntwo\none\n"
    assert layers(client, classic.tag("c"))[: len(layers(client, classic.tag("b")))] == layers(client, classic.tag("b"))
    assert tags(client, classic.project) == [classic.tag(name) for name in "abc"]
    assert classic.plan() == {}
    by_hand(client, classic.tag("b"), f"FROM {classic.tag('b')}", "LABEL more=1", builder="classic")
    told = f"{classic.tag('b')} names an image that somebody built on top of forebear's"
    assert classic.plan()["b"] == (told,)


def test_one_builder_goes_on_where_the_other_left_off(
    classic: Family, family: Family, busybox_base: str, tmp_path: Path
) -> None:
    classic.add("a", busybox_base, "ENV A=1", labels={"team": "base"})
    classic.add("b", "a", "ENV B=1", labels={"team": "base"})
    classic.lock()
    classic.build("a")
    other = classic.clone(tmp_path / "other", family.host)
    assert other.plan() == {"b": (f"{classic.tag('b')} is not on the engine",)}
    assert other.build() == {"a": "reused", "b": "built"}
    assert classic.plan() == {}


def test_a_classic_build_that_fails_tells_its_step(classic: Family, busybox_base: str) -> None:
    classic.add("a", busybox_base, "RUN echo some words; test -e /missing")
    classic.lock()
    ran = classic.forebear("build", code=3)
    assert "RUN echo some words; test -e /missing: exit code 1" in ran.lines[0]
    assert "some words" in ran.err


def test_a_signal_ends_a_classic_build(
    classic: Family, busybox_base: str, client: docker.APIClient, meeting: Meeting
) -> None:
    classic.add("a", busybox_base, meeting.run("stopped"))
    classic.lock()
    process = classic.start("build")
    meeting.arrived("stopped")
    process.send_signal(signal.SIGINT)
    ended(process, 130, seconds=10)
    assert tags(client, classic.project) == []


@pytest.fixture
def chain(family: Family, busybox_base: str) -> Family:
    """A chain whose commands write files at the time they run."""
    family.add("a", busybox_base, "RUN mkdir /a && echo a >/a/file")
    family.add("b", "a", "COPY file sub /b/", files={"file": "b", "sub/file": "b"})
    family.add("c", "b", "RUN echo c >>/a/file && ln -s file /a/link")
    family.lock()
    return family


def test_a_rebuild_without_any_cache_gives_the_same(
    chain: Family, engine: Engine, client: docker.APIClient, tmp_path: Path
) -> None:
    """The same keys on every engine; where layers can carry a given time, the same images bit for bit."""
    chain.build()
    ids = [identity(client, chain.tag(name)) for name in "abc"]
    keys = [labels(client, chain.tag(name))["forebear.key"] for name in "abc"]
    remove_images(client, chain.project)
    client.prune_builds()
    again = chain.clone(tmp_path / "elsewhere")
    assert again.build() == dict.fromkeys("abc", "built")
    if engine.name.endswith("containerd"):
        assert [identity(client, again.tag(name)) for name in "abc"] == ids
        assert [labels(client, again.tag(name))["forebear.key"] for name in "abc"] == keys
    else:
        assert labels(client, again.tag("a"))["forebear.key"] == keys[0]
