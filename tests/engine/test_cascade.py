"""The cascade on real engines: in order, in parallel, and nothing without a reason."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from engines import remove_images, tags
from families import Family, by_hand, ended, identity, labels, outcomes, output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import docker
    from engines import Engine
    from meeting import Meeting


def test_a_chain_is_built_in_order_and_again_not_at_all(
    family: Family, busybox_base: str, client: docker.APIClient
) -> None:
    family.add("a", busybox_base, "RUN echo one >/a")
    family.add("b", "a", "COPY file /b", files={"file": "two\n"})
    family.add("c", "b", "RUN cat /a /b >/c")
    family.forebear("lock", "--local")
    first = family.forebear("build")
    assert first.lines == ["built    a 1.0.0", "built    b 1.0.0", "built    c 1.0.0", "3 built"]
    assert "building b: " in first.err
    assert output(client, family.tag("c"), "cat", "/c") == "one\ntwo\n"
    assert tags(client, family.project) == [family.tag(name) for name in "abc"]
    again = family.forebear("build")
    assert again.lines == ["3 reused"]
    assert "3 to reuse" in again.err


def test_a_diamond_is_built_on_all_that_it_uses(family: Family, busybox_base: str, client: docker.APIClient) -> None:
    family.add("top", busybox_base, "COPY file /top", files={"file": "top\n"})
    family.add("left", "top", "COPY file /left", files={"file": "left\n"})
    family.add("right", "top", "COPY file /right", files={"file": "right\n"})
    family.add("bottom", "left", "COPY --from={{ uses.other }} /right /right", uses={"other": "right"})
    family.lock()
    assert family.build() == dict.fromkeys(["top", "left", "right", "bottom"], "built")
    assert output(client, family.tag("bottom"), "cat", "/top", "/left", "/right") == "top\nleft\nright\n"
    assert family.plan() == {}
    family.put("images/right/file", "moved\n")
    assert family.plan() == {
        "right": ("context file images/right/file changed",),
        "bottom": ("parent right is built",),
    }
    assert family.build() == {"top": "reused", "left": "reused", "right": "built", "bottom": "built"}
    assert output(client, family.tag("bottom"), "cat", "/right") == "moved\n"


def test_two_dockerfiles_share_a_context(family: Family, busybox_base: str, client: docker.APIClient) -> None:
    """One beside the other, one in a folder below the context, each with its own list of what it leaves out."""
    family.put("both/file", "here\n")
    family.put("both/sub/second.dockerignore", "*\n!file\n")
    family.add("first", busybox_base, "COPY . /in", context="both", dockerfile="Dockerfile.first")
    family.add("second", "first", "COPY . /own", context="both", dockerfile="sub/second")
    family.lock()
    assert family.build() == {"first": "built", "second": "built"}
    assert output(client, family.tag("second"), "ls", "/in", "/own").split() == [
        *("/in:", "Dockerfile.first", "file", "sub"),
        *("/own:", "file", "sub"),
    ]
    assert family.plan() == {}


def test_an_image_says_what_it_is_made_of(family: Family, busybox_base: str, client: docker.APIClient) -> None:
    family.declare(source="https://example.org/family")
    family.add("a", busybox_base, "ENV A=1")
    family.add("b", "a", "ENV B=1", labels={"team": "base"})
    family.lock()
    family.build()
    own = labels(client, family.tag("b"))
    oci = "org.opencontainers.image."
    assert own[f"{oci}title"] == "b"
    assert own[f"{oci}version"] == "1.0.0"
    assert own[f"{oci}base.name"] == f"docker.io/{family.tag('a')}"
    assert own[f"{oci}source"] == "https://example.org/family"
    assert own["team"] == "base"
    assert own["forebear.image"] == "b"
    assert own["forebear.parent"].startswith("a sha256:")
    assert own["forebear.key"].startswith("sha256:")


def test_each_starts_as_soon_as_its_parents_are_done(family: Family, busybox_base: str, meeting: Meeting) -> None:
    """`late` meets `slow`, which is on an earlier level: who works level by level, or one by one, waits for ever."""
    family.add("slow", busybox_base, meeting.run("slow"))
    family.add("quick", busybox_base, "ENV QUICK=1")
    family.add("late", "quick", meeting.run("late"))
    family.lock()
    process = family.start("build", "--jobs", "2")
    meeting.arrived("slow", "late")
    meeting.release("slow", "late")
    assert ended(process, 0).lines[-1] == "3 built"


def test_the_longest_path_comes_first(family: Family, busybox_base: str) -> None:
    family.add("short", busybox_base, "ENV A=1")
    family.add("long", busybox_base, "ENV A=2")
    family.add("longer", "long", "ENV A=3")
    family.lock()
    assert [*outcomes(family.forebear("build", "--jobs", "1", "--json"))] == ["long", "short", "longer"]


def test_what_is_selected_is_built_and_nothing_else(family: Family, busybox_base: str) -> None:
    family.add("a", busybox_base, "ENV A=1")
    family.add("b", "a", "ENV A=2")
    family.add("c", "b", "ENV A=3")
    family.lock()
    alone = family.forebear("build", "b", code=3)
    assert alone.lines[0].startswith("blocked  b 1.0.0: parent a has to be built first")
    assert family.build("+b") == {"a": "built", "b": "built"}
    assert family.build("c") == {"c": "built"}


@pytest.fixture(scope="module")
def settled(engine: Engine, busybox_base: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Family]:
    """A chain that is built; tests change a clone of it."""
    root = tmp_path_factory.mktemp("settled") / "project"
    family = Family(root, engine.host, f"settled-{os.getpid()}", {"epoch": 1000000000})
    family.add("a", busybox_base, "ENV A=1")
    files = {"file": "1", "lib/x": "1", "lib/z": "1", ".dockerignore": "ignored\n", "ignored": "1"}
    family.add("b", "a", "FROM {{ parent }} AS one", "COPY . /b/", "FROM one", "ENV B=1", args={"B": "1"}, files=files)
    family.add("c", "b", "ENV C=1")
    family.lock()
    assert family.build() == dict.fromkeys("abc", "built")
    yield family
    with engine.client() as client:
        remove_images(client, family.project)


def entry(**fields: object) -> Callable[[Family], None]:
    def change(family: Family) -> None:
        family.images["b"] |= fields
        family.declare()

    return change


CHANGES: dict[str, tuple[Callable[[Family], object], str]] = {
    "a file changed": (lambda f: f.put("images/b/file", "2"), "context file images/b/file changed"),
    "a file is new": (lambda f: f.put("images/b/lib/y", "2"), "context file images/b/lib/y added"),
    "a file is gone": (lambda f: (f.root / "images/b/lib/x").unlink(), "context file images/b/lib/x removed"),
    "a file can run": (lambda f: (f.root / "images/b/file").chmod(0o755), "context file images/b/file changed"),
    "an ignored file counts": (
        lambda f: f.put("images/b/.dockerignore", "nothing\n"),
        "context file images/b/ignored added",
    ),
    "another template": (lambda f: f.template("b", "ENV B=2"), "its Dockerfile changed"),
    "another argument": (entry(args={"B": "2"}), "build argument B changed"),
    "another label": (entry(labels={"team": "base"}), "label team is new"),
    "another target": (entry(target="one"), "its target stage changed from none to one"),
    "another epoch": (entry(epoch=1500000000), "its epoch changed from 1000000000 to 1500000000"),
    "another parent": (entry(**{"from": "docker.io/library/base:1"}), "its Dockerfile changed"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_told_by_name(settled: Family, tmp_path: Path, change: str) -> None:
    do, reason = CHANGES[change]
    family = settled.clone(tmp_path / "clone")
    do(family)
    plan = family.plan()
    assert reason in plan["b"]
    assert plan["c"][-1] == "parent b is built"
    assert "a" not in plan


def test_what_goes_into_no_image_changes_nothing(settled: Family, tmp_path: Path) -> None:
    """Another folder, other times, an ignored file, a rendered file that is gone: all of that is no reason."""
    family = settled.clone(tmp_path / "clone")
    family.put("images/b/ignored", "2")
    (family.root / "images/c/Dockerfile").unlink()
    for path in family.root.rglob("*"):
        os.utime(path, (1, 1))
    assert family.plan() == {}


def test_what_a_change_is_told_to_build_is_built(family: Family, busybox_base: str, client: docker.APIClient) -> None:
    family.add("a", busybox_base, "COPY file /a", files={"file": "1"})
    family.add("b", "a", "ENV B=1")
    family.lock()
    family.build()
    family.put("images/a/file", "2")
    told = family.forebear("build", "a").err
    assert "building a: context file images/a/file changed" in told
    assert family.plan() == {"b": ("parent a changed",)}
    assert family.build() == {"a": "reused", "b": "built"}
    assert output(client, family.tag("b"), "cat", "/a") == "2"


def test_a_change_that_changes_no_content_spares_the_descendants(family: Family, busybox_base: str) -> None:
    family.add("a", busybox_base, "RUN echo a >/a")
    family.add("b", "a", "RUN echo b >/b")
    family.add("c", "b", "ENV C=1")
    family.lock()
    family.build()
    family.template("a", "# Somebody explained it.", "FROM {{ parent }}", "RUN echo a >/a")
    ran = family.forebear("build")
    assert ran.lines[:3] == [
        "built    a 1.0.0",
        "spared   b 1.0.0: parent unchanged",
        "spared   c 1.0.0: parent unchanged",
    ]
    assert "3 to build (2 of them may be spared)" in ran.err
    assert family.plan() == {}


def test_an_upstream_that_moved_slips_in_only_by_the_lock(
    family: Family, client: docker.APIClient, project: str
) -> None:
    upstream = f"{project}/up"
    client.import_image_from_data(b"", repository=upstream, tag="1", changes=["ENV UP=1"])
    was = identity(client, f"{upstream}:1")
    family.add("a", f"docker.io/{upstream}:1", "COPY file /a", files={"file": "1"})
    family.lock()
    family.build()
    client.import_image_from_data(b"", repository=upstream, tag="1", changes=["ENV UP=2"])
    now = identity(client, f"{upstream}:1")
    assert family.plan() == {}
    family.put("images/a/file", "2")
    assert family.build() == {"a": "built"}
    assert "UP=1" in client.inspect_image(family.tag("a"))["Config"]["Env"]
    moved = family.forebear("lock", "--upgrade", "--local")
    assert moved.lines == [f"{upstream}:1 moved from {was} to {now}"]
    assert family.plan() == {"a": (f"upstream {upstream}:1 moved from {was} to {now}",)}
    assert family.build() == {"a": "built"}
    assert "UP=2" in client.inspect_image(family.tag("a"))["Config"]["Env"]


def test_an_image_that_was_removed_is_built_again(family: Family, busybox_base: str, client: docker.APIClient) -> None:
    family.add("a", busybox_base, "ENV A=1")
    family.add("b", "a", "ENV B=1")
    family.lock()
    family.build()
    client.remove_image(family.tag("a"), force=True)
    assert family.plan()["a"] == (f"{family.tag('a')} is not on the engine",)
    assert family.build() == {"a": "built", "b": "spared"}


def test_a_tag_that_names_somebodys_image_is_taken_back(
    family: Family, busybox_base: str, client: docker.APIClient
) -> None:
    family.add("a", busybox_base, "ENV A=1")
    family.add("b", "a", "ENV B=1")
    family.lock()
    family.build()
    ours = identity(client, family.tag("a"))
    by_hand(client, family.tag("a"), f"FROM {busybox_base}", "ENV A=1")
    assert family.plan()["a"] == (f"the image that {family.tag('a')} names was not built by forebear",)
    assert family.build() == {"a": "built", "b": "spared"}
    assert labels(client, family.tag("a"))["forebear.image"] == "a"
    client.tag(ours, f"{family.project}/b", "1.0.0", force=True)
    assert family.plan() == {"b": (f"{family.tag('b')} names another image, a",)}
