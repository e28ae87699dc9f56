from __future__ import annotations

import pytest

from forebear.pins.audit.devcontainer import read, substitute

from .reading import told

TEXT = """// é
{
  /* "image": "no:1", */
  "image": "mcr.microsoft.com/devcontainers/base:ubuntu", // "image": "no:2"
  "name": "a // b /* \\ud83d\\ude00 \\"image\\": \\\\",
  "url": "https://x//y",
\t"features": {
    "ghcr.io/devcontainers/features/node:1": {},
    "ghcr.io/devcontainers/features/go@sha256:0": {"version": "1"},
    "./local": {}, "../other": {}, "docker-in-docker": {}, "https://x.org/y.tgz": {},
  },
}
"""


def test_image_and_features() -> None:
    assert told(read, TEXT, "devcontainer.json") == [
        "image of a dev container: mcr.microsoft.com/devcontainers/base:ubuntu"
        " -> mcr.microsoft.com/devcontainers/base:ubuntu (mcr.microsoft.com/devcontainers/base:ubuntu)",
        "feature of a dev container: ghcr.io/devcontainers/features/node:1 -> ghcr.io/devcontainers/features/node:1",
        "feature of a dev container: ghcr.io/devcontainers/features/go@sha256:0"
        " -> ghcr.io/devcontainers/features/go@sha256:0",
    ]


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '"image"', "// {", '{"build": {"dockerfile": "x"}}', '{"image": "", "features": []}']
)
def test_nothing(text: str) -> None:
    assert told(read, text) == []


def test_what_is_no_json() -> None:
    (line,) = told(read, '{"image": "a:1"\n"x": 1}')
    assert line.startswith("2:1: this is not JSON: ")


@pytest.mark.parametrize(
    ("text", "value", "written"),
    [
        ("a:1", "a:1", "a:1"),
        ("a:${localEnv:T:x}", "a:x", None),
        ("a:${env:T:x}", "a:x", None),
        ("${localEnv:I:a}", "a", "a"),
        ("${localEnv:I:a:1}", "a", None),
        ("${localEnv:T:x}${localEnv:U:y}", "xy", None),
        ("a:${localEnv:T}", None, None),
        ("${localWorkspaceFolderBasename}", None, None),
        ("${containerEnv:T:x}", None, None),
    ],
)
def test_substitution(text: str, value: str | None, written: str | None) -> None:
    done = substitute(text)
    assert done.value == value
    assert (text[slice(*done.written)] if done.written else None) == written
