from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from forebear import api
from forebear.build.events import Ended
from forebear.build.plan import Action
from forebear.engine.model import Resolved
from forebear.errors import Busy, InputError
from forebear.pins.lock import Pin, read
from forebear.reference import Reference

from .projects import FEDORA, Site, site

if TYPE_CHECKING:
    from pathlib import Path

    from forebear.build.events import Event

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
ALPINE = Reference.parse("alpine:3")


def digest(digit: str) -> str:
    return "sha256:" + digit * 64


@pytest.fixture
def chain(tmp_path: Path) -> Site:
    return site(tmp_path)


def side(diff: str, sign: str) -> str:
    """One of the two files of a diff that shows all of their lines."""
    body = diff.split("\n", 3)[3]
    body = body.replace("\n\\ No newline at end of file\n", "\0")
    lines = re.findall(r"([-+ ])([^\n\0]*)([\n\0])", body)
    assert "".join(map("".join, lines)) == body
    return "".join(line + end.replace("\0", "") for kind, line, end in lines if kind in (sign, " "))


class TestRender:
    def test_what_changed_is_written_and_told(self, chain: Site) -> None:
        assert api.render(chain.project) == tuple(f"images/{n}/Dockerfile" for n in ("fedora", "tomcat", "webapp"))
        assert api.render(chain.project) == ()
        chain.write("templates/tomcat.Dockerfile.j2", "FROM {{ parent }}\n")
        assert api.render(chain.project, ["webapp"]) == ()
        assert api.render(chain.project, ["tomcat+"]) == ("images/tomcat/Dockerfile",)

    def test_a_fault_anywhere_writes_nothing(self, chain: Site) -> None:
        chain.write("templates/webapp.Dockerfile.j2", "FROM {{ wrong }}\n")
        with pytest.raises(InputError):
            api.render(chain.project)
        assert not (chain.root / "images").exists()

    def test_one_writer_at_a_time(self, chain: Site) -> None:
        project = chain.project
        with project.workspace.locked(), pytest.raises(Busy):
            api.render(project)


class TestDrift:
    def test_none_after_rendering(self, chain: Site) -> None:
        api.render(chain.project)
        assert api.drift(chain.project) == ()

    def test_a_file_that_is_not_there(self, chain: Site) -> None:
        (found,) = api.drift(chain.project, ["fedora"])
        assert found.path == "images/fedora/Dockerfile"
        assert found.diff.startswith("--- /dev/null\n+++ images/fedora/Dockerfile (rendered)\n@@ -0,0 +1,3 @@\n+# Gen")

    @pytest.mark.parametrize(
        "text", ["", "FROM x", "FROM x\n", "FROM x\r\n", "FROM x\n\n", "a\x0cb\x1cc\u2028d\n", "one\rtwo\n"]
    )
    def test_a_diff_makes_the_file_what_the_template_says(self, chain: Site, text: str) -> None:
        chain.write("images/fedora/Dockerfile", text)
        (found,) = api.drift(chain.project, ["fedora"])
        assert side(found.diff, "-") == text
        assert side(found.diff, "+") == chain.project.render()["fedora"].text

    def test_a_file_that_is_not_utf8_is_refused(self, chain: Site) -> None:
        chain.write("images/fedora/Dockerfile", b"FROM x\nRUN \xff\n")
        with pytest.raises(InputError, match="images/fedora/Dockerfile:2:5: is not UTF-8 here"):
            api.drift(chain.project)


