"""The build environment: the family is built inside a container of the family."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from docker.errors import ImageNotFound
from serving import page, served

if TYPE_CHECKING:
    from own import Builder

JAVA = "webapp/src/main/java/org/firethorn/Service.java"
WEBAPP = "firethorn/webapp:2.1.7"
BUILDER, NEXT = "firethorn/builder:2.1.7", "firethorn/builder:2.1.8"


def actions(builder: Builder) -> dict[str, str]:
    """What a build from inside would do to each image."""
    (document,) = builder.run("forebear", "plan", "--json", "-q").documents
    return {step["image"]: step["action"] for step in document["steps"]}


def test_the_family_is_built_inside_and_runs_outside(builder: Builder) -> None:
    with builder.engine.client() as client:
        for name in ("webapp", "tomcat", "fedora"):
            with suppress(ImageNotFound):
                client.remove_image(f"firethorn/{name}:2.1.7", force=True)
    ran = builder.run("forebear", "build")
    built = [line.split(" in ")[0] for line in ran.out.splitlines()[:-1]]
    assert built == ["built    fedora 2.1.7", "built    tomcat 2.1.7", "built    webapp 2.1.7"]
    assert set(actions(builder).values()) == {"reuse"}
    with builder.engine.client() as client, served(client, WEBAPP) as (_, url):
        assert "Firethorn TAP service" in page(f"{url}/firethorn/")


def test_a_change_of_a_java_source_rebuilds_the_war_and_the_webapp_alone(builder: Builder) -> None:
    builder.run("forebear", "build")
    builder.run(
        "sed", "-i", 's/return environment("FIRETHORN_TITLE"/return "Changed: " + environment("FIRETHORN_TITLE"/', JAVA
    )
    (document,) = builder.run("forebear", "plan", "--json", "-q").documents
    steps = {step["image"]: (step["action"], step["reasons"]) for step in document["steps"]}
    assert steps.pop("webapp")[1][0].endswith(f"has to run first: {JAVA} changed")
    assert {action for action, _ in steps.values()} == {"reuse"}
    ran = builder.run("forebear", "build")
    assert [line.split(" in ")[0] for line in ran.out.splitlines()[:-1]] == ["built    webapp 2.1.7"]
    with builder.engine.client() as client, served(client, WEBAPP) as (_, url):
        assert "Changed: Firethorn TAP service" in page(f"{url}/firethorn/")
    builder.send()
    assert builder.run("forebear", "build").out.splitlines()[0].startswith("built    webapp")


def test_docker_compose_1_starts_it_as_well(builder: Builder) -> None:
    ran = builder.older_compose("run", "--rm", "-T", "builder", "forebear", "build", "+webapp")
    assert ran.out.splitlines()[-1].startswith("3 reused in ")


def test_the_builder_builds_the_next_builder(builder: Builder) -> None:
    builder.run("sed", "-i", "s/^  builder:$/&\\n    version: 2.1.8/", "lineage.yml")
    assert "builder.yml" in builder.run("forebear", "render").out
    assert "built    builder 2.1.8 in " in builder.run("forebear", "build", "builder").out
    try:
        assert "image: firethorn/builder:2.1.8\n" in builder.run("cat", "builder.yml").out
        assert builder.docker("run", "--rm", NEXT, "forebear", "--version").out.startswith("forebear ")
    finally:
        builder.docker("rmi", NEXT)
        builder.send()


def test_maven_drives_the_build_of_the_image(builder: Builder) -> None:
    builder.run("sed", "-i", "s/<h1>/<h1 id='title'>/", "webapp/src/main/webapp/index.jsp")
    ran = builder.run("mvn", "--batch-mode", "-f", "webapp", "-P", "image", "package")
    assert "built    webapp 2.1.7" in ran.out
    builder.send()


def test_what_is_written_belongs_to_the_owner_of_the_sources_and_logs_are_in_the_build_cache(
    builder: Builder, tmp_path: Path
) -> None:
    where = {"SOURCECODE": str(tmp_path / "sources"), "BUILDCACHE": str(tmp_path / "cache")}
    for folder in where.values():
        Path(folder).mkdir()
        os.chown(folder, 1234, 1235)
    builder.send(where)
    builder.run("forebear", "build", "+webapp", where=where)
    sources = tmp_path / "sources"
    logs = tmp_path / "cache/spare/logs"
    assert {"webapp.prepare.log"} <= {path.name for path in logs.iterdir()}
    assert not (sources / ".forebear/logs").exists()
    written = [sources, *sources.rglob("*"), logs, *logs.iterdir()]
    assert {(path.lstat().st_uid, path.lstat().st_gid) for path in written} == {(1234, 1235)}


def test_a_maven_build_that_fails(builder: Builder) -> None:
    builder.run("sh", "-c", f"echo nonsense >> {JAVA}")
    ran = builder.run("forebear", "build", code=3)
    assert "blocked  webapp 2.1.7: its preparation failed: mvn" in ran.out
    assert "Service.java" in ran.out
    builder.send()


def test_sources_that_cannot_be_written(builder: Builder) -> None:
    sources, socket = f"{builder.name}_sourcecode:/var/local/build:ro", builder.engine.host.removeprefix("unix://")
    mounts = ("--volume", sources, "--volume", f"{socket}:/var/run/docker.sock")
    ran = builder.docker("run", "--rm", *mounts, BUILDER, "forebear", "build", code=2)
    assert "cannot be written: read-only file system" in ran.err


def test_no_socket_in_the_container(builder: Builder) -> None:
    inside = ("run", "--rm", "--volume", f"{builder.name}_sourcecode:/var/local/build", BUILDER, "forebear")
    assert "this runs in a container, without an engine's socket" in builder.docker(*inside, "doctor", code=4).out
    assert "there is no Docker engine at unix:///var/run/docker.sock" in builder.docker(*inside, "build", code=4).err


def test_a_socket_without_permission(builder: Builder) -> None:
    words = ("run", "--rm", "-T", "--user", "4321", "--entrypoint", "forebear", "builder", "doctor")
    assert "start the container with --group-add" in builder.compose(*words, code=4).out
