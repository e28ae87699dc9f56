from __future__ import annotations

import json
from typing import Any, cast

import pytest

from forebear.engine.model import Resolved
from forebear.errors import EngineRefused
from forebear.pins.mirrored import Mirrored
from forebear.registry import manifests
from forebear.registry.manifests import OCI_INDEX, OCI_MANIFEST, Descriptor, Manifest
from forebear.testing import FakeEngine

ENGINES_OWN = Resolved("sha256:" + "e" * 64, OCI_MANIFEST, ())


class Fake:
    """A registry that has one manifest, and one blob."""

    def __init__(self, found: Manifest | None, blob: bytes = b"") -> None:
        self.found, self.blob = found, blob

    def manifest(self, _reference: object) -> Manifest | None:
        return self.found

    def read_blob(self, _repository: object, _blob: Descriptor) -> bytes:
        return self.blob


def resolved(found: Manifest | None, blob: bytes = b"", reference: str = "docker.io/library/fedora:25") -> Any:
    engine = FakeEngine(published={"quay.io/a/b:1": ENGINES_OWN})
    return Mirrored(engine, cast("Any", Fake(found, blob)), {"docker.io"}).resolve(reference)


def entry(digit: str, **more: object) -> dict[str, object]:
    return {"digest": "sha256:" + digit * 64, "size": 1, **more}


def test_a_registry_without_a_mirror_is_the_engines_business() -> None:
    assert resolved(None, reference="quay.io/a/b:1") == ENGINES_OWN


def test_nothing() -> None:
    assert resolved(None) is None


def test_an_index() -> None:
    platform = {"os": "linux", "architecture": "amd64"}
    body = json.dumps({"manifests": [entry("1", platform=platform)]}).encode()
    found = manifests.read(body)
    assert resolved(found) == Resolved(found.digest, OCI_INDEX, ("linux/amd64",))


def test_an_image_is_for_what_its_configuration_says() -> None:
    found = manifests.read(json.dumps({"config": entry("c"), "layers": []}).encode())
    config = json.dumps({"os": "linux", "architecture": "arm64", "variant": "v8"}).encode()
    assert resolved(found, config) == Resolved(found.digest, OCI_MANIFEST, ("linux/arm64",))


@pytest.mark.parametrize("config", [b"", b"[]", b"<html>", b"[" * 100_000], ids=range(4))
def test_a_configuration_that_is_none(config: bytes) -> None:
    found = manifests.read(json.dumps({"config": entry("c"), "layers": []}).encode())
    with pytest.raises(EngineRefused, match="the configuration of fedora:25 cannot be read"):
        resolved(found, config)
