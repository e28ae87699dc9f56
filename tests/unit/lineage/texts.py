"""Texts for tests, and what the reader says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import strategies as st

from forebear.errors import InputError
from forebear.lineage.reader import read

if TYPE_CHECKING:
    from forebear.lineage.model import Lineage

TOP = "lineage: 1\nproject: firethorn\nversion: 2.1.7\n"


def lineage(images: str, top: str = TOP) -> Lineage:
    """The lineage with `images`, the text below `images:`."""
    return read(f"{top}images:\n{images}".encode())


def chain(names: str, first: str = "docker.io/library/fedora:25") -> Lineage:
    """A lineage in which each of the names (separated by spaces) starts from the one before."""
    each = names.split()
    return lineage("".join(f"  {name}: {{from: {base}}}\n" for name, base in zip(each, [first, *each], strict=False)))


def said(text: str | bytes) -> list[str]:
    """Every message that the reader has for `text`."""
    data = text.encode() if isinstance(text, str) else text
    with pytest.raises(InputError) as caught:
        read(data)
    assert caught.value.exit_code == 2
    return [str(fault) for fault in caught.value.faults]


def said_of(images: str, top: str = TOP) -> list[str]:
    """Every message that the reader has for these images; they begin on line 5 of the usual top."""
    return said(f"{top}images:\n{images}")


names = st.from_regex(r"[a-z][a-z0-9]{0,3}", fullmatch=True).filter(lambda name: name != "scratch")
texts = st.text("aZ0 é😀#:'\"{}-\n\\", max_size=5)
numbers = st.integers(-(10**6), 10**6)
frees = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)
paths = names.map("/{}".format)
variables = st.dictionaries(names, texts, max_size=2)
commands = st.lists(names, min_size=1, max_size=2)
gates = st.fixed_dictionaries(
    {
        "name": names,
        "run": commands,
        "exit": st.integers(0, 255),
        "output": names,
        "text": names,
        "files": st.lists(
            st.fixed_dictionaries(
                {
                    "path": paths,
                    "absent": st.booleans(),
                    "mode": st.just("0644"),
                    "owner": names,
                    "content": names,
                    "text": names,
                }
            ),
            max_size=2,
        ),
        "user": names,
        "users": st.lists(names, max_size=2),
        "env": variables,
        "ports": st.lists(st.integers(1, 65535).map("{}/udp".format), max_size=2),
        "labels": variables,
        "entrypoint": commands,
        "http": st.fixed_dictionaries(
            {
                "port": st.integers(1, 65535),
                "path": paths,
                "status": st.integers(100, 599),
                "body": names,
                "text": names,
            }
        ),
        "timeout": st.integers(1, 3600),
    }
)
details = st.fixed_dictionaries(
    {
        "version": st.from_regex(r"[1-9]\.0\.[1-9](-rc\.[1-9])?", fullmatch=True),
        "template": names.map("templates/{}".format),
        "vars": st.dictionaries(texts, frees, max_size=3),
        "args": st.dictionaries(st.from_regex(r"[A-Z_]{1,3}", fullmatch=True), texts, max_size=2),
        "labels": st.dictionaries(st.from_regex(r"[a-z]{1,3}(\.[a-z])?", fullmatch=True), texts, max_size=2),
        "target": names,
        "platforms": st.just(["linux/amd64"]),
        "epoch": st.integers(1, 10**10),
        "tests": st.lists(gates, max_size=2, unique_by=lambda gate: gate["name"]),
        "requires": st.fixed_dictionaries(
            {
                "user": names,
                "env": variables,
                "files": st.lists(paths, max_size=2),
                "packages": st.lists(names, max_size=2),
                "os": names,
            }
        ),
        "prepare": st.lists(
            st.fixed_dictionaries(
                {
                    "run": st.lists(names, min_size=1, max_size=2),
                    "in": names,
                    "inputs": st.lists(names, min_size=1, max_size=2, unique=True),
                    "outputs": st.lists(names.map("made/{}".format), min_size=1, max_size=2, unique=True),
                }
            ),
            max_size=1,
        ),
    }
)


@st.composite
def families(draw: st.DrawFn) -> dict[str, Any]:
    """The plain values of a valid lineage, written in full."""
    upstreams = ["docker.io/library/fedora:25", "quay.io/a/b:1.2", "localhost:5000/c@sha256:" + "0" * 64]
    images: dict[str, Any] = {}
    for name in draw(st.lists(names, unique=True, max_size=4)):
        bases = st.sampled_from([*images, *upstreams])
        images[name] = {
            "from": draw(bases | st.just("scratch")),
            "uses": draw(st.dictionaries(names, bases, max_size=2)),
            "context": f"contexts/{name}",
            "dockerfile": "sub/Dockerfile.alpine",
            **draw(details),
        }
    optional = {
        "tags": st.just(["minor", "latest"]),
        "keep": st.integers(1, 9),
        "mirrors": st.just({"docker.io": "localhost:5000/hub", "quay.io": "mirror.example"}),
    }
    more = draw(st.fixed_dictionaries({}, optional=optional))
    sources = st.fixed_dictionaries({"env": names}) | st.fixed_dictionaries({"file": names})
    secrets = draw(st.dictionaries(names, sources, max_size=2))
    return {"lineage": 1, "project": draw(names), "version": "1.0.0", **more, "secrets": secrets, "images": images}
