"""A tree of Dockerfiles as others write them, imported, locked, planned and built on a real engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conftest import each_store
from families import output

if TYPE_CHECKING:
    import docker
    from families import Family


@each_store
def test_what_is_imported_is_built(family: Family, busybox_base: str, client: docker.APIClient) -> None:
    """Two Dockerfiles in a folder, one with CRLF, one whose context is above it, and what a compose file says."""
    own = family.project
    family.put("base/Dockerfile", f"FROM {busybox_base}\r\nCOPY note /note\r\n")
    family.put("base/note", "base\n")
    family.put("base/Dockerfile.debug", f"FROM {own}/base\nRUN echo debug >>/note\n")
    family.put("docker/app/Dockerfile", f"FROM {own}/base:1.2.3\nCOPY src/main /main\n")
    family.put("src/main", "main\n")
    family.put(".dockerignore", "*\n!src\n")
    family.put(
        "web/Dockerfile", "ARG MOOD\nFROM runtime AS run\nARG MOOD\nRUN echo $MOOD >/mood\nFROM run\nRUN false\n"
    )
    build = "{context: web, target: run, args: {MOOD: calm}, additional_contexts: {runtime: service:debug}}"
    family.put(
        "compose.yml",
        "services:\n"
        f"  debug: {{build: {{context: base, dockerfile: Dockerfile.debug}}}}\n"
        f"  web: {{image: {own}/front, build: {build}}}\n",
    )
    imported = family.forebear("import", ".", "--project", own)
    assert "base/Dockerfile: its line ends become LF" in imported.lines
    family.forebear("render", "--check")
    family.forebear("lock", "--local")
    assert family.forebear("plan").err == "4 to build\n"
    built = family.forebear("build").lines
    names = ("base", "base-debug", "app", "front")
    assert sorted(built[:-1]) == sorted(f"built    {name} 1.2.3" for name in names)
    assert output(client, f"{own}/front:1.2.3", "cat", "/note", "/mood") == "base\ndebug\ncalm\n"
    assert output(client, f"{own}/app:1.2.3", "cat", "/note", "/main") == "base\nmain\n"
    assert family.forebear("plan").err == "4 to reuse\n"
