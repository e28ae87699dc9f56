"""Reading manifests from a registry (OCI distribution specification, "Pulling manifests")."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import requests

from forebear.errors import EngineRefused, EngineUnreachable
from forebear.reference import DOCKER_HUB, Reference

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

        What the registry sends is checked against the digest. Raises EngineUnreachable and EngineRefused.
        """
        url = f"{_base(index.registry)}/v2/{index.repository}/manifests/{index.digest}"
        body = self._get(url, index.registry)
        if "sha256:" + hashlib.sha256(body).hexdigest() != index.digest:
            raise EngineRefused(f"{index.registry} sent something else for {index}", "do not trust this registry")
        return tuple(sorted(_platforms(body)))

    def _get(self, url: str, registry: str) -> bytes:
        try:
            with requests.Session() as session:
                response = session.get(url, headers={"Accept": _INDEXES}, timeout=_SECONDS)
                if response.status_code == requests.codes.unauthorized:
                    headers = {
                        "Accept": _INDEXES,
                        "Authorization": self._authorization(session, response, registry),
                    }
                    response = session.get(url, headers=headers, timeout=_SECONDS)
        except requests.RequestException as error:
            raise EngineUnreachable(f"the registry {registry} cannot be reached: {error}") from error
        if response.status_code != requests.codes.ok or len(response.content) > _LIMIT:
            raise EngineRefused(f"{registry} answers {response.status_code} to {url}", status=response.status_code)
        return response.content

    def _authorization(self, session: requests.Session, response: requests.Response, registry: str) -> str:
        """What answers a challenge: basic, or a bearer token from where the challenge says (RFC 6750)."""
        known = self.credentials(registry)
        scheme, _, rest = response.headers.get("WWW-Authenticate", "").partition(" ")
        if scheme.lower() != "bearer":
            return requests.auth._basic_auth_str(*(known or ("", "")))
        wanted = dict(_PARAMETER.findall(rest))
        realm = wanted.pop("realm", "")
        if not realm.startswith("https://") and known:
            raise EngineRefused(f"{registry} wants a password sent unencrypted to {realm}")
        token = session.get(realm, params=wanted, auth=known, timeout=_SECONDS).json()
        return f"Bearer {token.get('token') or token.get('access_token')}"


def _base(registry: str) -> str:
    """Where a registry is: Docker Hub's is not where its name says; one on loopback speaks plain HTTP."""
    if registry == DOCKER_HUB:
        return "https://registry-1.docker.io"
    host = registry.rpartition(":")[0] or registry
    return f"http://{registry}" if host in ("localhost", "127.0.0.1", "[::1]") else f"https://{registry}"


def _platforms(body: bytes) -> list[tuple[str, str]]:
    try:
        document: Mapping[str, Any] = json.loads(body)
        entries = [(entry["platform"], str(entry["digest"])) for entry in document["manifests"]]
    except (ValueError, KeyError, TypeError) as error:
        raise EngineRefused("the registry's index of manifests cannot be read") from error
    named = ((_platform(platform), digest) for platform, digest in entries)
    return [(platform, digest) for platform, digest in named if not platform.startswith("unknown")]


def _platform(said: Mapping[str, str]) -> str:
    variant = said.get("variant", "")
    parts = (said.get("os", "unknown"), said.get("architecture", ""), "" if variant == "v8" else variant)
    return "/".join(filter(None, parts))