class TestLock:
    @pytest.fixture
    def two(self, tmp_path: Path) -> Site:
        made = site(
            tmp_path, '  a: {from: "fedora:25"}\n  b: {from: "alpine:3"}\n  c: {from: "localhost:5000/x/os:1"}\n'
        )
        self.publish(made, "1")
        (made.root / "lineage.lock").unlink()
        return made

    @staticmethod
    def publish(made: Site, digit: str) -> None:
        for name in ("docker.io/library/fedora:25", "docker.io/library/alpine:3", "localhost:5000/x/os:1"):
            made.engine.published[name] = Resolved(digest(digit), MANIFEST, ())

    def test_what_is_locked_is_in_the_file(self, two: Site) -> None:
        done = api.write_lock(two.project, two.engine)
        assert len(done.changes) == 3
        assert read((two.root / "lineage.lock").read_bytes(), "firethorn") == done.lock == two.project.lock

    @pytest.mark.parametrize("name", ["alpine", "alpine:3", "library/alpine", "docker.io/library/alpine", str(ALPINE)])
    def test_an_upstream_may_be_named_in_any_way(self, two: Site, name: str) -> None:
        api.write_lock(two.project, two.engine)
        self.publish(two, "2")
        done = api.write_lock(two.project, two.engine, upgrade=[name])
        assert [change.upstream for change in done.changes] == [ALPINE]

    def test_upgrading_nothing_in_particular_is_upgrading_all(self, two: Site) -> None:
        api.write_lock(two.project, two.engine)
        self.publish(two, "2")
        assert len(api.write_lock(two.project, two.engine, upgrade=[]).changes) == 3
        assert {pin.digest for pin in two.project.lock.pins.values()} == {digest("2")}

    def test_a_name_that_is_no_upstreams_is_refused_with_the_names_that_are(self, two: Site) -> None:
        with pytest.raises(InputError) as caught:
            api.write_lock(two.project, two.engine, upgrade=["os", "fdora", "x"])
        assert [str(fault) for fault in caught.value.faults] == [
            'NAME: "fdora" is no upstream; write one of alpine:3, fedora:25, localhost:5000/x/os:1',
            'NAME: "x" is no upstream; write one of alpine:3, fedora:25, localhost:5000/x/os:1',
        ]

    def test_a_check_tells_what_moved_and_writes_nothing(self, two: Site) -> None:
        api.write_lock(two.project, two.engine)
        before = (two.root / "lineage.lock").read_bytes()
        assert api.check_lock(two.project, two.engine).changes == ()
        self.publish(two, "2")
        assert len(api.check_lock(two.project, two.engine).changes) == 3
        assert (two.root / "lineage.lock").read_bytes() == before

    def test_a_moved_tag_does_not_slip_into_a_build(self, two: Site) -> None:
        image = two.engine.add("fedora:25", "os").id
        two.lock(*(Pin(upstream, image) for upstream in two.project.family.lineage.upstreams))
        assert set(two.build().values()) == {"built"}
        two.engine.add("fedora:25", "another os")
        self.publish(two, "9")
        assert set(two.build().values()) == {"reused"}

    def test_one_writer_at_a_time(self, two: Site) -> None:
        project = two.project
        with project.workspace.locked(), pytest.raises(Busy):
            api.write_lock(project, two.engine)


class TestPlan:
    def test_with_an_engine_and_without(self, chain: Site) -> None:
        assert chain.actions() == {"fedora": "build", "tomcat": "build", "webapp": "build"}
        assert {step.action for step in api.plan(chain.project, None).steps} == {Action.UNKNOWN}

    def test_what_is_selected(self, chain: Site) -> None:
        chain.build()
        assert chain.actions("+tomcat") == {"fedora": "reuse", "tomcat": "reuse"}
        with pytest.raises(InputError, match="no image is called wbapp; did you mean webapp"):
            chain.plan("wbapp")

    def test_it_writes_no_dockerfile(self, chain: Site) -> None:
        chain.plan()
        assert not (chain.root / "images").exists()

    def test_a_plan_may_be_made_while_another_builds(self, chain: Site) -> None:
        project = chain.project
        with project.workspace.locked():
            assert chain.actions()["fedora"] == "build"

    @pytest.mark.parametrize(
        ("path", "text", "reason"),
        [
            ("images/tomcat/a/b", "1", "context file images/tomcat/a/b added"),
            ("templates/tomcat.Dockerfile.j2", "FROM {{ parent }}\n", "its Dockerfile changed"),
        ],
    )
    def test_it_names_what_changed(self, chain: Site, path: str, text: str, reason: str) -> None:
        chain.build()
        chain.write(path, text)
        assert chain.reasons("tomcat") == (reason,)

    def test_it_names_an_upstream_that_was_upgraded(self, chain: Site) -> None:
        chain.build()
        before = chain.engine.tags[str(FEDORA)]
        after = chain.engine.add("fedora:25", "newer").id
        chain.lock()
        assert f"upstream fedora:25 moved from {before} to {after}" in chain.reasons("fedora")

    def test_a_new_version_is_built_beside_the_old_one(self, chain: Site) -> None:
        chain.build()
        chain.write("lineage.yml", (chain.root / "lineage.yml").read_text().replace("2.1.7", "2.1.8"))
        assert chain.reasons("fedora") == ("firethorn/fedora:2.1.8 is not on the engine",)
        chain.build()
        assert {tag.rpartition(":")[2] for tag in chain.engine.tags if "webapp" in tag} == {"2.1.7", "2.1.8"}


