"""Each cure of the shipped macros: without it files differ, with the cause that names it; with it, none does."""

from __future__ import annotations

import secrets
from fnmatch import fnmatch
from typing import TYPE_CHECKING

import pytest
from cures import CASES, IMPORTS, RPMS, SMALL, TOOLS
from engines import remove_images
from families import Family, output
from standins import load_debian, load_fedora, versions

from forebear import api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import docker
    from cures import Case
    from engines import Engine

    from forebear.contents.causes import Cause
    from forebear.release.reproduce import Reproduced


@pytest.fixture(scope="module")
def exact(engines: Callable[[str], Engine]) -> Engine:
    """An engine that gives the same image each time, where the commands let it."""
    return engines("current-containerd")


@pytest.fixture(scope="module")
def family(exact: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Family]:
    """For each case an image of its plain instructions and one of those that cure them, built."""
    bases = {"debian": load_debian(exact), "fedora": load_fedora(exact), "tools": "tools"}
    family = Family(tmp_path_factory.mktemp("cures"), exact.host, f"test-{secrets.token_hex(4)}")
    # Debian's rpm has its database in the home folder of whoever runs it, unless it is told.
    database = (
        "RUN mkdir -p /etc/rpm && echo '%_dbpath /var/lib/rpm' >/etc/rpm/macros.database && rpm --initdb && rpm -qa"
    )
    tools = {"tools": versions(exact, *TOOLS)}
    family.add("tools", bases["debian"], IMPORTS, "{{ apt.install(vars.tools) }}", database, vars=tools)
    own = {"small": versions(exact, *SMALL), "rpms": RPMS}
    for name, case in CASES.items():
        family.add(f"{name}-plain", bases[case.base], *case.plain, files=case.files)
        family.add(f"{name}-cured", bases[case.base], IMPORTS, *case.cured, files=case.files, vars=own)
    family.lock()
    family.forebear("build", seconds=600)
    yield family
    family.close()
    with exact.client() as client:
        remove_images(client, family.project)


@pytest.fixture(scope="module")
def told(family: Family) -> dict[str, Reproduced]:
    """How each image came out the second time, without cache."""
    project = api.open_project(family.root)
    chosen = [name for name in family.images if name != "tools"]
    return {each.target.image: each for each in api.reproduce(project, family.engine, chosen)}


def causes(found: Reproduced) -> dict[str, Cause | None]:
    """The cause of each path that differs."""
    return {each.difference.path: each.cause for layer in found.layers for each in layer.found}


@pytest.mark.parametrize("name", CASES)
def test_plain_instructions_differ_and_the_cause_names_the_macro(name: str, told: dict[str, Reproduced]) -> None:
    case, found = CASES[name], causes(told[f"{name}-plain"])
    assert told[f"{name}-plain"].graded.grade == "inputs"
    assert {path: _expected(case, path) for path in found} == {path: c.code if c else "" for path, c in found.items()}
    for pattern in case.causes:
        matching = [cause for path, cause in found.items() if fnmatch(path, pattern)]
        assert matching, pattern
        assert all(cause and any(macro in cause.cure for macro in case.macros) for cause in matching)


def _expected(case: Case, path: str) -> str:
    return next((code for pattern, code in case.causes.items() if fnmatch(path, pattern)), "unexpected")


@pytest.mark.parametrize("name", CASES)
def test_with_the_macros_the_image_is_the_same(name: str, told: dict[str, Reproduced]) -> None:
    found = told[f"{name}-cured"]
    assert (causes(found), found.graded.grade) == ({}, "digest")


@pytest.fixture
def client(exact: Engine) -> Iterator[docker.APIClient]:
    """A client of the raw API of the engine of this module."""
    with exact.client() as client:
        yield client


def test_java_trusts_the_certificate_and_reads_the_archive(family: Family, client: docker.APIClient) -> None:
    look = "keytool -list -v -cacerts -storepass changeit | grep -q 'Own root of a test' && unzip -Z1"
    for name in ("own.war", "packed.war"):
        found = output(client, family.tag("java-cured"), "sh", "-c", f"{look} /srv/{name}")
        assert found.splitlines()[-2:] == ["META-INF/MANIFEST.MF", "A"]


def test_python_imports_what_was_installed(family: Family, client: docker.APIClient) -> None:
    look = "import own; print(sorted(own.own()), own.__cached__)"
    found = {name: output(client, family.tag(f"{name}-cured"), "python3", "-c", look) for name in ("pip", "wheel")}
    assert all(said.startswith("['a', 'b', 'c']") for said in found.values())
    compiled = output(
        client, family.tag("pip-cured"), "sh", "-c", "ls /usr/local/lib/python3*/dist-packages/__pycache__"
    )
    assert compiled.startswith("own.cpython-")
