from __future__ import annotations

import io
import os
import tarfile
from typing import TYPE_CHECKING

import pytest

from forebear.build.digests import Digests
from forebear.build.key import OCI, Input, digest_of
from forebear.build.recipe import BaseKind, Need
from forebear.build.recipes import Prepared, prepare, tag
from forebear.errors import InputError
from forebear.pins.lock import Pin

from ..projects import FEDORA, HEAD, Site, site
from .samples import digest

if TYPE_CHECKING:
    from pathlib import Path

    from forebear.build.make import Source
    from forebear.build.recipe import Recipe

AMD64, ARM64 = "linux/amd64", "linux/arm64"


def prepared(made: Site, *names: str, platform: str = AMD64) -> Prepared:
    project = made.project
    with Digests(project.workspace) as digests:
        return prepare(project, names or project.family.order, digests, platform)


def recipe(made: Site, name: str, platform: str = AMD64) -> Recipe:
    (found,) = (r for r in prepared(made).recipes if r.target.image == name and r.target.platform == platform)
    return found


def source(made: Site, name: str) -> Source:
    every = prepared(made)
    (found,) = (r for r in every.recipes if r.target.image == name)
    return every.source(found)


def key(made: Site, name: str = "tomcat") -> str:
    return recipe(made, name).inputs({"fedora": digest("fedora"), "tomcat": digest("tomcat")}).key


class TestKey:
    """What goes into an image changes its key, and nothing else does."""

    @pytest.mark.parametrize(
        "images",
        [
            '  fedora: {from: "fedora:25"}\n  tomcat: {from: fedora, vars: {x: 1}, version: 2.1.8}\n',
            '  fedora: {from: "fedora:25"}\n  tomcat: {from: fedora, args: {A: b}}\n',
            '  fedora: {from: "fedora:25"}\n  tomcat: {from: fedora, labels: {a: b}}\n',
            '  fedora: {from: "fedora:25"}\n  tomcat: {from: fedora, epoch: 2026-01-01T00:00:00Z}\n',
            '  fedora: {from: "fedora:25"}\n  tomcat: {from: fedora, uses: {os: fedora}}\n',
            '  fedora: {from: "fedora:25"}\n  tomcat: {from: "fedora:25"}\n',
        ],
        ids=["version", "argument", "label", "epoch", "use", "base"],
    )
    def test_the_declaration(self, chain: Site, images: str) -> None:
        before = key(chain)
        chain.declare(images)
        assert key(chain) != before

    def test_the_platform(self, chain: Site) -> None:
        with_platform = '  fedora: {{from: "fedora:25"}}\n  tomcat: {{from: "fedora:25", platforms: [{}]}}\n'
        chain.declare(with_platform.format(AMD64))
        before = key(chain)
        chain.declare(with_platform.format(ARM64))
        assert recipe(chain, "tomcat", ARM64).inputs({}).key != before

    def test_the_target(self, tmp_path: Path) -> None:
        stages = "FROM {{ parent }} AS one\nFROM {{ parent }} AS other\n"
        images = '  fedora: {{from: "fedora:25"}}\n  tomcat: {{from: fedora, target: {}}}\n'
        made = site(tmp_path, images.format("one"), templates={"tomcat": stages})
        before = key(made)
        made.declare(images.format("other"))
        assert key(made) != before

    def test_the_template(self, chain: Site) -> None:
        before = key(chain)
        chain.write("templates/tomcat.Dockerfile.j2", "FROM {{ parent }}\nRUN other\n")
        assert key(chain) != before

    @pytest.mark.parametrize("path", ["a", "lib/b", "a b", ".hidden"])
    def test_a_file_of_the_context(self, chain: Site, path: str) -> None:
        before = key(chain)
        file = chain.write(f"images/tomcat/{path}", "1")
        first = key(chain)
        assert first != before
        file.write_text("2")
        second = key(chain)
        file.chmod(0o755)
        assert len({before, first, second, key(chain)}) == 4

    def test_not_its_time_its_owner_or_the_umask_of_a_clone(self, chain: Site) -> None:
        file = chain.write("images/tomcat/a", "1")
        before = key(chain)
        os.utime(file, (1, 1))
        file.chmod(0o600)
        file.parent.chmod(0o700)
        assert key(chain) == before

    def test_not_where_the_project_is(self, tmp_path: Path) -> None:
        assert key(site(tmp_path / "a")) == key(site(tmp_path / "b" / "c"))

    def test_not_other_images(self, chain: Site) -> None:
        before = key(chain)
        chain.declare('  fedora: {from: "fedora:25"}\n  tomcat: {from: fedora}\n  more: {from: tomcat}\n')
        chain.write("images/fedora/a", "1")
        assert key(chain) == before

    def test_not_what_dockerignore_leaves_out_nor_that_file_itself(self, chain: Site) -> None:
        before = key(chain)
        chain.write("images/tomcat/.dockerignore", "*.log\n")
        chain.write("images/tomcat/x.log", "1")
        assert key(chain) == before

    def test_not_the_dockerfile_that_is_written(self, chain: Site) -> None:
        before = key(chain)
        chain.write("images/tomcat/Dockerfile", "FROM something-else")
        assert key(chain) == before


