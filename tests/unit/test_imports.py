from __future__ import annotations

import errno
import os
import signal
import tempfile
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear import api, atomic
from forebear.errors import InputError
from forebear.importing import families, wording

if TYPE_CHECKING:
    from collections.abc import Mapping


def tree(root: Path, files: Mapping[str, str]) -> dict[str, bytes]:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode())
    return {path: text.encode() for path, text in files.items()}


def everything(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_an_import_renders_without_drift_and_knows_its_graph(tmp_path: Path) -> None:
    tree(tmp_path, {"a/Dockerfile": "FROM debian:12\nRUN echo {{ x }} {% y %} ${{}\n", "b/Dockerfile": "FROM acme/a\n"})
    found = api.import_tree(tmp_path)
    assert [each.name for each in found.images] == ["a", "b"]
    project = api.open_project(tmp_path)
    assert api.drift(project) == ()
    assert project.family.lineage.images["b"].parents == ("a",)
    assert "-FROM acme/a\n" in found.images[1].diff
    assert "+FROM acme/a:0.1.0\n" in found.images[1].diff


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    tree(tmp_path, {"a/Dockerfile": "FROM debian:12\n"})
    assert [path for path, _ in api.import_tree(tmp_path, write=False).files] == [
        "templates/a.Dockerfile.j2",
        "lineage.yml",
        "a/Dockerfile",
    ]
    assert everything(tmp_path) == ["a/Dockerfile"]


@pytest.mark.parametrize("there", ["lineage.yml", "templates/a.Dockerfile.j2"])
def test_what_is_there_is_not_overwritten(tmp_path: Path, there: str) -> None:
    tree(tmp_path, {"a/Dockerfile": "FROM debian:12\n", there: "mine"})
    with pytest.raises(InputError, match="there is one already"):
        api.import_tree(tmp_path)
    assert everything(tmp_path) == sorted(["a/Dockerfile", there])
    assert (tmp_path / there).read_text() == "mine"


def test_hostile_trees_are_told_of(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {"a/Dockerfile": "FROM debian:12\n", "a/x.dockerfile": "FROM debian:12\n", "n\x1b/Dockerfile": "FROM a:1"},
    )
    (tmp_path / "l").mkdir()
    (tmp_path / "l/Dockerfile").symlink_to("../a/x.dockerfile")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/Dockerfile").symlink_to("/etc/passwd")
    tree(tmp_path, {"long/Dockerfile": "FROM debian:12\n#" + "x\n#" * 600_000})
    (tmp_path / "binary").mkdir()
    (tmp_path / "binary/Dockerfile").write_bytes(b"\x7fELF\0\0")
    (tmp_path / "loop").symlink_to(".")
    (tmp_path / "self").mkdir()
    (tmp_path / "self/Dockerfile").symlink_to("Dockerfile")
    (tmp_path / "huge").mkdir()
    with (tmp_path / "huge/Dockerfile").open("wb") as huge:
        huge.truncate(50 << 20)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/Dockerfile").write_bytes(b"FROM a:1\n\xff")
    (tmp_path / "pipe").mkdir()
    os.mkfifo(tmp_path / "pipe/Dockerfile")
    found = api.import_tree(tmp_path)
    assert [each.name for each in found.images] == ["a", "a-x"]
    assert {each.path: each.reason for each in found.refused} == {
        "n\x1b/Dockerfile": "its path holds what cannot be printed",
        "out/Dockerfile": "it is a symbolic link",
        "self/Dockerfile": "it is a symbolic link",
        "long/Dockerfile": "it has more than 1,048,576 bytes",
        "huge/Dockerfile": "it has more than 1,048,576 bytes",
        "binary/Dockerfile": "it is no text",
        "bad/Dockerfile": "it is not UTF-8",
        "pipe/Dockerfile": "this is no regular file",
    }
    assert [(each.path, each.text) for each in found.notes] == [
        ("loop", "left out: this symbolic link leads to itself, or to a folder around it")
    ]


def test_dockerfiles_of_all_names_in_one_folder_are_images_of_one_context(tmp_path: Path) -> None:
    before = tree(
        tmp_path,
        {
            "web/Dockerfile": "FROM debian:12\n",
            "web/Dockerfile.alpine": "FROM alpine:3.20\n",
            "web/dev.Dockerfile": "FROM acme/web\n",
            "web/Containerfile": "FROM acme/web\nCOPY shared /\n",
            "docker/job/Dockerfile-night": "FROM debian:12\r\nCOPY shared /x\r\n",
            "shared": "",
        },
    )
    found = api.import_tree(tmp_path)
    assert found.refused == ()
    assert [(each.name, each.path, each.context) for each in found.images] == [
        ("job-night", "docker/job/Dockerfile-night", "."),
        ("web-containerfile", "web/Containerfile", "."),
        ("web", "web/Dockerfile", "web"),
        ("web-alpine", "web/Dockerfile.alpine", "web"),
        ("web-dev", "web/dev.Dockerfile", "web"),
    ]
    assert {each.name: each.crlf for each in found.images if each.crlf} == {"job-night": True}
    assert (tmp_path / "docker/job/Dockerfile-night").read_bytes().endswith(b"/debian:12\nCOPY shared /x\n")
    assert {each.path for each in found.notes} == {"docker/job/Dockerfile-night", "web/Containerfile"}
    assert api.drift(api.open_project(tmp_path)) == ()
    assert len(before) == 6


def test_build_files_say_names_contexts_targets_and_arguments(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            "compose.yaml": (
                "services:\n"
                "  site: {image: 'acme/front:1.4.0', build: {context: ., dockerfile: web/Dockerfile, target: run,"
                " args: {BASE: '22'}, additional_contexts: {runtime: service:runtime}}}\n"
                "  runtime: {build: base}\n"
            ),
            "docker-bake.hcl": "",
            ".dockerignore": ".git\n",
            "web/Dockerfile": "ARG BASE\nFROM node:$BASE AS make\nFROM runtime AS run\nFROM run AS test\n",
            "base/Dockerfile": "FROM debian:12\n",
        },
    )
    found = api.import_tree(tmp_path)
    lineage = api.open_project(tmp_path).family.lineage
    front = lineage.images["front"]
    assert (lineage.project, lineage.version, front.parents) == ("acme", "1.4.0", ("base",))
    assert (front.context, front.dockerfile, front.target, front.args) == (
        ".",
        "web/Dockerfile",
        "run",
        (("BASE", "22"),),
    )
    assert [str(each) for each in front.upstreams] == ["docker.io/library/node:22"]
    assert [each.path for each in found.notes] == ["docker-bake.hcl"]


