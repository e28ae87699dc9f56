"""Building images a second time: the same bit for bit where an engine can, and the reason where they are not."""

from __future__ import annotations

import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from engines import BASE, load_base, remove_images, tags
from families import Family
from private import Private

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import docker
    from engines import Engine

EXACT = "containerd"


@pytest.fixture
def exact(engines: Callable[[str], Engine], tmp_path: Path) -> Iterator[Family]:
    """A project without images, to be built on an engine that can give the same image each time."""
    engine = engines("current-containerd")
    family = Family(tmp_path / "project", engine.host, f"test-{secrets.token_hex(4)}")
    with engine.client() as client:
        load_base(client)
        yield family
        family.close()
        remove_images(client, family.project)


def _declared(family: Family, base: str) -> bool:
    """A chain whose second image holds a clock; whether the engine can give the same image each time."""
    family.add("calm", base, "RUN echo one >/one")
    family.add("bare", base, "ENV A=1")
    family.add("trap", "calm", "ENV A=1", "RUN cat /proc/uptime >/built", "COPY file /file", files={"file": "two\n"})
    family.lock()
    built = family.forebear("build").out
    exact = family.engine.info().store == EXACT
    why = "the overlay2 image store cannot rewrite timestamps; the containerd image store can"
    assert re.search(r"built    bare 1\.0\.0 in .* s; grade digest\n", built)
    assert f"; grade {'digest' if exact else f'inputs ({why})'}\n" in built.partition("built    calm 1.0.0 in ")[2]
    return exact


def test_a_calm_image_comes_out_the_same_and_nothing_is_left_behind(
    family: Family, busybox_base: str, client: docker.APIClient
) -> None:
    exact = _declared(family, busybox_base)
    before = tags(client, family.project)
    told, bare = family.forebear("reproduce", "calm", "bare", "--json").documents[-1]["images"]
    assert told["good"]
    assert bare["grade"] == "digest"
    assert told["grade"] == ("digest" if exact else "inputs")
    assert {kind for layer in told["layers"] for kind in layer["counts"]} == (set() if exact else {"time"})
    assert tags(client, family.project) == before
    assert not client.images(filters={"reference": [f"127.0.0.1:0/forebear/{family.project}/*:*"]})


def test_a_trap_is_told_with_its_file_and_its_lines(family: Family, busybox_base: str) -> None:
    _declared(family, busybox_base)
    ran = family.forebear("reproduce", "trap", "--json", code=1)
    (told,) = ran.documents[-1]["images"]
    assert (told["grade"], told["good"]) == ("inputs", False)
    layer = next(each for each in told["layers"] if each["instruction"].startswith("RUN"))
    assert layer["instruction"] == "RUN cat /proc/uptime >/built"
    assert (layer["line"], layer["template"]) == (4, "templates/trap.Dockerfile.j2:3")
    assert "content" in next(each["kinds"] for each in layer["differences"] if each["path"] == "built")
    shown = family.forebear("reproduce", "trap", code=1).out
    assert "RUN cat /proc/uptime >/built" in shown
    assert "templates/trap.Dockerfile.j2:3" in shown
    assert "/built  content" in shown


PLANTED = (
    # what is run, the file, its layer, the template's line, the cause, what the cure has to say
    ("date +%s.%N >/built", "built", 1, "templates/planted.Dockerfile.j2:2", "clock", "SOURCE_DATE_EPOCH"),
    (
        "head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \\n' >/etc/machine-id",
        "etc/machine-id",
        2,
        "templates/planted.Dockerfile.j2:3",
        "machine-id",
        "apt.install() or dnf.install()",
    ),
    ("mktemp -d >/etc/build-path", "etc/build-path", 3, "templates/part.j2:1", "temporary-names", "a fixed name"),
    (
        "tr -d - </proc/sys/kernel/random/uuid >/var/random-seed",
        "var/random-seed",
        4,
        "templates/planted.Dockerfile.j2:5",
        "random-seed",
        "remove it in the same RUN",
    ),
)


