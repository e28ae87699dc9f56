from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.errors import EngineRefused
from forebear.registry.manifests import DOCKER_INDEX, OCI_INDEX, OCI_MANIFEST, Descriptor, read

from .server import image, index, manifest, sha256

ONE, TWO = "sha256:" + "1" * 64, "sha256:" + "2" * 64


def test_an_index() -> None:
    answer = index(manifest("2", "linux", "arm64", "v8"), manifest("1", "linux", "amd64"), annotations={"a": "b"})
    found = read(answer.body)
    assert (found.media_type, found.digest, found.body) == (OCI_INDEX, sha256(answer.body), answer.body)
    assert found.is_index
    assert found.platforms == (("linux/amd64", ONE), ("linux/arm64", TWO))
    assert [each.digest for each in found.entries] == [TWO, ONE]
    assert found.annotations == (("a", "b"),)


def test_an_image() -> None:
    found = read(image({**manifest("1"), "mediaType": "a/layer"}, manifest("2")).body)
    assert found.media_type == OCI_MANIFEST
    assert not found.is_index
    assert found.config == Descriptor("", "sha256:" + "c" * 64, 1)
    assert found.layers == (Descriptor("a/layer", ONE, 1), Descriptor("", TWO, 1))
    assert found.platforms == ()


def test_the_type_is_its_own_word_or_the_registrys() -> None:
    assert read(index(mediaType=DOCKER_INDEX).body, OCI_INDEX).media_type == DOCKER_INDEX
    assert read(index().body, f"{DOCKER_INDEX}; charset=utf-8").media_type == DOCKER_INDEX
    assert read(index().body, "text/plain").media_type == OCI_INDEX


def test_attestations_and_what_names_no_platform_have_none() -> None:
    answer = index(manifest("1", "linux", "amd64"), manifest("2", "unknown", "unknown"), manifest("3"))
    assert read(answer.body).platforms == (("linux/amd64", ONE),)
    assert len(read(answer.body).entries) == 3


def test_only_arm64_loses_its_only_variant() -> None:
    answer = index(manifest("1", "linux", "arm64", "v8"), manifest("2", "linux", "arm", "v8"))
    assert [platform for platform, _ in read(answer.body).platforms] == ["linux/arm/v8", "linux/arm64"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (image(manifests=[]).body, ": it could be an index, and could be an image"),
        (index(layers=[]).body, ": it could be an index, and could be an image"),
        (index(mediaType=OCI_MANIFEST).body, f": it is not of the type that it says, {OCI_MANIFEST}"),
        (image(mediaType=OCI_INDEX).body, f": it is not of the type that it says, {OCI_INDEX}"),
        (image(mediaType="text/html").body, ": it is of the type 'text/html'"),
        (index({"digest": "sha256:1", "size": 1}).body, ": it names something by what is no digest"),
        (index({"digest": 7, "size": 1}).body, ": it names something by what is no digest"),
        (index({"digest": ONE, "size": -1}).body, ": it gives a size that is none"),
        (index({"digest": ONE, "size": True}).body, ": it gives a size that is none"),
        (index({**manifest("1"), "platform": "linux"}).body, ""),
        (index({}).body, ""),
        (b"", ""),
        (b"{", ""),
        (b"[]", ""),
        (b"{}", ""),
        (b"\xff", ""),
        (b"7", ""),
        (b'{"manifests": 7}', ""),
        (b'{"manifests": [7]}', ""),
        (b"[" * 100_000, ""),
    ],
    ids=range(20),
)
def test_what_is_no_manifest_is_refused(body: bytes, why: str) -> None:
    with pytest.raises(EngineRefused) as told:
        read(body)
    assert str(told.value) == f"the registry sent what is no manifest of an image{why}"


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=4) | st.sampled_from([ONE, OCI_INDEX]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["digest", "size", "platform", "os", "architecture", "manifests", "layers", "config", "annotations"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(JSON)
def test_no_bytes_raise_anything_else(document: object) -> None:
    try:
        found = read(json.dumps(document).encode())
    except EngineRefused:
        return
    assert all(isinstance(platform, str) for platform, _ in found.platforms)