def test_a_template_that_does_not_give_back_its_dockerfile_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An image whose template is wrong by a space is not imported, nor what is built on it."""
    files = {
        "a/Dockerfile": "FROM debian:12\nRUN break it\n",
        "b/Dockerfile": "FROM acme/a:1.0.0\n",
        "c/Dockerfile": "FROM debian:12\n",
    }
    before = tree(tmp_path, files)
    right = wording.template
    monkeypatch.setattr(families, "template", lambda found: right(found).replace("break it", "break  it"))
    found = api.import_tree(tmp_path)
    assert {each.path: each.reason for each in found.refused} == {
        "a/Dockerfile": "its template does not render it byte for byte",
        "b/Dockerfile": "its parent a is not imported",
    }
    assert [each.name for each in found.images] == ["c"]
    assert all((tmp_path / path).read_bytes() == before[path] for path in ("a/Dockerfile", "b/Dockerfile"))


FEW = {"a/Dockerfile": "FROM debian:12\r\n", "b/Dockerfile": "FROM acme/a\nRUN b\n", "keep": "me"}


def contents(root: Path) -> dict[str, bytes]:
    """All files but forebear's own state."""
    return {name: (root / name).read_bytes() for name in everything(root) if not name.startswith(".forebear/")}


def test_an_import_that_is_killed_at_any_write_can_be_run_again(tmp_path: Path) -> None:
    tree(tmp_path / "whole", FEW)
    api.import_tree(tmp_path / "whole", project="acme")
    whole = contents(tmp_path / "whole")
    for at in range(1, 9):
        root = tmp_path / f"killed{at}"
        tree(root, FEW)
        if (child := os.fork()) == 0:
            _die_at(at)
            with suppress(BaseException):
                api.import_tree(root, project="acme")
            os._exit(0)
        killed = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        assert killed == (at <= 7), at  # .gitignore, the journal, two templates, lineage.yml, two Dockerfiles
        if killed:
            api.import_tree(root, project="acme")
        assert contents(root) == whole
        assert sorted(path.name for path in (root / ".forebear").iterdir()) == [".gitignore", "lock"]


