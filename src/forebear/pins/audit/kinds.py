"""Which reader a file gets: by its name and folder, and where these do not tell, by a look at what is in it."""

from __future__ import annotations

import re
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from forebear.pins.audit.model import Read


class Kind(StrEnum):
    """The kinds of files that an audit reads; the value is the name of the reader's module."""

    DOCKERFILE = "dockerfiles"
    COMPOSE = "compose"
    KUBERNETES = "kubernetes"
    HELM = "helm"
    GITHUB = "workflows"
    GITLAB = "gitlab"
    DEVCONTAINER = "devcontainer"


# What a name ends with that is a Dockerfile's in part only: programs, texts, templates that something fills in.
_NO_DOCKERFILE: Final = re.compile(
    r"\.(?:dockerignore|[ch]|cc|cpp|cs|css|erb|ejs|go|hbs|html?|in|j2|java|jinja2?|js|json|jsonc|kt|lock|lua|md|mdx|mjs"
    r"|mustache|php|pl|png|ps1|py|pyc|rb|rs|rst|sh|sum|svg|sw[op]|template|tf|tm?pl|toml|tsx?|vue|xml|ya?ml|zip)$",
    re.IGNORECASE,
)
_DOCKERFILE: Final = re.compile(r"(?:docker|container)file(?:[._-].*)?|.*[._-](?:docker|container)file", re.IGNORECASE)
_MAYBE_DOCKERFILE: Final = re.compile(r"(?:docker|container)file[^./]*|.*(?:docker|container)file", re.IGNORECASE)
_WORKFLOW: Final = re.compile(r"(?:^|/)\.(?:github|gitea|forgejo)/(?:workflows|workflow-templates)/[^/]+\.ya?ml$")
_ACTION: Final = re.compile(r"(?:^|/)action\.ya?ml$")
_GITLAB: Final = re.compile(r"\.gitlab-ci\.ya?ml$|(?:^|/)\.?gitlab-ci/.*\.ya?ml$|(?:^|/)\.gitlab/ci/.*\.ya?ml$")
_COMPOSE: Final = re.compile(r"(?:^|/)(?:docker-|podman-)?compose(?:[._-][^/]*)?\.ya?ml$", re.IGNORECASE)
_MAYBE_COMPOSE: Final = re.compile(r"[^/]*(?:compose|stack|swarm)[^/]*\.ya?ml$", re.IGNORECASE)
_DEVCONTAINER: Final = re.compile(r"(?:^|/)\.?devcontainer\.json$")
_VALUES: Final = re.compile(r"(?:^|/)(?:values|[^/]*[._-]values)(?:[._-][^/]*)?\.ya?ml$|(?:^|/)values/[^/]+\.ya?ml$")
_KUSTOMIZATION: Final = re.compile(r"(?:^|/)kustomization(?:\.ya?ml)?$", re.IGNORECASE)
_YAML: Final = re.compile(r"\.ya?ml$", re.IGNORECASE)
_JSON: Final = re.compile(r"\.json$", re.IGNORECASE)

_FROM: Final = re.compile(rb"^[ \t]*FROM[ \t]+\S", re.MULTILINE | re.IGNORECASE)
_SERVICES: Final = re.compile(rb"^services:", re.MULTILINE)
_RUNS: Final = re.compile(rb"^[\"']?runs[\"']?:", re.MULTILINE)
_IMAGE: Final = re.compile(rb"[iI]mage|repository")
_VERSION: Final = re.compile(rb"^[\"']?apiVersion[\"']?:", re.MULTILINE)
_RESOURCE: Final = re.compile(rb"^[\"']?kind[\"']?:", re.MULTILINE)
_HEAD: Final = 4096


def wanted(path: str) -> bool:
    """Whether a file may be of some kind, by its path (in posix form) alone: only such a file has to be opened."""
    name = path.rpartition("/")[2]
    return bool(
        _YAML.search(name)
        or _JSON.search(name)
        or _KUSTOMIZATION.search(name)
        or (_MAYBE_DOCKERFILE.match(name) and not _NO_DOCKERFILE.search(name))
    )


def kind_of(path: str, data: bytes) -> Kind | None:
    """The kind of a file; None for one of none, which is most of them.

    A Dockerfile's own names say enough, so that one with anything else in it is a finding.
    """
    name = path.rpartition("/")[2]
    if _YAML.search(name):
        return _yaml(path, data)
    if _JSON.search(name):
        return _json(path, data)
    if _KUSTOMIZATION.search(path):
        return Kind.KUBERNETES
    if _NO_DOCKERFILE.search(name) or not _MAYBE_DOCKERFILE.match(name):
        return None
    return Kind.DOCKERFILE if _DOCKERFILE.fullmatch(name) or _FROM.search(data) else None


def _yaml(path: str, data: bytes) -> Kind | None:
    if _WORKFLOW.search(path):
        return Kind.GITHUB
    if _GITLAB.search(path):
        return Kind.GITLAB
    if _COMPOSE.search(path):
        return Kind.COMPOSE
    if _KUSTOMIZATION.search(path) or (_VERSION.search(data) and _RESOURCE.search(data)):
        return Kind.KUBERNETES
    return _by_look(path, data)


def _by_look(path: str, data: bytes) -> Kind | None:
    if _ACTION.search(path) and _RUNS.search(data):
        return Kind.GITHUB
    if _VALUES.search(path) and _IMAGE.search(data):
        return Kind.HELM
    if _MAYBE_COMPOSE.search(path) and _SERVICES.search(data):
        return Kind.COMPOSE
    return None


def _json(path: str, data: bytes) -> Kind | None:
    if _DEVCONTAINER.search(path):
        return Kind.DEVCONTAINER
    head = data[:_HEAD]
    return Kind.KUBERNETES if b'"apiVersion"' in head and b'"kind"' in head else None


def reader(kind: str) -> Read:
    """The reader for a kind; loaded when it is first asked for."""
    read: Read = import_module(f"forebear.pins.audit.{Kind(kind)}").read
    return read
