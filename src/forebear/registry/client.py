"""Reading manifests from a registry (OCI distribution specification, "Pulling manifests")."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import requests
from requests.auth import AuthBase, HTTPBasicAuth

from forebear.errors import EngineRefused, EngineUnreachable
from forebear.reference import DOCKER_HUB, Reference, is_digest
from forebear.retry import PASSING, Passing, retried, wait_of

_SECONDS: Final = 30
_LIMIT: Final = 4 * 1024 * 1024
"""The size of a manifest that a registry must take (OCI distribution, "Pushing manifests"): more is refused."""

_INDEXES: Final = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json"
_PARAMETER: Final = re.compile(r'(\w+)="([^"]*)"')

Credentials = Callable[[str], tuple[str, str] | None]
"""Gives user and password for a registry, or None."""


@dataclass(frozen=True, slots=True)
class Registry:
    """Registries, spoken to with the credentials that `credentials` gives."""

    credentials: Credentials = field(default=lambda _registry: None)

    def manifests(self, index: Reference) -> tuple[tuple[str, str], ...]:
        """The digest of each platform's manifest that an index, named by digest, lists, by platform.

        What the registry sends is checked against the digest; what may pass is tried again. Raises
        EngineUnreachable and EngineRefused.
        """
        url = f"{_base(index.registry)}/v2/{index.repository}/manifests/{index.digest}"
        body = retried(lambda: self._get(url, index.registry))
        algorithm = str(index.digest).partition(":")[0]
        if f"{algorithm}:{hashlib.new(algorithm, body).hexdigest()}" != index.digest:
            raise EngineRefused(f"{index.registry} sent something else for {index}", "do not trust this registry")
        return tuple(sorted(_platforms(body)))

    def _get(self, url: str, registry: str) -> bytes:
        try:
            with requests.Session() as session:
                status, headers, body = _fetch(session, url)
                if status == requests.codes.unauthorized:
                    challenge = headers.get("WWW-Authenticate", "")
                    status, headers, body = _fetch(session, url, self._authorization(session, challenge, registry))
        except (requests.RequestException, OSError) as error:
            raise EngineUnreachable(f"the registry {registry} cannot be reached: {error}") from error
        if status in PASSING:
            raise Passing(f"{registry} answers {status} to {url}", status=status, wait=wait_of(headers))
        if status != requests.codes.ok:
            raise EngineRefused(f"{registry} answers {status} to {url}", status=status)
        if len(body) > _LIMIT:
            raise EngineRefused(f"{registry} answers {url} with more than {_LIMIT:,} bytes")
        return body

    def _authorization(self, session: requests.Session, challenge: str, registry: str) -> AuthBase:
        """What answers a challenge: basic, or a bearer token from where the challenge says (RFC 6750)."""
        known = self.credentials(registry)
        scheme, _, rest = challenge.partition(" ")
        if scheme.lower() != "bearer":
            return HTTPBasicAuth(*(known or ("", "")))
        wanted = dict(_PARAMETER.findall(rest))
        realm = wanted.pop("realm", "")
        if not realm.startswith("https://") and known:
            raise EngineRefused(f"{registry} wants a password sent unencrypted to {realm}")
        said = session.get(realm, params=wanted, auth=known, timeout=_SECONDS).json()
        token = (said.get("token") or said.get("access_token")) if isinstance(said, dict) else None
        return _Bearer(str(token))


@dataclass(frozen=True)
class _Bearer(AuthBase):
    """A token in the header of a request."""

    token: str

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


def _fetch(session: requests.Session, url: str, auth: AuthBase | None = None) -> tuple[int, Mapping[str, str], bytes]:
    """Status, headers and body of an answer; of a body that is too long, a part that is too long."""
    headers = {"Accept": _INDEXES}
    with session.get(url, headers=headers, auth=auth, timeout=_SECONDS, stream=True) as response:
        body = b""
        for chunk in response.iter_content(1 << 16):
            body += chunk
            if len(body) > _LIMIT:
                break
        return response.status_code, response.headers, body


def _base(registry: str) -> str:
    """Where a registry is: Docker Hub's is not where its name says; one on loopback speaks plain HTTP."""
    if registry == DOCKER_HUB:
        return "https://registry-1.docker.io"
    host = re.sub(r":[0-9]+$", "", registry)
    return f"http://{registry}" if host in ("localhost", "127.0.0.1", "[::1]") else f"https://{registry}"


def _platforms(body: bytes) -> list[tuple[str, str]]:
    """The manifests of an index that are said to be a platform's (OCI image-spec, image-index.md)."""
    try:
        document: Mapping[str, Any] = json.loads(body)
        entries = [(entry.get("platform") or {}, entry["digest"]) for entry in document["manifests"]]
        named = [(_platform(platform), str(digest)) for platform, digest in entries]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise EngineRefused("the registry's index of manifests cannot be read") from error
    if not all(is_digest(digest) for _, digest in named):
        raise EngineRefused("the registry's index of manifests names one by what is no digest")
    return [(platform, digest) for platform, digest in named if not platform.startswith("unknown")]


def _platform(said: Mapping[str, str]) -> str:
    """A platform as os/arch[/variant]; arm64's only variant is left out, as the engine room does."""
    architecture, variant = said.get("architecture", ""), said.get("variant", "")
    shown = "" if (architecture, variant) == ("arm64", "v8") else variant
    return "/".join(filter(None, (said.get("os", "unknown"), architecture, shown)))
