"""A child's parent is the one that was meant, whatever tags do meanwhile; and what only looks like one is found out."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

import pytest
from engines import tags
from families import Family, by_hand, ended, identity, labels, layers, output
from proxy import proxy

if TYPE_CHECKING:
    from pathlib import Path

    import docker
    from engines import Engine, Registry
    from meeting import Meeting


def test_the_layers_of_a_child_begin_with_those_of_its_parent(
    family: Family, busybox_base: str, client: docker.APIClient
) -> None:
    family.add("a", busybox_base, "COPY file /a", files={"file": "a"})
    family.add("b", "a", "COPY file /b", files={"file": "b"})
    family.add("c", "b", "COPY --from={{ uses.first }} /a /c", uses={"first": "a"})
    family.add("empty", "scratch", "COPY file /", files={"file": "e"})
    family.lock()
    family.build()
    chain = [layers(client, image) for image in (busybox_base, *map(family.tag, "abc"))]
    for parent, child in pairwise(chain):
        assert child[:-1] == parent
    assert len(layers(client, family.tag("empty"))) == 1


def test_a_parents_tag_that_moves_while_its_child_waits_or_builds_moves_no_child(
    family: Family, busybox_base: str, client: docker.APIClient, meeting: Meeting
) -> None:
    """`child` begins when `brake` is done; its second stage begins when its first has been released."""
    family.add("a", busybox_base, "COPY file /a", files={"file": "meant"})
    family.add("brake", busybox_base, meeting.run("brake"))
    family.add(
        "child",
        "a",
        "FROM {{ uses.brake }} AS first",
        meeting.run("child") + " && echo done >/first",
        "FROM {{ parent }}",
        "COPY --from=first /first /first",
        uses={"brake": "brake"},
    )
    family.lock()
    family.build("a")
    process = family.start("build")
    meeting.arrived("brake")
    by_hand(client, family.tag("a"), f"FROM {busybox_base}", "RUN echo other >/a")
    meeting.release("brake")
    meeting.arrived("child")
    by_hand(client, family.tag("a"), f"FROM {busybox_base}", "RUN echo third >/a")
    meeting.release("child")
    ended(process, 0)
    assert output(client, family.tag("child"), "cat", "/a", "/first") == "meantdone\n"
    assert family.plan()["a"] == (f"the image that {family.tag('a')} names was not built by forebear",)


def test_the_local_parent_wins_over_an_older_one_in_its_registry(
    family: Family, engine: Engine, client: docker.APIClient, busybox_base: str, registry: Registry
) -> None:
    """On the containerd store a plain build looks a tag up at the registry first, and takes what it has."""
    family.declare(registry=registry.address)
    family.add("a", busybox_base, "COPY file /a", files={"file": "old"})
    family.add("b", "a", "ENV B=1")
    family.lock()
    family.build("a")
    assert "errorDetail" not in client.push(family.tag("a"))
    family.put("images/a/file", "new")
    family.build()
    assert output(client, family.tag("b"), "cat", "/a") == "new"
    plain = by_hand(client, f"{family.project}/plain:1", f"FROM {family.tag('a')}", "ENV B=1")
    assert output(client, plain, "cat", "/a") == ("old" if engine.name.endswith("containerd") else "new")


def test_a_child_that_an_engine_builds_on_something_else_gets_no_tag(
    family: Family, engine: Engine, busybox_base: str, client: docker.APIClient, tmp_path: Path
) -> None:
    """The proxy makes an engine that takes another base than the one it is told."""
    family.add("a", busybox_base, "COPY file /a", files={"file": "a"})
    family.add("b", "a", "ENV B=1")
    family.lock()
    family.build()
    was = identity(client, family.tag("b"))
    family.template("b", "ENV B=2")
    by_hand(client, f"{family.project}/other:1", "FROM scratch", "ENV A=1", "LABEL other=1")

    def meddle(line: str) -> str:
        method, target, protocol = line.split()
        path, _, text = target.partition("?")
        query = dict(parse_qsl(text))
        if "FOREBEAR_BASE_1" not in query.get("buildargs", ""):
            return line
        arguments = json.loads(query["buildargs"]) | {"FOREBEAR_BASE_1": f"{family.project}/other:1"}
        query["buildargs"] = json.dumps(arguments)
        return f"{method} {path}?{urlencode(query)} {protocol}"

    with proxy(engine.host, tmp_path, meddle) as between:
        told = family.clone(tmp_path / "clone", between.host).forebear("build", code=3)
    assert "its layers do not begin with those of its parent a" in told.out
    assert identity(client, family.tag("b")) == was
    assert tags(client, family.project) == [family.tag("a"), family.tag("b"), f"{family.project}/other:1"]


IMPOSTERS = {
    "layer": ["RUN echo more >/more"],
    "variable": ["ENV MORE=1"],
    "label": ["LABEL more=1"],
    "command": ['CMD ["/bin/false"]'],
}


@pytest.mark.parametrize("builder", ["buildkit", "classic"])
def test_an_image_built_on_top_of_ours_does_not_pass_for_ours(
    family: Family, busybox_base: str, client: docker.APIClient, builder: str
) -> None:
    """It inherits our labels, and takes our tag."""
    for name in IMPOSTERS:
        family.add(name, busybox_base, "ENV A=1", "WORKDIR /work")
    family.add("child", "layer", "ENV B=1")
    family.lock()
    family.build()
    for name, lines in IMPOSTERS.items():
        tag = family.tag(name)
        ours, key = identity(client, tag), labels(client, tag)["forebear.key"]
        assert by_hand(client, tag, f"FROM {tag}", *lines, builder=builder) != ours
        assert labels(client, tag)["forebear.key"] == key
    told = {
        name: (f"{family.tag(name)} names an image that somebody built on top of forebear's",) for name in IMPOSTERS
    }
    assert family.plan() == told | {"child": ("parent layer is built",)}
    assert family.build() == dict.fromkeys(IMPOSTERS, "built") | {"child": "spared"}
    assert family.plan() == {}


def test_a_committed_container_does_not_pass_for_ours(
    family: Family, busybox_base: str, client: docker.APIClient
) -> None:
    family.add("a", busybox_base, "ENV A=1")
    family.lock()
    family.build()
    container = client.create_container(family.tag("a"), ["sh", "-c", "echo more >/more"])["Id"]
    client.start(container)
    client.wait(container)
    client.commit(container, f"{family.project}/a", "1.0.0")
    client.remove_container(container)
    assert family.plan()["a"] == (f"{family.tag('a')} names an image that somebody built on top of forebear's",)


def test_an_image_with_our_labels_on_another_base_does_not_pass_for_ours(
    family: Family, busybox_base: str, client: docker.APIClient
) -> None:
    family.add("a", busybox_base, "ENV A=1")
    family.lock()
    family.build()
    ours = labels(client, family.tag("a")).items()
    copied = [f"LABEL {json.dumps(name)}={json.dumps(value)}" for name, value in ours]
    by_hand(client, family.tag("a"), "FROM scratch", "ENV A=1", *copied)
    assert family.plan()["a"] == ("its layers do not begin with those of its upstream base:1",)
