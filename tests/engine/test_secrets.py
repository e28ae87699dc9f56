"""Secrets: a build gets them, and nothing keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from families import everything

from forebear import api
from forebear.build.key import KEY
from forebear.engine.client import Docker
from forebear.engine.model import Builder, Capabilities

if TYPE_CHECKING:
    import docker
    from families import Family

TOKEN = "hush-7f3a-token"
FROM_FILE = "a whole\nfile-91c2-of-it\n"
MOUNTS = "RUN --mount=type=secret,id=token,required=true --mount=type=secret,id=whole,target=/w,required=true"


@pytest.fixture
def guarded(family: Family, busybox_base: str, monkeypatch: pytest.MonkeyPatch) -> Family:
    """A family whose child needs two secrets: it keeps what is no secret of them, and prints them."""
    monkeypatch.setenv("FOREBEAR_TEST_TOKEN", TOKEN)
    family.put("../keys/whole", FROM_FILE)
    family.declare(
        secrets={"token": {"env": "FOREBEAR_TEST_TOKEN"}, "whole": {"file": str(family.root / "../keys/whole")}}
    )
    family.add("base", busybox_base, f"ENV OF={family.project}")  # so that no earlier run has it in the cache
    family.add("web", "base", f"{MOUNTS} wc -c /run/secrets/token /w > /sizes && cat /run/secrets/token /w")
    family.lock()
    return family


def test_a_build_gets_its_secrets_and_nothing_keeps_them(
    guarded: Family, client: docker.APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert guarded.build() == {"base": "built", "web": "built"}
    told = everything(client, guarded.tag("web"))
    kept = b"\0".join(path.read_bytes() for path in guarded.root.rglob("*") if path.is_file())
    assert b"15 /run/secrets/token" in told
    assert b"***" in kept
    for secret in (TOKEN, *FROM_FILE.splitlines()):
        assert secret.encode() not in told
        assert secret.encode() not in kept
    key = client.inspect_image(guarded.tag("web"))["Config"]["Labels"][KEY]
    monkeypatch.setenv("FOREBEAR_TEST_TOKEN", "another-value")
    assert guarded.build() == {"base": "reused", "web": "reused"}
    assert client.inspect_image(guarded.tag("web"))["Config"]["Labels"][KEY] == key


def test_nothing_is_built_where_one_is_missing(guarded: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FOREBEAR_TEST_TOKEN")
    ran = guarded.forebear("build", code=2)
    assert 'the secret "token" is missing: the variable FOREBEAR_TEST_TOKEN is not set' in ran.err
    assert not guarded.engine.tagged(f"docker.io/{guarded.project}")


def test_the_classic_builder_is_refused(guarded: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    classic = Capabilities(Builder.CLASSIC, rewrites_timestamps=False, why_not="for this test")
    engine = Docker(guarded.host)
    monkeypatch.setattr(engine, "capabilities", lambda: classic)
    base, web = sorted(api.build(api.open_project(guarded.root), engine), key=lambda each: each.target.image)
    assert (base.outcome, web.outcome) == ("built", "failed")
    assert web.why == ("the classic builder gives no secrets to a build; use an engine that has BuildKit",)