class TestBuild:
    def test_it_renders_first(self, chain: Site) -> None:
        chain.build()
        assert api.drift(chain.project) == ()

    def test_a_context_that_holds_the_dockerfile_of_another_image_is_read_after_it_is_written(
        self, tmp_path: Path
    ) -> None:
        images = '  fedora: {from: "docker.io/library/fedora:25"}\n  all: {from: fedora, context: images}\n'
        around = site(tmp_path, images)
        for text in ("FROM {{ parent }}\n", "FROM {{ parent }}\nRUN more\n"):
            around.write("templates/fedora.Dockerfile.j2", text)
            assert set(around.build().values()) == {"built"}
            assert set(around.build().values()) == {"reused"}

    def test_files_that_are_wrong_build_nothing(self, chain: Site) -> None:
        chain.write("templates/webapp.Dockerfile.j2", "FROM {{ wrong }}\n")
        with pytest.raises(InputError):
            chain.build()
        assert chain.engine.built == []

    def test_one_build_at_a_time(self, chain: Site) -> None:
        def again(_name: str) -> None:
            with pytest.raises(Busy, match="another forebear is at work in this project"):
                chain.build()

        chain.engine.before = again
        assert set(chain.build().values()) == {"built"}

    def test_gates_are_passed_before_a_tag_moves(self, tmp_path: Path) -> None:
        made = site(tmp_path, '  a: {from: "fedora:25", tests: [{name: runs, run: [echo, ok], output: "^echo ok$"}]}\n')
        assert made.build() == {"a": "built"}
        assert "gate runs: echo ok" in (tmp_path / ".forebear/logs/a.log").read_text()
        (found,) = api.run_gates(made.project, made.engine)
        assert (found.image, found.reference, found.problem) == ("a", "firethorn/a:2.1.7", "")
        assert [(each.gate, each.problems) for each in found.gates] == [("runs", ())]

    def test_a_reused_image_passes_the_gates_that_are_new_to_it(self, tmp_path: Path) -> None:
        made = site(tmp_path, '  a: {from: "fedora:25"}\n  b: {from: a}\n')
        assert made.build() == {"a": "built", "b": "built"}
        made.declare(
            '  a: {from: "fedora:25", tests: [{name: runs, run: [echo, it], output: "other"}]}\n  b: {from: a}\n'
        )
        assert made.build() == {"a": "failed", "b": "reused"}
        made.declare('  a: {from: "fedora:25", tests: [{name: runs, run: [echo, it], output: "it"}]}\n  b: {from: a}\n')
        assert made.build() == {"a": "reused", "b": "reused"}
        assert "gate runs" in (tmp_path / ".forebear/logs/a.log").read_text()
        (tmp_path / ".forebear/logs/a.log").unlink()
        assert made.build() == {"a": "reused", "b": "reused"}
        assert not (tmp_path / ".forebear/logs/a.log").exists()

    def test_what_a_child_requires_is_blamed_on_its_parent(self, tmp_path: Path) -> None:
        made = site(tmp_path, '  a: {from: "fedora:25"}\n  b: {from: a, requires: {user: app, files: [/x]}}\n')
        events: list[Event] = []
        assert made.build(events=events) == {"a": "built", "b": "failed"}
        (ended,) = (e for e in events if isinstance(e, Ended) and e.target.image == "b")
        assert ended.why == (
            "parent a:2.1.7 is not what b requires: its user is root, not app; /x is not there; "
            "correct a, or `requires` of b",
        )
        assert made.engine.built == ["a"]


class TestGates:
    def test_an_image_that_is_not_there_does_not_pass(self, tmp_path: Path) -> None:
        made = site(tmp_path, '  a: {from: "fedora:25", tests: [{name: runs, run: "true"}]}\n  b: {from: a}\n')
        (found,) = api.run_gates(made.project, made.engine)
        assert found.problem == "it is not on the engine; run: forebear build"

    def test_only_what_is_selected_and_has_gates_is_run(self, tmp_path: Path) -> None:
        made = site(tmp_path, '  a: {from: "fedora:25", tests: [{name: runs, run: "true"}]}\n  b: {from: a}\n')
        made.build()
        assert api.run_gates(made.project, made.engine, ["b"]) == ()
        assert [each.image for each in api.run_gates(made.project, made.engine)] == ["a"]


def test_graph_takes_every_form(chain: Site) -> None:
    for form in ("tree", "mermaid", "dot", "json"):
        assert "webapp" in api.graph(chain.project, form)
        assert "webapp" not in api.graph(chain.project, form, ["+tomcat"])


def test_all_that_is_exported_is_there() -> None:
    assert sorted(api.__all__) == api.__all__
    assert all(hasattr(api, name) for name in api.__all__)


def test_every_name_has_its_place() -> None:
    assert {name: getattr(api, name) is not None for name in api.__all__} == dict.fromkeys(api.__all__, True)
    with pytest.raises(AttributeError, match="has no attribute 'missing'"):
        api.missing  # noqa: B018 - asking is what is tested
