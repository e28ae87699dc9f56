from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from forebear.errors import InputError
from forebear.lineage.model import MAX_BYTES, Base
from forebear.pins.lock import Lock, Pin
from forebear.project import load
from forebear.reference import Reference

from .projects import FEDORA, HEAD, Site, site

if TYPE_CHECKING:
    from pathlib import Path

DIGEST = "sha256:" + "1" * 64


@pytest.fixture
def chain(tmp_path: Path) -> Site:
    made = site(tmp_path)
    made.lock(Pin(FEDORA, DIGEST))
    return made


def said(made: Site) -> list[str]:
    """The faults of loading and rendering a project."""
    with pytest.raises(InputError) as caught:
        made.project.render()
    return [str(fault) for fault in caught.value.faults]


class TestLoad:
    def test_the_files_around_a_folder_are_read(self, chain: Site) -> None:
        project = load(chain.write("images/webapp/deep/file", "").parent)
        assert project.workspace.root == chain.root
        assert project.family.order == ("fedora", "tomcat", "webapp")
        assert project.lock == Lock("firethorn", {FEDORA: Pin(FEDORA, DIGEST)})

    def test_a_second_reading_is_the_same(self, chain: Site) -> None:
        first, second = load(chain.root), load(chain.root)
        assert first.family.lineage == second.family.lineage
        assert first.family.order == second.family.order

    def test_a_change_is_seen_at_once(self, chain: Site) -> None:
        load(chain.root)
        chain.declare('  fedora: {from: "fedora:25", vars: {a: 1}}\n')
        assert dict(load(chain.root).family.lineage.images["fedora"].vars) == {"a": 1}

    def test_a_project_without_a_lock_has_locked_nothing(self, chain: Site) -> None:
        (chain.root / "lineage.lock").unlink()
        assert load(chain.root).lock == Lock("firethorn")

    def test_where_a_thing_is_declared_is_known_after_a_second_reading_too(self, chain: Site) -> None:
        for _ in range(2):
            place = load(chain.root).family.lineage.images["tomcat"].place
            assert (place.file, place.line) == ("lineage.yml", 6)

    def test_a_lock_of_another_project_is_refused(self, chain: Site) -> None:
        chain.write("lineage.yml", f'{HEAD.replace("firethorn", "other")}images:\n  fedora: {{from: "fedora:25"}}\n')
        assert said(chain)[0].startswith("lineage.lock: project: it belongs to the project 'firethorn', not to 'other'")

    def test_a_file_that_is_too_large_is_not_read(self, chain: Site) -> None:
        with (chain.root / "lineage.yml").open("wb") as file:
            file.truncate(MAX_BYTES + 1)
        assert said(chain) == [
            "lineage.yml: has more than 8,388,608 bytes, which is the limit; make it smaller",
        ]

    def test_no_project(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"there is no lineage\.yml, here or in a folder above"):
            load(tmp_path)


class TestPinned:
    def test_a_parent_is_named_at_its_version(self, chain: Site) -> None:
        assert chain.project.pinned(Base(image="tomcat")) == "firethorn/tomcat:2.1.7"

    def test_an_upstream_at_its_digest(self, chain: Site) -> None:
        assert chain.project.pinned(Base(upstream=FEDORA)) == f"docker.io/library/fedora:25@{DIGEST}"

    def test_an_upstream_that_is_not_locked_at_its_tag(self, chain: Site) -> None:
        other = Reference.parse("alpine:3")
        assert chain.project.pinned(Base(upstream=other)) == "docker.io/library/alpine:3"

    def test_a_local_upstream_at_its_tag(self, chain: Site) -> None:
        chain.lock(Pin(FEDORA, DIGEST, local=True))
        assert chain.project.pinned(Base(upstream=FEDORA)) == "docker.io/library/fedora:25"

    def test_scratch(self, chain: Site) -> None:
        assert chain.project.pinned(Base()) == "scratch"

    def test_a_registry_is_part_of_the_name(self, tmp_path: Path) -> None:
        made = site(tmp_path, head=f"{HEAD}registry: registry.example.org:5000/team\n")
        assert made.project.pinned(Base(image="fedora")) == "registry.example.org:5000/team/firethorn/fedora:2.1.7"
        assert made.project.folder == "registry.example.org:5000/team/firethorn"


