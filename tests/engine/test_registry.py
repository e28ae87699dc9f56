"""The registry room against real registries: open ones, one with passwords, one with tokens, and a mirror."""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from typing import TYPE_CHECKING

import pytest
from engines import Registry as RealRegistry
from passwords import PASSWORD, USER, demanding
from published import Repository
from tokens import REFRESH, Tokens, tokens_in

from forebear.errors import EngineRefused
from forebear.reference import Reference
from forebear.registry import manifests
from forebear.registry.auth import Login
from forebear.registry.client import Exists, Registry
from forebear.registry.manifests import OCI_MANIFEST, Descriptor, Manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

AMD, ARM = "linux/amd64", "linux/arm64"
ANN = Login(USER, PASSWORD)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], RealRegistry]]:
    """Starts registries with more in their configuration."""
    started: list[RealRegistry] = []

    def one(more: str) -> RealRegistry:
        folder = tmp_path / f"registry-{len(started)}"
        folder.mkdir()
        started.append(RealRegistry(folder, more))
        started[-1].start()
        return started[-1]

    yield one
    for each in started:
        each.stop()


@pytest.fixture
def up(registry: RealRegistry) -> Repository:
    """A repository that nothing else uses, in an open registry."""
    return Repository(registry, f"test-{secrets.token_hex(4)}/up")


def ref(repository: Repository, tag: str = "") -> Reference:
    return Reference.parse(repository.reference + (f":{tag}" if tag else ""))


def blob(data: bytes, kind: str = "application/octet-stream") -> Descriptor:
    return Descriptor(kind, "sha256:" + hashlib.sha256(data).hexdigest(), len(data))


def image(text: str) -> tuple[Manifest, dict[Descriptor, bytes]]:
    """A small image, and its blobs."""
    config, layer = json.dumps({"os": "linux", "architecture": "amd64", "text": text}).encode(), text.encode() * 100_000
    parts = {blob(config, "application/vnd.oci.image.config.v1+json"): config}
    parts |= {blob(layer, "application/vnd.oci.image.layer.v1.tar"): layer}
    described = [{"mediaType": each.media_type, "digest": each.digest, "size": each.size} for each in parts]
    body = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": described[0], "layers": described[1:]}
    return manifests.read(json.dumps(body).encode()), parts


def push(client: Registry, target: Reference, text: str) -> Manifest:
    """Put a small image into a registry."""
    manifest, parts = image(text)
    for descriptor, data in parts.items():
        client.put_blob(target, descriptor, lambda data=data: iter([data[:9], data[9:]]))  # type: ignore[misc]
    client.put(target, manifest)
    return manifest


