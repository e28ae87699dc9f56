"""Images put into a registry by hand, for any platform, without an engine."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engines import Registry

DOCKER = "application/vnd.docker."
MANIFEST = f"{DOCKER}distribution.manifest.v2+json"
INDEX = f"{DOCKER}distribution.manifest.list.v2+json"


@dataclass(frozen=True)
class Repository:
    """A repository of a registry; `name` without the registry; `login` is user and password, where it wants them."""

    registry: Registry
    name: str
    login: tuple[str, str] | None = None

    @property
    def reference(self) -> str:
        """What references to it begin with."""
        return f"{self.registry.address}/{self.name}"

    def publish(self, tag: str, text: str, *platforms: str) -> tuple[str, dict[str, str]]:
        """Let a tag name images with the file /up of `text`, of one platform or, under an index, of several.

        The digest that the tag names, and the digest of each platform's manifest.
        """
        manifests = {platform: self._manifest(text, platform) for platform in platforms}
        if len(manifests) == 1:
            body, kind = manifests[platforms[0]], MANIFEST
        else:
            body, kind = self._index(manifests), INDEX
        return self._put(f"manifests/{tag}", body, kind), {name: digest(body) for name, body in manifests.items()}

    def delete(self, tag: str) -> None:
        """Delete what a tag names, and so the tag."""
        known = requests.get(self._url(f"manifests/{tag}"), headers={"Accept": MANIFEST}, auth=self.login, timeout=10)
        found = known.headers["Docker-Content-Digest"]
        requests.delete(self._url(f"manifests/{found}"), auth=self.login, timeout=10).raise_for_status()

    def _index(self, manifests: Mapping[str, bytes]) -> bytes:
        entries = []
        for platform, body in manifests.items():
            self._put(f"manifests/{digest(body)}", body, MANIFEST)
            system, architecture = platform.split("/")
            where = {"os": system, "architecture": architecture}
            entries.append({"mediaType": MANIFEST, "digest": digest(body), "size": len(body), "platform": where})
        return _json(schemaVersion=2, mediaType=INDEX, manifests=entries)

    def _manifest(self, text: str, platform: str) -> bytes:
        layer = _layer(f"{text} {platform}\n".encode())
        system, architecture = platform.split("/")
        config = _json(
            os=system,
            architecture=architecture,
            config={"Env": ["PATH=/bin"]},
            rootfs={"type": "layers", "diff_ids": [digest(layer)]},
            history=[{"created_by": "by hand"}],
        )
        packed = gzip.compress(layer, mtime=0)
        described = self._blob(config, "container.image.v1+json"), self._blob(packed, "image.rootfs.diff.tar.gzip")
        return _json(schemaVersion=2, mediaType=MANIFEST, config=described[0], layers=[described[1]])

    def _blob(self, data: bytes, kind: str) -> dict[str, Any]:
        begun = requests.post(self._url("blobs/uploads/"), auth=self.login, timeout=10)
        begun.raise_for_status()
        where, named = begun.headers["Location"], {"digest": digest(data)}
        ended = requests.put(where, params=named, data=data, auth=self.login, timeout=10)
        ended.raise_for_status()
        return {"mediaType": DOCKER + kind, "digest": digest(data), "size": len(data)}

    def _put(self, path: str, body: bytes, kind: str) -> str:
        headers = {"Content-Type": kind}
        answer = requests.put(self._url(path), data=body, headers=headers, auth=self.login, timeout=10)
        answer.raise_for_status()
        return answer.headers["Docker-Content-Digest"]

    def _url(self, path: str) -> str:
        return f"http://{self.registry.address}/v2/{self.name}/{path}"


def digest(data: bytes) -> str:
    """The digest of bytes, as registries write it."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _json(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


def _layer(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo("up")
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()