class TestRender:
    def test_a_stage_may_be_chosen_by_the_platform_where_platforms_are_declared(self, tmp_path: Path) -> None:
        chosen = site(tmp_path, "  os: {from: fedora:25, platforms: [linux/amd64, linux/arm64]}\n")
        text = (
            "FROM {{ parent }} AS on-amd64\nRUN a\nFROM {{ parent }} AS on-arm64\nRUN b\nRUN c\nFROM on-$TARGETARCH\n"
        )
        chosen.write("templates/os.Dockerfile.j2", text)
        rendered = chosen.project.render()["os"]
        assert rendered.steps == 2
        assert [rendered.on(f"linux/{each}").stages[-1].base.stage for each in ("amd64", "arm64")] == [0, 1]

    def test_a_platform_that_no_stage_is_for_is_told(self, tmp_path: Path) -> None:
        chosen = site(tmp_path, "  os: {from: fedora:25, platforms: [linux/amd64, linux/arm64]}\n")
        chosen.write("templates/os.Dockerfile.j2", "FROM {{ parent }} AS on-amd64\nFROM on-$TARGETARCH\n")
        with pytest.raises(InputError, match=r"the base on-\$TARGETARCH \(on-arm64\) is not declared"):
            chosen.project.render()

    def test_triggers_are_counted(self, chain: Site) -> None:
        chain.write("templates/tomcat.Dockerfile.j2", "FROM {{ parent }}\nONBUILD RUN a\nONBUILD RUN b\n")
        assert [each.triggers for each in chain.project.render().values()] == [0, 2, 0]

    def test_each_image_gets_its_dockerfile(self, chain: Site) -> None:
        rendered = chain.project.render()
        assert list(rendered) == ["fedora", "tomcat", "webapp"]
        assert rendered["tomcat"].path == "images/tomcat/Dockerfile"
        assert rendered["tomcat"].text == (
            "# Generated by forebear from templates/tomcat.Dockerfile.j2; edit that, then run: forebear render\n"
            "FROM firethorn/fedora:2.1.7\n"
            "RUN make tomcat\n"
        )
        assert rendered["fedora"].dockerfile.stages[0].base.text == f"docker.io/library/fedora:25@{DIGEST}"

    def test_only_what_is_chosen_is_rendered_parents_first(self, chain: Site) -> None:
        chain.write("templates/tomcat.Dockerfile.j2", "FROM {{ wrong }}")
        assert list(chain.project.render(["webapp", "fedora"])) == ["fedora", "webapp"]
        assert chain.project.render([]) == {}

    def test_the_bases_are_named_as_lineage_yml_does(self, tmp_path: Path) -> None:
        images = '  a: {from: "fedora:25"}\n  b: {from: a, uses: {os: "fedora:25"}}\n'
        made = site(tmp_path, images, templates={"b": "FROM {{ parent }}\nCOPY --from={{ uses.os }} / /\n"})
        made.lock(Pin(FEDORA, DIGEST))
        assert made.project.render()["b"].bases == {
            "docker.io/firethorn/a:2.1.7": "a",
            f"docker.io/library/fedora:25@{DIGEST}": "fedora:25",
        }

    def test_a_template_sees_what_is_declared(self, tmp_path: Path) -> None:
        words = "{{ project }} {{ version }} {{ image.name }} {{ image.version }} {{ vars.x.y[1] }}"
        images = '  a: {from: "fedora:25", version: 3.0.0, vars: {x: {y: [1, two]}}}\n'
        made = site(tmp_path, images, templates={"a": f"FROM {{{{ parent }}}}\nRUN {words}\n"})
        for _ in range(2):
            assert "RUN firethorn 2.1.7 a 3.0.0 two\n" in made.project.rendered()["a"].text

    def test_the_faults_of_all_are_told_at_once_and_each_once(self, chain: Site) -> None:
        chain.write("templates/shared.j2", "FROM {{ parent }}\n{% if %}\n")
        chain.declare(
            '  fedora: {from: "fedora:25", template: templates/shared.j2}\n'
            "  tomcat: {from: fedora}\n"
            "  webapp: {from: tomcat}\n"
        )
        chain.write("templates/tomcat.Dockerfile.j2", "FROM {{ parent }}\nFROM other:1\n")
        (chain.root / "templates/webapp.Dockerfile.j2").unlink()
        faults = said(chain)
        assert len(faults) == len(set(faults)) == 3
        assert faults[0].startswith("images/tomcat/Dockerfile:3:6: the base other:1 is not declared")
        assert faults[1].startswith("templates/shared.j2:2: ")
        assert faults[2].startswith("templates/webapp.Dockerfile.j2: there is no template")

    def test_what_no_builder_would_take_is_told_with_its_template(self, chain: Site) -> None:
        chain.write("templates/fedora.Dockerfile.j2", "FROM {{ parent }}\nNONSENSE\n")
        (fault,) = said(chain)
        assert fault.startswith("images/fedora/Dockerfile:3: ")
        assert fault.endswith("that is what templates/fedora.Dockerfile.j2 renders; correct the template")

    def test_a_target_that_is_not_there_is_told(self, chain: Site) -> None:
        chain.declare('  fedora: {from: "fedora:25", target: final}\n')
        (fault,) = said(chain)
        assert "final" in fault

    @pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "a/../../x"])
    def test_a_template_that_includes_what_is_outside_is_refused(self, chain: Site, path: str) -> None:
        chain.write("templates/fedora.Dockerfile.j2", f"FROM {{{{ parent }}}}\n{{% include '{path}' %}}\n")
        (fault,) = said(chain)
        assert fault.startswith("templates/fedora.Dockerfile.j2:2: not allowed in a template")


