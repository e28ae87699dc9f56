from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from forebear.importing.buildfiles import hints
from forebear.importing.hinted import hinted
from forebear.importing.model import Hint, NamedContext, Note, Source

if TYPE_CHECKING:
    from collections.abc import Iterable


def said(found: Iterable[Hint | Note]) -> list[str]:
    return [each.text for each in found if isinstance(each, Note)]


COMPOSE = b"""
services:
  web:
    image: acme/web:${TAG:-1.2.0}
    build:
      context: ./web
      dockerfile: Dockerfile.alpine
      target: final
      args: {NODE: 22, TOKEN: , FROM_OUTSIDE: "${X}"}
      additional_contexts: ["base=service:base", "deb=docker-image://debian:12", "src=../shared"]
  base: {build: base}
  db: {image: "postgres:16"}
  far: {build: "https://example.org/x.git"}
  up: {build: ../../elsewhere}
  listed: {build: {context: ., dockerfile: sub/x.Dockerfile, args: [A=1, B=, C]}}
  inline: {build: {context: ., dockerfile_inline: "FROM x"}}
"""


def test_a_compose_file_tells_of_builds() -> None:
    found = hints("deploy/compose.yml", COMPOSE)
    assert [each for each in found if isinstance(each, Hint)] == [
        Hint(
            "deploy/compose.yml",
            "web",
            "deploy/web",
            "deploy/web/Dockerfile.alpine",
            "final",
            (("NODE", "22"),),
            ("acme/web:1.2.0",),
            (NamedContext("base", "base"), NamedContext("deb", "", "debian:12"), NamedContext("src")),
        ),
        Hint("deploy/compose.yml", "base", "deploy/base", "deploy/base/Dockerfile"),
        Hint("deploy/compose.yml", "listed", "deploy", "deploy/sub/x.Dockerfile", args=(("A", "1"), ("B", ""))),
    ]
    assert said(found) == [
        "far: not read, since its context is no folder of this tree: https://example.org/x.git",
        "up: not read, since its context is no folder of this tree: ../../elsewhere",
        "inline: not imported: its Dockerfile is written in this file; give it one of its own",
    ]


BAKE = b"""{
  "variable": {"TAG": {"default": "1.0.0"}},
  "target": {
    "common": {"args": {"A": "common", "B": "b"}, "dockerfile": "docker/Dockerfile"},
    "app": {"inherits": ["common"], "context": ".", "args": {"A": "own"}, "tags": ["acme/app:${TAG}", "acme/app:${NO}"],
            "contexts": {"base": "target:common"}, "target": "run"},
    "many": {"matrix": {"x": ["1", "2"]}},
    "self": {"inherits": ["self"]}
  }
}"""


def test_a_bake_file_tells_of_builds() -> None:
    found = hints("docker-bake.json", BAKE)
    common, app, own = (each for each in found if isinstance(each, Hint))
    assert common == Hint("docker-bake.json", "common", ".", "docker/Dockerfile", args=(("A", "common"), ("B", "b")))
    assert app == common._replace(
        entry="app",
        target="run",
        args=(("A", "own"), ("B", "b")),
        images=("acme/app:1.0.0",),
        contexts=(NamedContext("base", "common"),),
    )
    assert own.dockerfile == "Dockerfile"
    assert said(found) == ["many: not read, since it is a matrix; run: docker buildx bake --print >docker-bake.json"]


@given(
    st.one_of(
        st.binary(max_size=40), st.text(st.sampled_from('{}[]":,&*-\n abuildservices'), max_size=60).map(str.encode)
    )
)
def test_no_file_is_too_odd(data: bytes) -> None:
    for path in ("compose.yml", "docker-bake.json"):
        assert all(isinstance(each, (Hint, Note)) for each in hints(path, data))


def test_what_entries_do_not_agree_on_is_not_taken() -> None:
    one = Hint("c.yml", "a", "x", "x/Dockerfile", "dev", (("A", "1"),), ("acme/web:1.0.0",))
    other = one._replace(entry="b", target="prod", images=("acme/worker",))
    (found,), notes = hinted([Source("x/Dockerfile", "FROM a:1\n")], [one, other], ())
    assert (found.context, found.target, found.args) == ("x", "", (("A", "1"),))
    assert found.images == ("acme/web:1.0.0", "acme/worker")
    assert [each.text for each in notes] == [
        "a, b: not taken are the targets, since these build x/Dockerfile with different ones"
    ]


def test_an_argument_that_forebear_gives_itself_is_not_taken() -> None:
    hint = Hint("c.yml", "a", "x", "x/Dockerfile", args=(("SOURCE_DATE_EPOCH", "1"), ("A", "2")))
    (found,), notes = hinted([Source("x/Dockerfile", "")], [hint], ())
    assert found.args == (("A", "2"),)
    assert [each.text for each in notes] == [
        "a: not taken are SOURCE_DATE_EPOCH, which no argument of a lineage is called"
    ]


def test_what_is_outside_of_its_context_or_not_there_is_told() -> None:
    hint = Hint("c.yml", "a", "x", "y/Dockerfile")
    (found,), notes = hinted([Source("y/Dockerfile", "")], [hint, hint._replace(entry="b", dockerfile="z")], ())
    assert found.folder == "y"
    assert [each.text for each in notes] == [
        "a: y/Dockerfile is outside of its context x",
        "b: there is no z to build it from",
    ]
    assert hinted([], [hint], ["y/Dockerfile"]) == ([], [])
