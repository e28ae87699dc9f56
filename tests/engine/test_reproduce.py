"""Building images a second time: the same bit for bit where an engine can, and the reason where they are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from families import tags

if TYPE_CHECKING:
    import docker
    from families import Family

EXACT = "containerd"


def _declared(family: Family, base: str) -> bool:
    """A chain whose second image holds a clock; whether the engine can give the same image each time."""
    family.add("calm", base, "RUN echo one >/one")
    family.add("trap", "calm", "ENV A=1", "RUN cat /proc/uptime >/built", "COPY file /file", files={"file": "two\n"})
    family.lock()
    family.forebear("build")
    return family.engine.info().store == EXACT


def test_a_calm_image_comes_out_the_same_and_nothing_is_left_behind(
    family: Family, busybox_base: str, client: docker.APIClient
) -> None:
    exact = _declared(family, busybox_base)
    before = tags(client, family.project)
    (told,) = family.forebear("reproduce", "calm", "--json").documents[-1]["images"]
    assert told["good"]
    assert told["grade"] == ("digest" if exact else "inputs")
    assert {kind for layer in told["layers"] for kind in layer["counts"]} == (set() if exact else {"time"})
    assert tags(client, family.project) == before
    assert not client.images(filters={"reference": [f"forebear.invalid/{family.project}/*:*"]})


def test_a_trap_is_told_with_its_file_and_its_lines(family: Family, busybox_base: str) -> None:
    _declared(family, busybox_base)
    ran = family.forebear("reproduce", "trap", "--json", code=1)
    (told,) = ran.documents[-1]["images"]
    assert (told["grade"], told["good"]) == ("inputs", False)
    layer = next(each for each in told["layers"] if each["instruction"].startswith("RUN"))
    assert layer["instruction"] == "RUN cat /proc/uptime >/built"
    assert (layer["line"], layer["template"]) == (4, "templates/trap.Dockerfile.j2:3")
    assert "content" in next(each["kinds"] for each in layer["differences"] if each["path"] == "built")
    shown = family.forebear("reproduce", "trap", code=1).out
    assert "RUN cat /proc/uptime >/built" in shown
    assert "templates/trap.Dockerfile.j2:3" in shown
    assert "/built  content" in shown


def test_what_is_not_as_declared_cannot_be_reproduced(family: Family, busybox_base: str) -> None:
    _declared(family, busybox_base)
    family.template("trap", "RUN echo other")
    ran = family.forebear("reproduce", "trap", code=2)
    assert ran.err.splitlines()[-1] == (
        f"{family.project}/trap:1.0.0: there is nothing to reproduce: its Dockerfile changed; run: forebear build"
    )


def test_the_tag_stays_where_it_is(family: Family, busybox_base: str, client: docker.APIClient) -> None:
    family.add("a", busybox_base, "RUN cat /proc/uptime >/x")
    family.lock()
    family.forebear("build")
    before = client.inspect_image(family.tag("a"))["Id"]
    family.forebear("reproduce", code=1)
    assert client.inspect_image(family.tag("a"))["Id"] == before