class TestOpen:
    def test_what_was_published_by_others_is_read(self, up: Repository) -> None:
        digest, platforms = up.publish("1", "text", AMD, ARM)
        with Registry() as client:
            found = client.manifest(ref(up, "1"))
            assert found is not None
            assert (found.digest, dict(found.platforms)) == (digest, platforms)
            assert client.digest(ref(up, "1")) == digest
            assert client.digest(ref(up).with_digest(digest)) == digest
            assert client.digest(ref(up, "2")) is None
            assert client.manifest(ref(up, "2")) is None
            assert client.digest(Reference.parse(f"{up.registry.address}/no/such:1")) is None
            one = client.manifest(ref(up).with_digest(platforms[AMD]))
            assert one is not None
            assert one.config is not None
            assert json.loads(client.read_blob(ref(up), one.config))["architecture"] == "amd64"

    def test_all_tags_are_listed(self, up: Repository) -> None:
        with Registry() as client:
            manifest = push(client, ref(up, "0"), "x")
            tags = {f"{n:02}" for n in range(25)}
            for tag in tags:
                client.put(ref(up, tag), manifest)
            assert set(client.tags(ref(up))) == {"0", *tags}
            assert client.tags(Reference.parse(f"{up.registry.address}/no/such")) == ()

    def test_a_list_is_followed_page_after_page(self, start: Callable[[str], RealRegistry]) -> None:
        """The list of repositories: this registry gives tags in one piece, however few are asked for."""
        registry = start("")
        names = [f"team/{n:02}" for n in range(7)]
        with Registry() as client:
            for name in names:
                push(client, Reference.parse(f"{registry.address}/{name}:1"), name)
            pages = client._pages(Reference.parse(f"{registry.address}/x"), "_catalog?n=3")
            listed = [json.loads(page.body)["repositories"] for page in pages]
        assert listed == [names[:3], names[3:6], names[6:]]

    def test_a_version_never_changes(self, up: Repository) -> None:
        with Registry() as client:
            manifest, other = push(client, ref(up, "0"), "one"), push(client, ref(up, "00"), "two")
            assert client.create(ref(up, "1"), manifest)
            assert not client.create(ref(up, "1"), manifest)
            with pytest.raises(Exists) as told:
                client.create(ref(up, "1"), other)
            assert told.value.digest == client.digest(ref(up, "1")) == manifest.digest

    def test_an_image_is_copied(self, up: Repository, start: Callable[[str], RealRegistry]) -> None:
        other = Reference.parse(f"{start('').address}/far/away")
        near = Reference.parse(f"{up.reference}/near")
        with Registry() as client:
            manifest, parts = push(client, ref(up, "1"), "x"), image("x")[1]
            for target in (near, other):
                for each in parts:
                    assert not client.has_blob(target, each.digest)
                    client.copy_blob(ref(up), target, each)
                    assert client.has_blob(target, each.digest)
                client.put(target.with_tag("1"), manifest)
                assert client.manifest(target.with_tag("1")) == manifest
                assert [b"".join(client.blob(target, each)) for each in parts] == list(parts.values())

    def test_a_registry_refuses_a_blob_that_is_another(self, up: Repository) -> None:
        with Registry() as client, pytest.raises(EngineRefused, match=r"answers 400 .*DIGEST_INVALID"):
            client.put_blob(ref(up), blob(b"abc"), lambda: [b"abd"])

    def test_a_manifest_without_its_blobs_is_refused(self, up: Repository) -> None:
        with Registry() as client, pytest.raises(EngineRefused, match="MANIFEST_BLOB_UNKNOWN"):
            client.put(ref(up, "1"), image("nowhere")[0])

    def test_a_manifest_is_deleted(self, up: Repository) -> None:
        with Registry() as client:
            manifest = push(client, ref(up, "1"), "x")
            assert client.delete(ref(up).with_digest(manifest.digest))
            assert not client.delete(ref(up).with_digest(manifest.digest))
            assert client.digest(ref(up, "1")) is None

    def test_several_threads_share_a_client(self, up: Repository) -> None:
        failed: list[Exception] = []

        def work(client: Registry, number: int) -> None:
            try:
                push(client, ref(up, str(number)), f"text {number}")
            except Exception as error:  # told by the assertion
                failed.append(error)

        with Registry() as client:
            threads = [threading.Thread(target=work, args=(client, number)) for number in range(12)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert failed == []
            assert set(client.tags(ref(up))) == {str(number) for number in range(12)}


class TestPasswords:
    @pytest.fixture
    def private(self, tmp_path: Path) -> Iterator[RealRegistry]:
        with demanding(tmp_path) as registry:
            yield registry

    def test_who_knows_the_password_may_read_and_write(self, private: RealRegistry) -> None:
        target = Reference.parse(f"{private.address}/team/app:1")
        with Registry(lambda _registry: ANN) as client:
            manifest = push(client, target, "x")
            assert client.manifest(target) == manifest
            assert client.tags(target) == ("1",)

    @pytest.mark.parametrize("login", [None, Login("ann", "wrong"), Login("é", "ü")])
    def test_nobody_else(self, private: RealRegistry, login: Login | None) -> None:
        target = Reference.parse(f"{private.address}/team/app:1")
        with Registry(lambda _registry: login) as client, pytest.raises(EngineRefused, match="answers 401") as told:
            client.digest(target)
        assert told.value.action.endswith(f"docker login {private.address}")


class TestTokens:
    @pytest.fixture
    def tokens(self, tmp_path: Path) -> Iterator[Tokens]:
        with tokens_in(tmp_path) as tokens:
            yield tokens

    @pytest.mark.parametrize("login", [ANN, Login("", identity_token=REFRESH)])
    def test_who_is_known_may_read_and_write(
        self, start: Callable[[str], RealRegistry], tokens: Tokens, login: Login
    ) -> None:
        registry = start(tokens.configuration)
        target = Reference.parse(f"{registry.address}/team/app:1")
        with Registry(lambda _registry: login) as client:
            manifest, near = push(client, target, "x"), Reference.parse(f"{registry.address}/team/near")
            assert client.manifest(target) == manifest
            for each in image("x")[1]:
                client.copy_blob(target, near, each)
            assert client.delete(target.untagged().with_digest(manifest.digest))
        app, near_too = "repository:team/app", "repository:team/near"
        assert tokens.asked == [
            [f"{app}:pull"],
            [f"{app}:pull,push"],
            [f"{near_too}:pull"],
            [f"{app}:pull", f"{near_too}:pull,push"],
            [f"{app}:pull,delete"],
        ]

    def test_anybody_may_read_and_not_write(self, start: Callable[[str], RealRegistry], tokens: Tokens) -> None:
        target = Reference.parse(f"{start(tokens.configuration).address}/team/app:1")
        with Registry(lambda _registry: ANN) as known:
            manifest = push(known, target, "x")
        with Registry() as client:
            assert client.manifest(target) == manifest
            with pytest.raises(EngineRefused, match="answers 401"):
                client.put(target, manifest)

    def test_a_token_that_ran_out_is_renewed(self, start: Callable[[str], RealRegistry], tokens: Tokens) -> None:
        target = Reference.parse(f"{start(tokens.configuration).address}/team/app:1")
        with Registry(lambda _registry: ANN) as client:
            assert client.digest(target) is None
            client._transport._authority._tokens.clear()
            tokens.stale = 1
            assert client.digest(target) is None
        assert len(tokens.asked) == 3


class TestMirror:
    def test_a_real_mirror_gives_what_the_registry_has(
        self, registry: RealRegistry, up: Repository, start: Callable[[str], RealRegistry]
    ) -> None:
        up.publish("1", "text", AMD)
        mirror = start(f"proxy: {{remoteurl: 'http://{registry.address}'}}\n")
        told: list[str] = []
        with Registry() as direct, Registry(mirrors={"far.example": mirror.address}, tell=told.append) as client:
            far = Reference("far.example", up.name, "1")
            assert client.manifest(far) == direct.manifest(ref(up, "1"))
            assert client.tags(far) == ("1",)
            found = client.manifest(far)
            assert found is not None
            assert found.config is not None
            assert client.read_blob(far, found.config)
        assert told == []
