from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.pins.audit.kinds import Kind, kind_of, reader, wanted

DOCKER = b"FROM x\n"
POD = b"apiVersion: v1\nkind: Pod\n"
IMAGE = b"image: x\n"

FILES = [
    ("Dockerfile", b"", Kind.DOCKERFILE),
    ("a/b/Dockerfile", b"\x00", Kind.DOCKERFILE),
    ("dockerfile", b"", Kind.DOCKERFILE),
    ("Containerfile", b"", Kind.DOCKERFILE),
    ("Dockerfile.dev", b"", Kind.DOCKERFILE),
    ("Dockerfile-alpine", b"", Kind.DOCKERFILE),
    ("Dockerfile_gpu", b"", Kind.DOCKERFILE),
    ("web.Dockerfile", b"", Kind.DOCKERFILE),
    ("web-dockerfile", b"", Kind.DOCKERFILE),
    ("Containerfile.el9", b"", Kind.DOCKERFILE),
    ("Dockerfile2", DOCKER, Kind.DOCKERFILE),
    ("WebDockerfile", DOCKER, Kind.DOCKERFILE),
    ("Dockerfile2", b"text", None),
    ("Dockerfile.dockerignore", DOCKER, None),
    ("Dockerfile.j2", DOCKER, None),
    ("tomcat.Dockerfile.j2", DOCKER, None),
    ("Dockerfile.md", DOCKER, None),
    ("dockerfile.go", DOCKER, None),
    ("dockerfile/main.txt", DOCKER, None),
    ("README", DOCKER, None),
    ("compose.yml", b"", Kind.COMPOSE),
    ("docker-compose.yaml", b"", Kind.COMPOSE),
    ("docker-compose.prod.yml", b"", Kind.COMPOSE),
    ("compose-dev.yaml", b"", Kind.COMPOSE),
    ("my-compose.yml", b"services:\n", Kind.COMPOSE),
    ("stack.yml", b"services:\n", Kind.COMPOSE),
    ("stack.yml", b"other:\n", None),
    (".github/workflows/ci.yml", b"", Kind.GITHUB),
    ("x/.forgejo/workflows/ci.yaml", b"", Kind.GITHUB),
    (".github/workflows/sub/ci.yml", b"", None),
    (".github/dependabot.yml", b"", None),
    ("action.yml", b"runs:\n  using: docker\n", Kind.GITHUB),
    ("x/action.yaml", b"name: x\nruns: {}\n", Kind.GITHUB),
    ("action.yml", b"x: 1\n", None),
    (".gitlab-ci.yml", b"", Kind.GITLAB),
    ("x/build.gitlab-ci.yml", b"", Kind.GITLAB),
    (".gitlab/ci/x/build.yml", b"", Kind.GITLAB),
    ("devcontainer.json", b"", Kind.DEVCONTAINER),
    (".devcontainer.json", b"", Kind.DEVCONTAINER),
    (".devcontainer/x/devcontainer.json", b"", Kind.DEVCONTAINER),
    ("package.json", b'{"name": "image"}', None),
    ("pod.json", b'{"apiVersion": "v1", "kind": "Pod"}', Kind.KUBERNETES),
    ("pod.yaml", POD, Kind.KUBERNETES),
    ("pod.yml", b"\"apiVersion\": v1\r\n'kind': Pod\r\n", Kind.KUBERNETES),
    ("chart/templates/pod.yaml", POD, Kind.KUBERNETES),
    ("kustomization.yaml", b"", Kind.KUBERNETES),
    ("Kustomization", b"", Kind.KUBERNETES),
    ("values.yaml", IMAGE, Kind.HELM),
    ("values-prod.yaml", IMAGE, Kind.HELM),
    ("prod-values.yml", IMAGE, Kind.HELM),
    ("values/prod.yml", IMAGE, Kind.HELM),
    ("values.yaml", b"x: 1\n", None),
    ("evaluesx.yaml", IMAGE, None),
    ("mkdocs.yml", IMAGE, None),
]


@pytest.mark.parametrize(("path", "data", "kind"), FILES)
def test_kinds(path: str, data: bytes, kind: Kind | None) -> None:
    assert kind_of(path, data) is kind
    assert wanted(path) or kind is None


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.DOCKERFILE])
def test_every_kind_has_a_reader(kind: Kind) -> None:
    assert list(reader(kind)(b"", "x")) == []


@given(st.text(max_size=30) | st.sampled_from([path for path, _, _ in FILES]), st.binary(max_size=30))
def test_only_what_is_wanted_is_of_a_kind(path: str, data: bytes) -> None:
    assert kind_of(path, data) is None or wanted(path)