class TestRecipe:
    def test_the_inputs_of_its_own_in_order(self, tmp_path: Path) -> None:
        images = '  fedora: {from: "fedora:25", args: {B: "2", A: "1"}, labels: {z: "1", a: "2"}}\n'
        made = site(tmp_path, images, HEAD + "epoch: 1970-01-01T00:00:07Z\n")
        kinds = [(i.kind, i.name) for i in recipe(made, "fedora").own]
        assert kinds == [
            ("dockerfile", ""),
            ("target", ""),
            ("platform", ""),
            ("epoch", ""),
            ("arg", "A"),
            ("arg", "B"),
            ("label", "a"),
            ("label", f"{OCI}base.digest"),
            ("label", f"{OCI}base.name"),
            ("label", f"{OCI}title"),
            ("label", f"{OCI}version"),
            ("label", "z"),
        ]
        assert recipe(made, "fedora").own[3].value == "7"
        assert recipe(made, "fedora").own[4] == Input("arg", "A", digest_of("1"))

    def test_what_it_needs(self, tmp_path: Path) -> None:
        images = '  a: {from: "fedora:25"}\n  b: {from: scratch, uses: {os: "fedora:25", a: a}}\n'
        made = site(tmp_path, images, templates={"b": "FROM scratch\nCOPY --from={{ uses.a }} / /\n"})
        locked = made.engine.tags[str(FEDORA)]
        assert recipe(made, "b").needs == (
            Need("", BaseKind.SCRATCH, "scratch", "scratch"),
            Need("a", BaseKind.PARENT, "a"),
            Need("os", BaseKind.UPSTREAM, "fedora:25", locked),
        )

    def test_the_steps_that_its_dockerfile_can_add(self, tmp_path: Path) -> None:
        made = site(tmp_path, templates={"fedora": "FROM {{ parent }}\nRUN a\nENV B=c\nUSER d\n"})
        assert recipe(made, "fedora").steps == 3

    def test_parents_come_first(self, chain: Site) -> None:
        assert [r.target.image for r in prepared(chain).recipes] == ["fedora", "tomcat", "webapp"]
        assert [r.target.image for r in prepared(chain, "webapp", "fedora").recipes] == ["fedora", "webapp"]

    def test_the_faults_of_all_contexts_are_told_at_once(self, chain: Site) -> None:
        for name in ("fedora", "webapp"):
            (chain.root / f"images/{name}").mkdir(parents=True)
            (chain.root / f"images/{name}/link").symlink_to("/etc/passwd")
        with pytest.raises(InputError) as caught:
            prepared(chain)
        assert [fault.place.file for fault in caught.value.faults] == ["images/fedora/link", "images/webapp/link"]


class TestBlocked:
    def test_by_an_upstream_that_is_not_locked(self, chain: Site) -> None:
        (chain.root / "lineage.lock").unlink()
        assert recipe(chain, "fedora").blocked == ("upstream fedora:25 is not locked; run: forebear lock",)
        assert recipe(chain, "tomcat").blocked == ()
        assert recipe(chain, "fedora").needs[0].identity == "unlocked"

    def test_by_a_parent_that_is_not_made_for_its_platform(self, tmp_path: Path) -> None:
        images = '  fedora: {from: "fedora:25"}\n  tomcat: {from: fedora, platforms: [linux/amd64, linux/arm64]}\n'
        made = site(tmp_path, images)
        assert recipe(made, "tomcat", AMD64).blocked == ()
        assert recipe(made, "tomcat", ARM64).blocked == (
            "parent fedora is not made for linux/arm64, only for linux/amd64",
        )


