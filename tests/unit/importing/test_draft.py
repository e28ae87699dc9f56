from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from forebear.dockerfile.rendering import ImageView, Renderer, Request
from forebear.importing.draft import draft
from forebear.importing.model import Draft, Source, Wish
from forebear.importing.names import named, plain
from forebear.importing.wording import Word, template, words
from forebear.lineage.reader import read

WISH = Wish("tree", "0.1.0")


def drafted(files: dict[str, str], wish: Wish = WISH) -> Draft:
    return draft([Source(path, text) for path, text in files.items()], wish)


def reasons(found: Draft) -> dict[str, str]:
    return {each.path: each.reason for each in found.refused}


def test_references_among_the_own_images_become_parents() -> None:
    found = drafted(
        {
            "Base/Dockerfile": "FROM debian:12\n",
            "NodeBase/Dockerfile": "ARG NS=acme\nARG V=1.2.3\nFROM ${NS}/base:${V}\n",
            "app/Dockerfile": "FROM go:1 AS b\nFROM acme/node-base\nCOPY --from=b / /\nCOPY --from=acme/base / /\n",
        }
    )
    lineage = read(found.lineage.encode())
    assert (lineage.project, lineage.version, lineage.registry) == ("acme", "1.2.3", None)
    assert [str(lineage.images[name].base) for name in ("base", "node-base", "app")] == [
        "debian:12",
        "base",
        "node-base",
    ]
    assert {alias: str(base) for alias, base in lineage.images["app"].uses} == {"go": "go:1", "base": "base"}
    assert found.expected["node-base"] == "ARG NS=acme\nARG V=1.2.3\nFROM acme/base:1.2.3\n"
    assert not found.refused


def test_a_registry_is_taken_from_the_references() -> None:
    found = drafted({"a/Dockerfile": "FROM debian:12\n", "b/Dockerfile": "FROM quay.io/team/acme/a\n"})
    lineage = read(found.lineage.encode())
    assert (lineage.registry, lineage.project) == ("quay.io/team", "acme")
    assert lineage.images["b"].parents == ("a",)


def test_a_digest_names_what_is_published_and_official_images_are_nobodys() -> None:
    digest = "sha256:" + "1" * 64
    found = drafted(
        {
            "python/Dockerfile": "FROM debian:12\n",
            "a/Dockerfile": "FROM python:3.12\n",
            "b/Dockerfile": f"FROM acme/python:3@{digest}\n",
            "c/Dockerfile": "FROM acme/python\n",
        }
    )
    images = read(found.lineage.encode()).images
    assert [images[name].parents for name in "abc"] == [(), (), ("python",)]


def test_what_cannot_be_imported_is_told_with_the_reason() -> None:
    found = drafted(
        {
            "a/Dockerfile": "FROM debian\n",
            "b/Dockerfile": "ARG X\nFROM $X\n",
            "c/Dockerfile": "RUN x\n",
            "d/Dockerfile": "ARG T\nFROM debian:$T\n",
            "e/Dockerfile": "# syntax=other/frontend:1\nFROM debian:12\n",
            "f/Dockerfile": "FROM acme/a\n",
            "g/Dockerfile": "FROM acme/h\n",
            "h/Dockerfile": "FROM acme/g\n",
            "i/Dockerfile": "FROM acme/g\n",
        }
    )
    assert reasons(found) == {
        "a/Dockerfile": "the base debian has no tag that stays",
        "b/Dockerfile": "the base $X cannot be known: X has no value here",
        "c/Dockerfile": "RUN stands before the first FROM; only ARG can",
        "d/Dockerfile": "the base debian:$T cannot be known: T has no value here",
        "e/Dockerfile": "# syntax=other/frontend:1 loads another builder than the engine's own",
        "f/Dockerfile": "its parent a is not imported",
        "g/Dockerfile": "these images are built on each other: g -> h -> g",
        "h/Dockerfile": "these images are built on each other: g -> h -> g",
        "i/Dockerfile": "its parent g is not imported",
    }
    assert not found.members


def test_near_equal_dockerfiles_share_a_template() -> None:
    text = "FROM debian:{0}\nENV NODE_VERSION {1}\nRUN get {1} && install node-{1}\n"
    found = drafted(
        {f"{n}/Dockerfile": text.format(12 + n, f"2{n}.1") for n in range(3)} | {"x/Dockerfile": "FROM a:1\n"}
    )
    assert list(found.shared.values()) == [("0", "1", "2")]
    (path,) = found.shared
    assert "ENV NODE_VERSION {{ vars.node_version }}" in found.templates[path]
    assert len(found.templates) == 2
    images = read(found.lineage.encode()).images
    assert [dict(images[name].vars) for name in "012"] == [
        {"node_version": f"2{n}.1", "install": f"node-2{n}.1"} for n in range(3)
    ]


def test_the_builders_own_frontend_and_the_byte_order_mark_are_left_out() -> None:
    found = drafted({"a/Dockerfile": "\ufeff# syntax=docker/dockerfile:1\n# escape=`\nFROM scratch\nRUN a `\n b"})
    assert found.expected == {"a": "# escape=`\nFROM scratch\nRUN a `\n b\n"}


def test_secrets_are_declared() -> None:
    found = drafted({"a/Dockerfile": "FROM debian:12\nRUN --mount=type=secret,id=my-key cat /run/secrets/my-key\n"})
    assert [(each.name, each.env) for each in read(found.lineage.encode()).secrets] == [("my-key", "my_key")]


def test_names_tell_folders_apart() -> None:
    folders = ["22/alpine", "24/alpine", "web", "web/cuda", ".", "été"]
    assert list(named(folders, "My Tree").values()) == ["my-tree", "22-alpine", "24-alpine", "web", "web-cuda", "t"]
    assert plain("NodeBase_x..y") == "node-base-x.y"


JINJA = st.text("{}%#-\"'\\ \nab$é", max_size=30)


@given(st.lists(st.tuples(JINJA, st.booleans())))
def test_any_text_is_rendered_as_it_is(parts: list[tuple[str, bool]]) -> None:
    found = [Word(text or " ", False) if not expression else Word("parent", True) for text, expression in parts]
    text = "#\nFROM a\n" + "".join("P" if each.expression else each.text for each in found) + "\n"
    source = template([*words("#\nFROM a\n", ()), *found, Word("\n")])
    request = Request(ImageView("a", "1.0.0", "p/a:1.0.0"), "p", "1.0.0", "P", {}, {})
    assert Renderer({"t": source}.get).render("t", request).split("\n", 1)[1] == text
