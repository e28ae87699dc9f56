"""What the doctor finds on real engines: by trying, and where it cannot even begin."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from families import FOREBEAR, Family

from forebear import api
from forebear.engine.client import Docker
from forebear.release.trial import obstacle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import docker
    from engines import Engine

PROGRAM = """\
import os, sys
from forebear.cli.main import run
os.environ["DOCKER_HOST"] = "unix:///nowhere/docker.sock"
run(["-C", sys.argv[1], "doctor", "-q"])
print("----", flush=True)
os.environ["DOCKER_HOST"] = sys.argv[2]
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
sys.exit(run(["-C", sys.argv[1], "doctor", "--json", "-q"]))
"""
"""Loads all that doctor needs, gives up root, and runs it: another user may not be able to read this checkout."""


def levels(found: dict[str, Any]) -> dict[str, str]:
    return {each["code"]: each["level"] for each in found["findings"]}


def test_each_engine_gets_the_grade_that_it_has(engine: Engine, family: Family, client: docker.APIClient) -> None:
    family.add("a", "scratch")
    ran = family.forebear("doctor", "--json", "-q")
    found = json.loads(ran.out)
    can_rewrite = engine.name == "current-containerd"
    assert found["grade"] == ("digest" if can_rewrite else "inputs")
    assert levels(found) | {"disk": "any"} == {
        "engine": "good",
        "builder": "good",
        "image-store": "good",
        "grade": "good" if can_rewrite else "note",
        "storage-driver": "good",
        "disk": "any",
        "clock": "good",
        "run": "good",
        "state": "good",
    }
    assert found["engine"]["driver"] == ("overlayfs" if can_rewrite else "overlay2")
    assert found["engine"]["builder"] == "buildkit"
    deadline = time.monotonic() + 60
    while client.images(all=True, filters={"label": "forebear.probe"}):  # another run's may be there for a moment
        assert time.monotonic() < deadline


def test_a_platform_runs_where_the_kernel_knows_it(engine: Engine) -> None:
    """What the doctor tells agrees with the kernel, whose handlers its engines share; s390x runs nowhere by itself."""
    emulated = Path("/proc/sys/fs/binfmt_misc/qemu-s390x").exists()
    found = obstacle(Docker(engine.host), "linux/s390x")
    assert found is not None
    assert ("exec format error" in found) == (not emulated)


def test_an_epoch_that_is_to_come_is_a_problem(engines: Callable[[str], Engine], tmp_path: Path, project: str) -> None:
    head = f"lineage: 1\nproject: {project}\nversion: 1.0.0\nepoch: 2999-01-01T00:00:00Z\n"
    (tmp_path / "lineage.yml").write_text(f"{head}images:\n  a: {{from: scratch}}\n")
    found = api.doctor(tmp_path, lambda: Docker(engines("current-containerd").host))
    assert [each.code for each in found.findings if each.level == "problem"] == ["epoch"]


def test_no_engine(tmp_path: Path) -> None:
    host = "unix:///nowhere/docker.sock"
    ran = _forebear(tmp_path, host)
    assert ran.returncode == 4
    found = {each["code"]: each["what"] for each in json.loads(ran.stdout)["findings"]}
    assert found["engine"] == f"there is no Docker engine at {host}"
    assert found["address"] == f"the engine was looked for at {host}, as DOCKER_HOST says"


def test_a_socket_without_permission(engines: Callable[[str], Engine]) -> None:
    host = engines("release-overlay2").host
    ran = subprocess.run([sys.executable, "-c", PROGRAM, "/", host], capture_output=True, text=True, check=False)
    assert ran.returncode == 4, ran.stderr
    found = {each["code"]: each for each in json.loads(ran.stdout.partition("----\n")[2])["findings"]}
    assert "may not be used by this user" in found["engine"]["what"]
    assert found["socket"]["level"] == "problem"
    assert f"{host.removeprefix('unix://')} " in found["socket"]["what"]


@contextmanager
def dockerd(folder: Path) -> Iterator[str]:
    """The Debian release's engine on the driver vfs, and without a network; its DOCKER_HOST."""
    host = f"unix://{folder}/s"
    command = ["dockerd", "--storage-driver=vfs", "--bridge=none", "--iptables=false", "--ip6tables=false"]
    places = [f"--data-root={folder}/data", f"--exec-root={folder}/run", f"--pidfile={folder}/pid", f"--host={host}"]
    path = f"/usr/sbin:/sbin:{os.environ['PATH']}"
    with (folder / "log").open("wb") as log:
        daemon = subprocess.Popen([*command, *places], stdout=log, stderr=log, env={**os.environ, "PATH": path})
    try:
        deadline = time.monotonic() + 60
        while "API listen on" not in (folder / "log").read_text():
            assert daemon.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield host
    finally:
        daemon.terminate()
        daemon.wait(60)


def test_an_engine_that_copies_layers_and_has_no_network(engines: Callable[[str], Engine], tmp_path: Path) -> None:
    engines("release-overlay2")  # which installs dockerd
    home = tmp_path / "e"
    home.mkdir()
    with dockerd(home) as host:
        ran = _forebear(tmp_path, host)
    found = json.loads(ran.stdout)
    assert ran.returncode == 1
    assert found["engine"]["driver"] == "vfs"
    problems = {each["code"]: each for each in found["findings"] if each["level"] == "problem"}
    assert problems.keys() - {"disk"} == {"storage-driver", "run"}
    assert "network" in problems["run"]["what"]
    shutil.rmtree(home)


def _forebear(folder: Path, host: str) -> subprocess.CompletedProcess[str]:
    command = [str(FOREBEAR), "-C", str(folder), "doctor", "--json", "-q"]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "DOCKER_HOST": host})