class TestLabels:
    def labels(self, made: Site, name: str) -> dict[str, str]:
        return {k.removeprefix(OCI): v for k, v in source(made, name).labels}

    def test_they_say_what_the_image_is(self, tmp_path: Path) -> None:
        made = site(tmp_path, head=f"{HEAD}source: https://example.org/firethorn\n")
        assert self.labels(made, "fedora") == {
            "title": "fedora",
            "version": "2.1.7",
            "base.name": "docker.io/library/fedora:25",
            "base.digest": made.engine.tags[str(FEDORA)],
            "source": "https://example.org/firethorn",
        }

    def test_a_child_does_not_inherit_the_digest_of_what_its_parent_starts_from(self, chain: Site) -> None:
        assert self.labels(chain, "tomcat") == {
            "title": "tomcat",
            "version": "2.1.7",
            "base.name": "docker.io/firethorn/fedora:2.1.7",
            "base.digest": "",
        }

    def test_the_id_of_a_local_upstream_is_no_digest(self, chain: Site) -> None:
        chain.lock(Pin(FEDORA, chain.engine.tags[str(FEDORA)], local=True))
        assert self.labels(chain, "fedora")["base.digest"] == ""

    def test_an_image_from_scratch_has_no_base(self, tmp_path: Path) -> None:
        made = site(tmp_path, "  base: {from: scratch}\n")
        assert self.labels(made, "base") == {"title": "base", "version": "2.1.7"}

    def test_what_is_declared_wins(self, tmp_path: Path) -> None:
        made = site(tmp_path, '  base: {from: scratch, labels: {org.opencontainers.image.title: Our base, a: "1"}}\n')
        assert self.labels(made, "base") == {"title": "Our base", "version": "2.1.7", "a": "1"}

    def test_none_of_them_changes_without_the_key(self, chain: Site) -> None:
        labelled = {i.name for i in recipe(chain, "fedora").own if i.kind == "label"}
        assert labelled == {name for name, _ in source(chain, "fedora").labels}


class TestSource:
    def test_bases_are_given_by_arguments(self, tmp_path: Path) -> None:
        images = '  a: {from: "fedora:25"}\n  b: {from: a, uses: {os: "fedora:25"}}\n'
        made = site(tmp_path, images, templates={"b": "FROM {{ parent }}\nCOPY --from={{ uses.os }} / /\n"})
        found = source(made, "b")
        assert found.bases == (("FOREBEAR_BASE_1", "a"), ("FOREBEAR_BASE_2", "fedora:25"))
        assert set(found.pins) == {"fedora:25"}

    def test_the_context_is_the_dockerfile_and_the_files(self, chain: Site) -> None:
        chain.write("images/tomcat/app.war", "war")
        found = source(chain, "tomcat")
        for _ in range(2):
            with tarfile.open(fileobj=io.BytesIO(b"".join(found.context()))) as tar:
                assert tar.getnames() == ["Dockerfile", "app.war"]
                text = tar.extractfile("Dockerfile")
                assert text is not None
                assert b"\nFROM ${FOREBEAR_BASE_1}\n" in text.read()

    def test_layers_may_be_large_where_a_command_runs_or_the_context_is(self, tmp_path: Path) -> None:
        texts = {"a": "FROM {{ parent }}\nCOPY . /\n", "b": "FROM {{ parent }}\nRUN true\n"}
        made = site(tmp_path, '  a: {from: "fedora:25"}\n  b: {from: a}\n', templates=texts)
        assert (source(made, "a").large, source(made, "b").large) == (False, True)
        with made.write("images/a/sparse", "").open("wb") as file:
            file.truncate((32 << 20) + 1)
        assert source(made, "a").large

    def test_what_the_image_declares_is_passed_on(self, tmp_path: Path) -> None:
        made = site(tmp_path, '  fedora: {from: "fedora:25", args: {A: "1"}, epoch: 9}\n')
        assert (source(made, "fedora").args, source(made, "fedora").epoch) == ((("A", "1"),), 9)


@pytest.mark.parametrize(
    ("platforms", "platform", "expected"),
    [
        (AMD64, AMD64, "2.1.7"),
        ("linux/arm64", ARM64, "2.1.7"),
        ("linux/arm64, linux/amd64", AMD64, "2.1.7"),
        ("linux/arm64, linux/amd64", ARM64, "2.1.7-linux-arm64"),
        ("linux/arm64, linux/arm/v7", ARM64, "2.1.7"),
        ("linux/arm64, linux/arm/v7", "linux/arm/v7", "2.1.7-linux-arm-v7"),
    ],
)
def test_the_tag_of_an_image_on_a_platform(tmp_path: Path, platforms: str, platform: str, expected: str) -> None:
    made = site(tmp_path, f'  a: {{from: "fedora:25", platforms: [{platforms}]}}\n')
    assert tag(made.project.family.lineage.images["a"], platform, AMD64) == expected
