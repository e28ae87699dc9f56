from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from forebear.dockerfile.declared import faults, secrets, undeclared
from forebear.dockerfile.model import DockerfileFault
from forebear.dockerfile.reader import read

if TYPE_CHECKING:
    from collections.abc import Sequence

PARENT = "firethorn/tomcat:2.1.7"
FILE = "images/webapp/Dockerfile"


def messages(
    text: str, *uses: str, parent: str = PARENT, target: str | None = None, known: Sequence[str] = ()
) -> list[str]:
    found = faults(read(text), file=FILE, parent=parent, uses=uses, target=target, known=known)
    return [str(fault) for fault in found]


def test_a_dockerfile_that_names_only_what_is_declared_has_no_fault() -> None:
    text = (
        "FROM jdk:8 AS build\nFROM docker.io/firethorn/tomcat:2.1.7\nCOPY --from=build a b\n"
        "RUN --mount=from=docker.io/library/jdk:8,target=/x y\nCOPY --from=scratch a b\n"
    )
    assert messages(text, "docker.io/library/jdk:8") == []


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("FROM other:1", f"{FILE}:2:6"),
        ("COPY --from=other:1 a b", f"{FILE}:2:13"),
        ("RUN --mount=from=other:1,target=/x y", f"{FILE}:2:18"),
        ("ONBUILD COPY --from=other:1 a b", f"{FILE}:2:21"),
    ],
)
def test_an_undeclared_base_is_told_with_its_place(line: str, place: str) -> None:
    assert messages(f"FROM {PARENT}\n{line}\n") == [
        f"{place}: the base other:1 is not declared; name it in lineage.yml, under from or uses,"
        " and write {{ parent }} or {{ uses.ALIAS }} in the template"
    ]


def test_every_undeclared_base_is_told_at_once() -> None:
    text = f"FROM a:1 AS a\nFROM {PARENT}\nCOPY --from=b:1 x y\n"
    assert [use.resolved for use in undeclared(read(text), [PARENT])] == ["a:1", "b:1"]


def test_another_tag_or_digest_of_a_declared_image_is_not_declared() -> None:
    digest = "sha256:" + "0" * 64
    assert len(messages("FROM firethorn/tomcat:2.1.8\n")) == 1
    assert len(messages(f"FROM {PARENT}@{digest}\n")) == 1
    assert len(messages(f"FROM {PARENT}\n", parent=f"{PARENT}@{digest}")) == 1


def test_a_base_that_comes_through_an_argument_is_shown_with_its_value() -> None:
    assert "the base $A (x:1) is not declared" in messages(f"ARG A=x:1\nFROM $A\nFROM {PARENT}\n")[0]
    assert messages(f"ARG A\nFROM $A\nFROM {PARENT}\n")[0] == (
        f"{FILE}:2:6: the base $A cannot be known; give its ARG a value"
    )


def test_a_base_that_depends_on_an_unknown_platform_is_told() -> None:
    text = f"FROM x:$TARGETARCH\nFROM {PARENT}\n"
    assert messages(text)[0] == (
        f"{FILE}:1:6: the base x:$TARGETARCH depends on the platform that is built for;"
        " name one image for all platforms, or declare the platforms"
    )


def test_a_base_that_is_no_reference_is_not_declared() -> None:
    assert "the base UPPER is not declared" in messages(f"FROM UPPER\nFROM {PARENT}\n")[0]


def test_the_target_must_be_on_the_parent() -> None:
    text = f"FROM jdk:8 AS jdk\nFROM {PARENT} AS app\nFROM jdk\n"
    assert messages(text, "jdk:8", target="app") == []
    assert messages(text, "jdk:8") == [
        f"{FILE}:1:6: the image is built on jdk:8, and lineage.yml says from {PARENT};"
        " write FROM {{ parent }} in the template"
    ]
    with pytest.raises(DockerfileFault, match='no stage is named "nope"'):
        messages(text, "jdk:8", target="nope")


def test_an_image_can_be_from_scratch() -> None:
    assert messages("FROM scratch\nCOPY a b\n", parent="scratch") == []
    assert (
        "is built on jdk:8, and lineage.yml says from scratch" in messages("FROM jdk:8\n", "jdk:8", parent="scratch")[0]
    )
    assert "is built on scratch, and lineage.yml says from firethorn" in messages("FROM scratch\n")[0]


def test_another_builder_is_refused() -> None:
    assert messages(f"# syntax=docker/dockerfile:1\nFROM {PARENT}\n") == [
        f"{FILE}:1:1: # syntax=docker/dockerfile:1 would load another builder, which lineage.yml does not pin;"
        " remove the line; the engine's own builder reads the file"
    ]


SECRETS = (
    "RUN --mount=type=secret,id=key,target=/x x",
    "RUN --mount=type=cache,target=/c \\\n  --mount=id=key,TYPE=SECRET x",
    'RUN --network=none --mount="type=secret,source=key" x',
    "RUN --mount=type=secret,target=/run/key x",
)


@pytest.mark.parametrize("line", SECRETS)
def test_a_secret_has_to_be_declared(line: str) -> None:
    text = f"FROM {PARENT}\n{line}\n"
    assert messages(text) == [
        f'{FILE}:2: the secret "key" is not declared; name it in lineage.yml, under secrets, with its env or file'
    ]
    assert messages(text, known=["key"]) == []
    assert secrets(read(text)) == ("key",)


def test_a_secret_in_a_trigger_is_refused() -> None:
    text = f"FROM {PARENT}\nUSER u\nONBUILD RUN --mount=type=secret,id=key x\n"
    assert messages(text, known=["key"]) == [
        f"{FILE}:3: ONBUILD asks for the secret key in builds of other images;"
        " mount it in the templates of those that need it"
    ]


def test_ssh_is_refused_and_every_such_mount_is_told_at_once() -> None:
    text = f"FROM {PARENT}\nRUN --mount=type=ssh x\nRUN --mount=type=ssh --mount=type=secret,id=k y\nRUN z\n"
    problem = "a mount of the type ssh gets nothing: no agent of yours is let into a build"
    assert [one.partition(";")[0] for one in messages(text)] == [
        f"{FILE}:2: {problem}",
        f"{FILE}:3: {problem}",
        f'{FILE}:3: the secret "k" is not declared',
    ]


def test_other_mounts_have_no_fault() -> None:
    mounts = "--mount=target=/x --mount=type=cache,target=/secret,id=ssh --mount=type=tmpfs,target=/t"
    assert messages(f"FROM {PARENT}\nRUN {mounts} x\n") == []
    assert messages(f'FROM {PARENT}\nONBUILD RUN --mount=type=secret,\\"id x\n') == []
