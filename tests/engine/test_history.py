"""What a Dockerfile can add to an image's history, on every builder: more than that is somebody else's work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from families import by_hand

from forebear import api
from forebear.build.content import present, with_history
from forebear.dockerfile.reader import read

if TYPE_CHECKING:
    import docker
    from engines import Engine

    from forebear.build.recipe import Present

EVERY = """\
ARG BASE={base}
FROM scratch AS unused
COPY Dockerfile /unused
FROM $BASE AS build
ARG GLOBAL
ENV ONE=1 TWO=2
RUN echo built >/built
FROM $BASE AS below
SHELL ["/bin/sh", "-c"]
LABEL one=1 two=2
MAINTAINER somebody
ONBUILD ENV TRIGGERED=1
ONBUILD RUN echo triggered >/triggered
FROM below
ARG LOCAL=1
ADD Dockerfile /added
COPY --from=build /built /built
COPY Dockerfile /copied
WORKDIR /work
RUN true
RUN ["true"]
ENV THREE 3
EXPOSE 80 81/udp
VOLUME /data
USER nobody
STOPSIGNAL SIGINT
HEALTHCHECK CMD true
HEALTHCHECK NONE
ENTRYPOINT ["sh"]
CMD echo
ONBUILD USER root
"""
PLAIN = "FROM {base}\nARG A=1\nENV B=2\nRUN echo >/c\nWORKDIR /d\nCOPY Dockerfile /e\nLABEL f=1\nCMD true\n"


def made(client: docker.APIClient, engine: Engine, tag: str, text: str, builder: str) -> Present:
    """What a builder makes of a Dockerfile."""
    by_hand(client, tag, text, builder=builder)
    return found(engine, tag)


def found(engine: Engine, image: str) -> Present:
    """An image that is on the engine."""
    asked = api.connect(engine.host)
    facts = asked.inspect(image)
    assert facts is not None
    return present(with_history(facts, asked.history(facts.id)))


def added(text: str, base: Present, image: Present) -> tuple[int, int]:
    """How many entries an image has beyond those of its base, and how many at most come from its Dockerfile."""
    assert base.history is not None
    assert image.history is not None
    return image.history - base.history, base.triggers + read(text).steps()


@pytest.mark.parametrize("builder", ["buildkit", "classic"])
def test_every_instruction_stays_within_the_bound(
    client: docker.APIClient, engine: Engine, busybox_base: str, project: str, builder: str
) -> None:
    text = EVERY.format(base=busybox_base)
    parent = made(client, engine, f"{project}/every:1", text, builder)
    assert parent.triggers == 1
    entries, bound = added(text, found(engine, busybox_base), parent)
    assert entries <= bound
    assert read(text).triggers() == 1
    text = f"FROM {project}/every:1\nENV CHILD=1\n"
    child = made(client, engine, f"{project}/child:1", text, builder)
    entries, bound = added(text, parent, child)
    assert entries <= bound
    assert child.triggers == read(text).triggers() == 0


@pytest.mark.parametrize("builder", ["buildkit", "classic"])
def test_without_triggers_the_bound_is_the_very_length(
    client: docker.APIClient, engine: Engine, busybox_base: str, project: str, builder: str
) -> None:
    """So that one step on top is one too many."""
    text = PLAIN.format(base=busybox_base)
    image = made(client, engine, f"{project}/plain:1", text, builder)
    entries, bound = added(text, found(engine, busybox_base), image)
    assert entries == bound
