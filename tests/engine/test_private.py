"""Private images: what an engine gets with the credentials of the Docker configuration, and where those do not show."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from engines import Registry, chosen
from families import everything
from passwords import PACKED, PASSWORD, USER, demanding, started
from published import Repository
from test_lock import file_in
from tokens import REFRESH, Tokens, tokens_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import docker
    from families import Family

AMD = "linux/amd64"
CONFIGURATION = "none/config.json"
# The builder of 20.10 does not take --from in a trigger for an image, but for a folder of the context.
TRIGGERS = [name for name in chosen() if name != "release-overlay2"]


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    """A registry that wants a password."""
    with demanding(tmp_path) as registry:
        yield registry


@pytest.fixture
def up(family: Family, registry: Registry) -> Repository:
    """A repository that only who knows the password may read."""
    up = Repository(registry, f"{family.project}/up", (USER, PASSWORD))
    up.publish("1", family.project, AMD)
    return up


def test_a_private_upstream_is_pulled(family: Family, up: Repository, client: docker.APIClient) -> None:
    family.add("a", f"{up.reference}:1", "ENV A=1")
    assert "if that image is there and private, let docker login know" in family.forebear("lock", code=4).err
    family.log_in(up.registry.address, USER, PASSWORD)
    family.forebear("lock")
    family.forebear("build")
    assert file_in(client, family.tag("a"), "/up") == f"{family.project} {AMD}\n"


def base_from_elsewhere(family: Family, tools: str, client: docker.APIClient) -> None:
    """Have a base of the family whose triggers copy from a private image, on an engine that has only the base."""
    copied = "ONBUILD COPY --from={{ uses.tools }} /up /copied"
    family.add("base", "scratch", "COPY file /file", copied, files={"file": ""}, uses={"tools": f"{tools}:1"})
    family.forebear("lock")
    family.forebear("build")
    (locked,) = json.loads((family.root / "lineage.lock").read_text())["upstreams"].values()
    client.remove_image(f"{tools}@{locked['digest']}")
    family.add("web", "base", "ENV A=1")


@pytest.mark.parametrize("engine", TRIGGERS, indirect=True)
def test_what_a_trigger_names_is_pulled_in_the_session(
    family: Family, up: Repository, client: docker.APIClient, tmp_path: Path
) -> None:
    family.log_in(up.registry.address, USER, PASSWORD)
    base_from_elsewhere(family, up.reference, client)
    family.put(CONFIGURATION, "{}")
    assert "401 Unauthorized; if that image is there and private" in family.forebear("build", code=3).out
    family.put(CONFIGURATION, json.dumps({"credsStore": "that-is-not-there"}))
    refused = family.forebear("build", code=3)
    assert "docker-credential-that-is-not-there not installed" in refused.out
    assert "Warning" not in refused.err
    family.log_in(up.registry.address, USER, PASSWORD)
    ran = family.forebear("build", "-v")
    (family.root / CONFIGURATION).rename(tmp_path / "moved")
    assert file_in(client, family.tag("web"), "/copied") == f"{family.project} {AMD}\n"
    told = b"\0".join(path.read_bytes() for path in family.root.rglob("*") if path.is_file())
    told += everything(client, family.tag("web")) + everything(client, family.tag("base")) + f"{ran}".encode()
    assert b"/copied" in told
    assert not [secret for secret in (PASSWORD, PACKED) if secret.encode() in told]


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Tokens]:
    """A server of tokens that gives none to anybody."""
    with tokens_in(tmp_path) as tokens:
        tokens.closed = True
        yield tokens


@pytest.fixture
def by_tokens(closed: Tokens, tmp_path: Path, project: str) -> Iterator[Repository]:
    """A repository that who has a token of theirs may read."""
    with started(Registry(tmp_path)) as everybodys:
        Repository(everybodys, f"{project}/up").publish("1", project, AMD)
    with started(Registry(tmp_path, closed.configuration)) as private:
        yield Repository(private, f"{project}/up")


@pytest.mark.parametrize("engine", TRIGGERS, indirect=True)
def test_an_identity_token_stands_for_a_password(
    family: Family, by_tokens: Repository, closed: Tokens, client: docker.APIClient
) -> None:
    family.put(CONFIGURATION, json.dumps({"auths": {by_tokens.registry.address: {"identitytoken": REFRESH}}}))
    base_from_elsewhere(family, by_tokens.reference, client)
    asked = len(closed.asked)
    family.forebear("build")
    assert [f"repository:{by_tokens.name}:pull"] in closed.asked[asked:]
    assert file_in(client, family.tag("web"), "/copied") == f"{family.project} {AMD}\n"