class TestRendered:
    """Rendering that is remembered is never another than rendering anew."""

    def check(self, made: Site) -> str:
        texts = {name: each.text for name, each in made.project.rendered().items()}
        assert texts == {name: each.text for name, each in made.project.render().items()}
        assert {n: e.steps for n, e in made.project.rendered().items()} == {
            n: e.steps for n, e in made.project.render().items()
        }
        return "".join(texts.values())

    def test_after_every_kind_of_change(self, chain: Site) -> None:
        seen = [self.check(chain)]
        chain.write("templates/tomcat.Dockerfile.j2", "FROM {{ parent }}\n{% include 'part.j2' %}\n") and chain.write(
            "templates/part.j2", "RUN one\n"
        )
        seen.append(self.check(chain))
        chain.write("templates/part.j2", "RUN two\n")
        seen.append(self.check(chain))
        chain.lock(Pin(FEDORA, "sha256:" + "2" * 64))
        seen.append(self.check(chain))
        chain.declare('  fedora: {from: "fedora:25", version: 4.0.0}\n  tomcat: {from: fedora}\n')
        seen.append(self.check(chain))
        (chain.root / "lineage.lock").unlink()
        seen.append(self.check(chain))
        assert len(set(seen)) == len(seen)

    def test_a_fault_is_told_each_time(self, chain: Site) -> None:
        chain.write("templates/tomcat.Dockerfile.j2", "FROM {{ wrong }}\n")
        for _ in range(2):
            with pytest.raises(InputError, match="wrong"):
                chain.project.rendered()

    def test_a_template_that_was_removed_is_missed_at_once(self, chain: Site) -> None:
        self.check(chain)
        (chain.root / "templates/tomcat.Dockerfile.j2").unlink()
        with pytest.raises(InputError, match="there is no template"):
            chain.project.rendered()

    def test_without_a_place_to_remember_it_works_all_the_same(
        self, chain: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null/nowhere")
        self.check(chain)