def test_planted_causes_are_found_and_named(exact: Family) -> None:
    """Of each: the file, its layer, the instruction, the line of the template, the cause and the cure."""
    runs = [f"RUN {planted[0]}" for planted in PLANTED]
    exact.put("templates/part.j2", f"{runs[2]}\n")
    exact.add("planted", BASE, *runs[:2], "{% include 'part.j2' %}", *runs[3:])
    exact.lock()
    exact.forebear("build")
    (told,) = exact.forebear("reproduce", "--json", code=1).documents[-1]["images"]
    shown = exact.forebear("reproduce", code=1).out
    found = {each["path"]: (layer, each) for layer in told["layers"] for each in layer["differences"]}
    for run, path, number, template, cause, cure in PLANTED:
        layer, difference = found.pop(path)
        assert (layer["number"], layer["instruction"], layer["template"]) == (number, f"RUN {run}", template)
        assert (difference["kinds"], difference["cause"]) == (["content"], cause)
        assert cure in difference["cure"]
        assert f"{cause}: " in shown
        assert difference["cure"] in shown
    assert {each["cause"] for _, each in found.values()} <= {"temporary-files"}  # the folder that mktemp made


def test_what_is_not_as_declared_cannot_be_reproduced(family: Family, busybox_base: str) -> None:
    _declared(family, busybox_base)
    family.template("trap", "RUN echo other")
    ran = family.forebear("reproduce", "trap", code=2)
    assert ran.err.splitlines()[-1] == (
        f"{family.project}/trap:1.0.0: there is nothing to reproduce: its Dockerfile changed; run: forebear build"
    )


def test_the_tag_stays_where_it_is(family: Family, busybox_base: str, client: docker.APIClient) -> None:
    family.add("a", busybox_base, "RUN cat /proc/uptime >/x")
    family.lock()
    assert family.forebear("build").lines[-1] == "1 built"
    before = client.inspect_image(family.tag("a"))["Id"]
    family.forebear("reproduce", code=1)
    assert client.inspect_image(family.tag("a"))["Id"] == before


MEASURED = """
import resource, sys
from forebear import api
(found,) = api.reproduce(api.open_project(sys.argv[1]), api.connect(sys.argv[2]), [sys.argv[3]])
print([each.difference.path for layer in found.layers for each in layer.found])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow_with_the_image(exact: Family) -> None:
    """Of two images that differ at the end of one file, which is ten times as large in the second."""
    for megabytes in (20, 200):
        zeros = f"head -c {megabytes}m /dev/zero"
        exact.add(f"m{megabytes}", BASE, f"RUN {{ {zeros}; cat /proc/uptime; }} >/big")
    exact.lock()
    exact.forebear("build")
    peaks = []
    for name in exact.images:
        command = [sys.executable, "-c", MEASURED, str(exact.root), exact.host, name]
        found, peak = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        assert found == "['big']"
        peaks.append(int(peak))
    assert peaks[1] - peaks[0] < 10_000  # kilobytes


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder whose name is short enough for an engine's sockets."""
    folder = Path(tempfile.mkdtemp(prefix="forebear-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_another_engine_gives_the_same_images(exact: Family, short: Path) -> None:
    with Private("current-containerd", short).running() as second, second.client() as there:
        there.load_image(b"".join(exact.engine.save(BASE)))
        exact.add("a", BASE, "RUN echo one >/one")
        exact.add("b", "a", "COPY file /file", "RUN mkdir /d && cat /one >/d/two", files={"file": "two\n"})
        exact.lock()
        exact.forebear("build")
        told = exact.forebear("reproduce", "b", "--engine", second.host, "--json").documents[-1]["images"]
        assert [(each["image"], each["grade"], each["good"]) for each in told] == [("b", "digest", True)]
        assert [image["RepoTags"] for image in there.images()] == [[BASE.removeprefix("docker.io/library/")]]