def _die_at(number: int) -> None:
    """Let this process be killed in the middle of a write, the one with that number."""
    replace, writes = atomic.replace, count(1)

    def die(target: Path, data: bytes) -> None:
        if next(writes) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        replace(target, data)

    atomic.replace = die


@pytest.mark.parametrize("at", range(1, 8))
def test_an_import_whose_disk_is_full_leaves_all_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    before = tree(tmp_path, FEW)
    replace, writes = atomic.replace, count(1)

    def full(target: Path, data: bytes) -> None:
        if next(writes) == at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace(target, data)

    monkeypatch.setattr(atomic, "replace", full)
    with pytest.raises(InputError, match="no space left on device"):
        api.import_tree(tmp_path)
    assert contents(tmp_path) == before
    assert not (tmp_path / "templates").exists()
    assert [each.name for each in api.import_tree(tmp_path).images] == ["a", "b"]


def test_where_templates_cannot_be_written_all_is_as_it_was(tmp_path: Path) -> None:
    before = tree(tmp_path, {**FEW, "templates": "a file"})
    with pytest.raises(InputError, match="cannot be written: "):
        api.import_tree(tmp_path)
    assert contents(tmp_path) == before


def test_what_was_edited_after_an_import_was_killed_stays(tmp_path: Path) -> None:
    tree(tmp_path, FEW)
    if (child := os.fork()) == 0:
        _die_at(7)
        api.import_tree(tmp_path)
    os.waitpid(child, 0)
    tree(tmp_path, {"lineage.yml": "mine", "a/Dockerfile": "FROM debian:13\n"})
    with pytest.raises(InputError, match=r"lineage\.yml: there is one already"):
        api.import_tree(tmp_path)
    assert contents(tmp_path) == {
        **{path: text.encode() for path, text in FEW.items()},
        "lineage.yml": b"mine",
        "a/Dockerfile": b"FROM debian:13\n",
    }


def test_a_journal_that_is_none_is_told_of(tmp_path: Path) -> None:
    for text in ("[", "[1]", "{}", '[["a"]]'):
        tree(tmp_path, {**FEW, ".forebear/import.json": text})
        if text != "{}":
            with pytest.raises(InputError, match=r"\.forebear/import\.json"):
                api.import_tree(tmp_path)


def test_a_fault_in_what_is_asked_for_writes_nothing(tmp_path: Path) -> None:
    tree(tmp_path, {"a/Dockerfile": "FROM debian:12\n"})
    with pytest.raises(InputError):
        api.import_tree(tmp_path, project="No Name", version="1")
    assert everything(tmp_path) == ["a/Dockerfile"]


BODY = st.lists(
    st.sampled_from(["RUN echo {{", "ENV A={%", "# {# x", "RUN a \\\n  b", "COPY x /y", "ENV V 1.2", "ENV V 1.3"])
)
PLACES = ["{}/Dockerfile", "all/Dockerfile.{}", "all/{}.dockerfile", "{}/Containerfile"]
DOCKERFILES = st.lists(
    st.tuples(
        st.sampled_from(["debian:12", "scratch", "acme/i0"]),
        BODY,
        st.booleans(),
        st.sampled_from(PLACES),
        st.sampled_from(["\n", "\r\n"]),
    ),
    min_size=1,
    max_size=5,
)


@given(DOCKERFILES)
def test_what_is_imported_comes_out_byte_for_byte_but_for_its_pins(
    files: list[tuple[str, list[str], bool, str, str]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        texts = {
            (place if number else PLACES[0]).format(f"i{number}"): end.join(
                [f"FROM {base if number else 'debian:12'}", *body]
            )
            + end * last
            for number, (base, body, last, place, end) in enumerate(files)
        }
        before = tree(root, texts)
        found = api.import_tree(root, project="acme")
        assert [each.path for each in found.images] == sorted(texts)
        assert api.drift(api.open_project(root)) == ()
        for path, data in before.items():
            header, first, *rest = (root / path).read_bytes().split(b"\n")
            assert header.startswith(b"# Generated by forebear")
            assert first.startswith(b"FROM ")
            assert b"\n".join(rest).rstrip(b"\n") == data.replace(b"\r\n", b"\n").partition(b"\n")[2].rstrip(b"\n")
