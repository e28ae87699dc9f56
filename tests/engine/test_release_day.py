"""A day of a release engineer, from one version to the next, and on to production and to another machine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from conftest import each_store
from engines import Registry, tags
from families import Family, identity, outcomes

if TYPE_CHECKING:
    from pathlib import Path

    import docker

GATE = {"name": "has it", "run": ["/bin/sh", "-c", "cat /top"], "output": "^top$"}


def upstream(client: docker.APIClient, base: str, reference: str, change: str) -> None:
    """Let a tag of the registry name an image on the base, as those do who make it."""
    container = client.create_container(base, ["/bin/sh", "-c", f"echo {change} > /etc/release"])["Id"]
    client.start(container)
    client.wait(container)
    repository, _, tag = reference.rpartition(":")
    client.commit(container, repository, tag)
    client.remove_container(container)
    assert "errorDetail" not in client.push(repository, tag)
    client.remove_image(reference, force=True)


def recorded(family: Family) -> list[str]:
    """The releases that there are records of."""
    return sorted(path.stem for path in (family.root / "releases").iterdir())


# They push in ways of their own.
@each_store
def test_the_day(
    family: Family, client: docker.APIClient, busybox_base: str, registry: Registry, second: Registry, tmp_path: Path
) -> None:
    # 2.1.7 is built, published and verified.
    up = f"{registry.address}/{family.project}-up/os:25"
    upstream(client, busybox_base, up, "first")
    family.declare(registry=registry.address, version="2.1.7", tags=["minor"], keep=1)
    family.add("top", up, "COPY file /top", files={"file": "top"}, tests=[GATE])
    family.add("mid", "top", "COPY file /mid", files={"file": "mid"}, requires={"files": ["/top"]})
    family.add("low", "mid", "COPY file /low", files={"file": "low"})
    family.add("other", "scratch", "COPY file /other", files={"file": "other"})
    family.forebear("lock")
    assert family.build() == dict.fromkeys(["top", "mid", "low", "other"], "built")
    family.forebear("publish")
    record = (family.root / "releases/2.1.7.json").read_bytes()
    made = {name: image["platforms"]["linux/amd64"] for name, image in json.loads(record)["images"].items()}
    assert made["top"]["gates"][0]["outcome"] == "passed"
    assert made["mid"]["requires"] == [{"kind": "file", "value": "/top", "outcome": "passed"}]
    assert all(each["built"]["seconds"] > 0 for each in made.values())
    assert {json.dumps(each["built"]["engine"]) for each in made.values()} == {json.dumps(json.loads(record)["engine"])}
    proved = family.forebear("verify", "--json").documents[0]
    assert proved["holds"]
    assert {one["verdict"] for image in proved["images"] for one in image["statements"]} == {"proved"}

    # The upstream moves.
    upstream(client, busybox_base, up, "second")
    assert "moved from sha256:" in family.forebear("lock", "--check", code=1).out
    family.forebear("lock", "--upgrade")
    family.forebear("render")

    # It is cut into a new version, of which only what descends from it is built.
    family.forebear("cut", "patch", "top", "--no-changelog")
    text = (family.root / "lineage.yml").read_text()
    assert text.count("2.1.8") >= 1
    ends = outcomes(family.forebear("build", "--json"))
    assert ends == {"top": "built", "mid": "built", "low": "built", "other": "reused"}
    family.forebear("publish")
    for version in recorded(family):
        assert "proved" in family.forebear("verify", version).out
    assert (family.root / "releases/2.1.7.json").read_bytes() == record
    assert len(recorded(family)) == 2

    # It is promoted, digests and all.
    newest = recorded(family)[-1]
    target = f"{second.address}/web"
    copied = family.forebear("promote", newest, "--to", target, "--json").documents[0]
    there = json.loads((family.root / f"releases/{newest}.json").read_bytes())["images"]
    assert [each["digest"] for each in copied["images"]] == [each["digest"] for each in there.values()]
    family.forebear("verify", newest, "--registry", target)

    # The engine is cleared of what is superseded; a container still uses one of it.
    container = client.create_container(f"{registry.address}/{family.project}/mid:2.1.7", ["/bin/sh"])["Id"]
    try:
        assert "without a terminal" in family.forebear("prune", code=2).err
        ran = family.forebear("prune", "--yes")
    finally:
        client.remove_container(container)
    assert "freed: " in ran.out
    left = {tag.rpartition("/")[2] for tag in tags(client, family.project) if "@" not in tag}
    assert left == {"top:2.1.7", "mid:2.1.7", "top:2.1.8", "mid:2.1.8", "low:2.1.8", "other:2.1.7"}

    # A new machine builds one image on what is published.
    before = identity(client, f"{registry.address}/{family.project}/mid:2.1.8")
    for tag in tags(client, family.project):
        client.remove_image(tag, force=True) if "@" not in tag else None
    clone = family.clone(tmp_path / "clone")
    clone.put("images/low/file", "changed")
    ends = outcomes(clone.forebear("build", "--from-registry", "low", "--json"))
    assert ends == {"top": "pulled", "mid": "pulled", "low": "built"}
    assert identity(client, f"{registry.address}/{family.project}/mid:2.1.8") == before

    # What is not what it was is found, to the last digest.
    damaged = json.loads(record)
    damaged["images"]["mid"]["digest"] = f"sha256:{'0' * 64}"
    family.put("releases/2.1.7.json", json.dumps(damaged))
    wrong = family.forebear("verify", "2.1.7", code=1).out
    assert f"the record says sha256:{'0' * 64}" in wrong
