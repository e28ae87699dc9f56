from __future__ import annotations

from typing import Any

import pytest

from forebear.engine.facts import facts, listed, platform, steps
from forebear.engine.model import Builder, Capabilities, EngineInfo, Listed, Resolved

IMAGE: dict[str, Any] = {
    "Id": "sha256:1",
    "Os": "linux",
    "Architecture": "amd64",
    "Variant": "",
    "RootFS": {"Type": "layers", "Layers": ["sha256:a", "sha256:b"]},
    "Config": {
        "Cmd": ["sh"],
        "Env": ["PATH=/bin"],
        "ExposedPorts": {"80/tcp": {}, "443/tcp": {}},
        "Labels": {"b": "2", "a": "1"},
        "OnBuild": ["RUN a", "RUN b"],
        "Hostname": "0123",
        "Entrypoint": None,
        "Volumes": {},
    },
    "Size": 12,
}


def test_the_facts_of_an_image() -> None:
    found = facts(IMAGE)
    assert (found.id, found.platform, found.layers, found.size) == (
        "sha256:1",
        "linux/amd64",
        ("sha256:a", "sha256:b"),
        12,
    )
    assert found.labels == (("a", "1"), ("b", "2"))
    assert (found.triggers, found.history) == (2, None)


def test_the_configuration_is_what_a_container_gets_in_a_fixed_order() -> None:
    assert facts(IMAGE).config == (
        ("Cmd", '["sh"]'),
        ("Env", '["PATH=/bin"]'),
        ("ExposedPorts", '{"443/tcp": {}, "80/tcp": {}}'),
        ("OnBuild", '["RUN a", "RUN b"]'),
    )


@pytest.mark.parametrize("config", [None, {}, {"Labels": None, "OnBuild": None, "Cmd": []}])
def test_an_image_that_says_nothing_of_itself(config: dict[str, Any] | None) -> None:
    found = facts({"Id": "sha256:1", "Os": "linux", "Architecture": "arm64", "Config": config, "RootFS": None})
    assert (found.config, found.labels, found.layers, found.triggers, found.size) == ((), (), (), 0, 0)


def test_what_made_each_entry_of_a_history() -> None:
    history: list[dict[str, Any]] = [{"CreatedBy": "RUN make # buildkit"}, {"CreatedBy": ""}, {"CreatedBy": None}, {}]
    assert steps(history) == ("RUN make # buildkit", "", "", "")
    assert steps([]) == ()


def test_an_image_of_a_listing() -> None:
    assert listed({"Id": "sha256:1", "RepoTags": ["a:1"], "Labels": {"a": "b"}}) == Listed(
        "sha256:1", ("a:1",), {"a": "b"}
    )
    assert listed({"Id": "sha256:1", "RepoTags": None, "Labels": None}) == Listed("sha256:1", (), {})
    assert listed({"Id": "sha256:1", "RepoTags": ["<none>:<none>"]}).tags == ()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("linux", "amd64"), "linux/amd64"),
        (("linux", "x86_64"), "linux/amd64"),
        (("linux", "aarch64"), "linux/arm64"),
        (("linux", "arm64", "v8"), "linux/arm64"),
        (("linux", "arm", "v7"), "linux/arm/v7"),
        (("linux", "arm", "v8"), "linux/arm/v8"),
        (("linux", "riscv64", ""), "linux/riscv64"),
    ],
)
def test_platforms_are_written_in_one_way(words: tuple[str, ...], expected: str) -> None:
    assert platform(*words) == expected


def test_an_engine_and_its_builder_are_told_in_words() -> None:
    info = EngineInfo("unix:///x", "28.5.2", "1.51", "containerd", "linux/amd64")
    assert str(info) == "Docker 28.5.2 (API 1.51), containerd image store, linux/amd64"
    old = EngineInfo("unix:///x", "20.10.24", "1.41", "overlay2", "linux/amd64")
    assert str(old) == "Docker 20.10.24 (API 1.41), overlay2, linux/amd64"
    assert (info.keeps_digests, old.keeps_digests) == (True, False)
    best = Capabilities(Builder.BUILDKIT, rewrites_timestamps=True, why_not="")
    assert str(best).startswith("BuildKit: a rebuild gives the same image, bit for bit")
    plain = Capabilities(Builder.CLASSIC, rewrites_timestamps=False, why_not="BuildKit refuses: x")
    assert (
        str(plain)
        == "the classic builder: the same inputs give layers that may differ in their times (BuildKit refuses: x)"
    )


@pytest.mark.parametrize(
    ("media_type", "index"),
    [
        ("application/vnd.oci.image.index.v1+json", True),
        ("application/vnd.docker.distribution.manifest.list.v2+json", True),
        ("application/vnd.oci.image.manifest.v1+json", False),
        ("application/vnd.docker.distribution.manifest.v2+json", False),
    ],
)
def test_an_index_is_told_from_a_manifest(media_type: str, index: bool) -> None:
    assert Resolved("sha256:1", media_type, ()).is_index is index
