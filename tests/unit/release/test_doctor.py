from __future__ import annotations

import os
import platform
import re
import socket
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from forebear import api
from forebear.build.promise import Grade
from forebear.engine.details import details
from forebear.engine.model import Builder, Capabilities, EngineDetails, EngineInfo
from forebear.errors import BuildFailed, EngineRefused, EngineUnreachable, InputError
from forebear.pins.lock import Pin
from forebear.reference import Reference
from forebear.registry.auth import Login
from forebear.release import health, surroundings
from forebear.release.drivers import MEASURED, driver
from forebear.release.findings import Finding, Level
from forebear.release.trial import obstacle
from forebear.release.unreachable import unreachable
from forebear.testing import FakeEngine

from ..projects import HEAD, Site, site

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forebear.engine.model import BuildRequest, Log

ROOT = Path(__file__).parents[3]
CONTAINERD = EngineInfo("unix:///x", "28.5.2", "1.51", "containerd", "linux/amd64")
OVERLAY = replace(CONTAINERD, store="overlay2")
BEST = Capabilities(Builder.BUILDKIT, rewrites_timestamps=True, why_not="")
PLAIN = Capabilities(Builder.BUILDKIT, rewrites_timestamps=False, why_not="the store cannot")
CLASSIC = Capabilities(Builder.CLASSIC, rewrites_timestamps=False, why_not="BuildKit refuses: no")
SAID = EngineDetails("overlay2", (), ("/var/lib/docker",), "6.1.0", datetime.now(UTC), (), (), ())
GONE = EngineUnreachable("there is no Docker engine", "start one")


@pytest.fixture(autouse=True)
def _bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that names no engine, no proxy and no credentials."""
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "none"))


def levels(findings: Iterable[Finding]) -> dict[str, str]:
    return {each.code: str(each.level) for each in findings}


def diagnosed(engine: FakeEngine, folder: Path) -> dict[str, str]:
    return levels(api.doctor(folder, lambda: engine).findings)


class TestDetails:
    def test_of_an_engine(self) -> None:
        said: dict[str, Any] = {
            "Driver": "overlayfs",
            "DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]],
            "DockerRootDir": "/data",
            "Containerd": {"Address": "/run/containerd/containerd.sock"},
            "KernelVersion": "6.1.0",
            "SystemTime": "2026-11-24T06:52:58.575247532+01:00",
            "SecurityOptions": ["name=rootless"],
            "HttpProxy": "http://user:secret@proxy:3128/x",
            "NoProxy": "localhost",
            "Warnings": None,
        }
        found = details(said)
        assert found.folders == ("/data", "/var/lib/containerd")
        assert found.time is not None
        assert found.time.astimezone(UTC) == datetime(2026, 11, 24, 5, 52, 58, 575247, UTC)
        assert found.proxies == (("HttpProxy", "http://proxy:3128/x"), ("NoProxy", "localhost"))
        assert found.security == ("name=rootless",)
        assert found.warnings == ()

    @pytest.mark.parametrize(
        "proxy", ["http://user:secret@[bad", "user:secret@proxy:3128", "http://user:sec@ret@proxy"]
    )
    def test_no_password_is_kept(self, proxy: str) -> None:
        ((_, kept),) = details({"HttpProxy": proxy}).proxies
        assert "sec" not in kept

    def test_of_one_that_says_little(self) -> None:
        assert details({}) == EngineDetails("", (), ("",), "", None, (), (), ())
        assert details({"SystemTime": "noon"}).time is None


def test_every_code_is_documented() -> None:
    source = "".join(path.read_text("utf-8") for path in (ROOT / "src/forebear/release").glob("*.py"))
    codes = set(re.findall(r'(?:\b(?:problem|note|good)\(\s*|_CODE: Final = )"([a-z-]+)"', source))
    assert len(codes) > 15
    table = (ROOT / "docs/reproducibility.md").read_text("utf-8").partition("### What the doctor looks at")[2]
    rows = re.findall(r"^\| (`[a-z].*?`) \|", table.partition("\n## ")[0], re.MULTILINE)
    assert codes == {code for row in rows for code in re.findall(r"`(.+?)`", row)}


class TestDriver:
    @pytest.mark.parametrize(
        ("name", "status", "level", "word"),
        [
            ("overlay2", {"Backing Filesystem": "extfs"}, "good", "overlay2, on extfs"),
            ("overlayfs", {}, "good", "overlayfs"),
            ("overlay", {"Using metacopy": "false", "Backing Filesystem": "extfs"}, "good", "overlay, on extfs"),
            ("btrfs", {}, "good", "btrfs"),
            ("zfs", {}, "good", "zfs"),
            ("overlay2", {"Supports d_type": "false"}, "problem", "d_type"),
            ("overlay2", {"Native Overlay Diff": "false"}, "note", "native diffs"),
            ("fuse-overlayfs", {}, "note", "process of its own"),
            ("vfs", {}, "problem", "copies the whole file system"),
            ("native", {}, "problem", "copies the whole file system"),
            ("devicemapper", {"Data loop file": "/x"}, "problem", "loopback"),
            ("devicemapper", {}, "note", "update"),
            ("stargz", {}, "note", "nothing of its cost"),
        ],
    )
    def test_what_it_costs(self, name: str, status: dict[str, str], level: str, word: str) -> None:
        found = driver(replace(SAID, driver=name, driver_status=tuple(status.items())))
        assert found.level == level
        assert word in f"{found.what} {found.means}"
        assert bool(found.action) == (level != "good")


class TestHealth:
    @pytest.mark.parametrize(
        ("info", "capabilities", "grade", "builder"),
        [
            (CONTAINERD, BEST, "good", "good"),
            (CONTAINERD, PLAIN, "note", "good"),
            (OVERLAY, PLAIN, "note", "good"),
            (OVERLAY, CLASSIC, "note", "problem"),
        ],
    )
    def test_the_grade(self, info: EngineInfo, capabilities: Capabilities, grade: str, builder: str) -> None:
        found = health.grade(info, capabilities)
        assert (found.level, health.builder(capabilities).level) == (grade, builder)
        assert capabilities.why_not in found.means
        assert ("daemon.json" in found.action) == (capabilities is PLAIN and info is OVERLAY)

    @pytest.mark.parametrize(
        ("host", "tls", "expected"),
        [
            ("tcp://far:2375", False, True),
            ("tcp://far:2376", True, False),
            ("tcp://127.0.0.1:2375", False, False),
            ("unix:///x", False, False),
            ("ssh://far", False, False),
        ],
    )
    def test_clear_text(self, host: str, tls: bool, expected: bool) -> None:
        assert ("clear-text" in levels(health.address(replace(OVERLAY, host=host), tls=tls))) == expected

    @pytest.mark.parametrize(("seconds", "level"), [(0, "good"), (-4, "good"), (6, "note"), (-301, "problem")])
    def test_the_clock(self, seconds: int, level: str) -> None:
        assert health.clock(timedelta(seconds=seconds)).level == level

    def test_the_way_the_clock_is_wrong(self) -> None:
        assert health.clock(timedelta(hours=1)).what == "the engine's clock is 3,600 s ahead of this machine's"
        assert health.clock(timedelta(hours=-1)).what == "the engine's clock is 3,600 s behind this machine's"

    def test_what_is_special(self) -> None:
        odd = replace(
            SAID,
            security=("name=seccomp,profile=default", "name=rootless", "name=userns"),
            proxies=(("HttpProxy", "http://p"),),
            warnings=("[DEPRECATION NOTICE]: API is accessible on http://0.0.0.0:2375 without encryption.",),
        )
        found = levels(health.surroundings(odd, {"HTTP_PROXY": "http://q"}))
        assert found == {"rootless": "note", "userns": "note", "proxy": "note", "exposed": "problem"}
        assert levels(health.surroundings(SAID, {})) == {}

    def test_a_proxy_that_only_this_machine_has(self) -> None:
        (found,) = health.proxies(SAID, {"https_proxy": "http://user:secret@p"})
        assert found.what == "https_proxy is set here, and the engine has no proxy"


class TestTrial:
    @pytest.mark.parametrize("name", ["linux/mips64", "windows/amd64"])
    def test_no_program(self, name: str) -> None:
        assert obstacle(FakeEngine(), name) is None

    def test_the_engine_says_what_is_in_the_way(self) -> None:
        engine = FakeEngine(fails={"": BuildFailed("exec format error")})
        assert obstacle(engine, "linux/arm64") == "exec format error"
        assert obstacle(FakeEngine(fails={"": EngineRefused("no")}), "linux/arm64") == "no"
        assert obstacle(FakeEngine(), "linux/arm64") == ""

    def test_what_a_step_said_tells_more_than_how_it_ended(self) -> None:
        class Talking(FakeEngine):
            def build(self, request: BuildRequest, log: Log) -> str:
                log("[2/2] RUN /end")
                log("  exec /end: exec format error")
                raise BuildFailed("[2/2] RUN /end: exit code 1")

        assert obstacle(Talking(), "linux/arm64") == "exec /end: exec format error"

    def test_an_engine_that_goes_away_is_no_obstacle(self) -> None:
        with pytest.raises(EngineUnreachable):
            obstacle(FakeEngine(fails={"": GONE}), "linux/arm64")


def room(free: int, inodes: int = 100) -> os.statvfs_result:
    """A file system of 100 inodes, with blocks of 1 MiB, `free` of them free."""
    return os.statvfs_result((1 << 20, 1 << 20, 1 << 20, free, free, 100, inodes, inodes, 0, 255))


class TestSurroundings:
    @pytest.mark.parametrize(
        ("free", "inodes", "level"),
        [(20 << 10, 50, "good"), (9 << 10, 50, "note"), (1 << 10, 50, "problem"), (20 << 10, 1, "problem")],
    )
    def test_room(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, inodes: int, level: str) -> None:
        monkeypatch.setattr("os.statvfs", lambda _folder: room(free, inodes))
        here = replace(SAID, folders=(str(tmp_path),), kernel=platform.release())
        (found,) = surroundings.disk(OVERLAY, here)
        assert found.level == level

    @pytest.mark.parametrize(
        ("host", "kernel", "folder"),
        [
            ("tcp://127.0.0.1:1", platform.release(), "/"),
            ("unix:///x", "6.1.0-of-another-machine", "/"),
            ("unix:///x", platform.release(), "/no/such/folder"),
        ],
    )
    def test_room_that_cannot_be_seen(self, host: str, kernel: str, folder: str) -> None:
        far = replace(SAID, folders=(folder,), kernel=kernel)
        (found,) = surroundings.disk(replace(OVERLAY, host=host), far)
        assert (found.level, found.action) == ("note", f"on that machine, run: df -h {folder}")

    def test_folders(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        project = site(tmp_path).project
        assert levels(surroundings.folders(project)) == {"state": "good"}
        blocked = tmp_path / "file"
        blocked.touch()
        monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
        (tmp_path / ".forebear").touch()
        assert levels(surroundings.folders(project)) == {"state": "problem", "cache": "note"}

    def test_the_lock(self, tmp_path: Path) -> None:
        place = site(tmp_path)
        assert levels(surroundings.lock(place.project)) == {"lock": "good"}
        place.lock(Pin(Reference.parse("fedora:25"), "sha256:" + "1" * 64, local=True))
        assert levels(surroundings.lock(place.project)) == {"lock": "note"}
        (tmp_path / "lineage.lock").unlink()
        (found,) = surroundings.lock(place.project)
        assert (found.level, found.what) == ("problem", "fedora:25 is not locked")

    def test_several_that_are_not_locked(self, tmp_path: Path) -> None:
        place = site(tmp_path)
        place.declare("".join(f'  i{n}: {{from: "debian:{n}"}}\n' for n in range(1, 4)))
        (found,) = surroundings.lock(place.project)
        assert found.what == "debian:1 and 2 more are not locked"

    def test_registries(self) -> None:
        pins = [Pin(Reference.parse(name), "sha256:" + "1" * 64) for name in ("a:1", "b:1", "r.example/c:1")]
        known = {"r.example": Login("ann", "pa55word")}
        found = list(surroundings.registries(pins, known.get))
        assert [each.what for each in found] == [
            "there are no credentials for docker.io",
            "there are credentials for r.example (ann)",
        ]
        assert "pa55word" not in repr(found)

    def test_credentials_that_cannot_be_read(self) -> None:
        def refuse(_registry: str) -> None:
            raise EngineRefused("the helper is not installed", "run: docker login")

        (found,) = surroundings.registries([Pin(Reference.parse("a:1"), "sha256:" + "1" * 64)], refuse)
        assert (found.level, found.action) == ("problem", "run: docker login")


class TestUnreachable:
    def test_how_the_engine_was_chosen(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DOCKER_HOST", "unix:///nope")
        first, second, *_ = unreachable(GONE)
        assert (first.what, first.action) == ("there is no Docker engine", "start one")
        assert second.what == "the engine was looked for at unix:///nope, as DOCKER_HOST says"

    def test_a_file_that_is_no_socket(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "s").touch()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/s")
        assert levels(unreachable(GONE))["socket"] == "problem"

    def test_a_socket_for_others(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "s"
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(path))
            path.chmod(0o660)
            assert "socket" not in levels(unreachable(GONE))
            monkeypatch.setattr("forebear.release.unreachable.MARKS", ())
            monkeypatch.setattr("os.access", lambda *_: False)
            found = {each.code: each for each in unreachable(GONE)}["socket"]
        assert stat.S_ISSOCK(path.stat().st_mode)
        assert found.what.endswith("mode 0660")
        assert found.action.startswith("run: sudo usermod -aG ")

    def test_in_a_container(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "s"
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        monkeypatch.setattr("forebear.release.unreachable.MARKS", (tmp_path,))
        found = {each.code: each for each in unreachable(GONE)}["container"]
        assert "--volume /var/run/docker.sock:/var/run/docker.sock" in found.action
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(path))
            monkeypatch.setattr("os.access", lambda *_: False)
            said = {each.code: each for each in unreachable(GONE)}
        assert "container" not in said
        assert said["socket"].action.startswith(f"start the container with --group-add {path.stat().st_gid}, or")

    def test_another_socket(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DOCKER_HOST", "unix:///nope")
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(tmp_path / "docker.sock"))
            found = {each.code: each for each in unreachable(GONE)}["other-engines"]
        assert f"{tmp_path}/docker.sock" in found.what

    def test_a_context_that_cannot_be_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DOCKER_CONTEXT", "gone")
        _, second, *_ = unreachable(GONE)
        assert second.what == "the engine was looked for at an address that cannot be used, as DOCKER_CONTEXT says"


class Wrong(FakeEngine):
    """An engine that says other things of itself."""

    said: EngineDetails = SAID

    def details(self) -> EngineDetails:
        return self.said


class Foreign(FakeEngine):
    """An engine that runs no other platform than its own."""

    def build(self, request: BuildRequest, log: Log) -> str:
        if request.platform != "linux/amd64":
            raise BuildFailed("exec format error")
        return super().build(request, log)


class TestDoctor:
    def test_all_is_well(self, tmp_path: Path) -> None:
        place = site(tmp_path)
        found = api.doctor(tmp_path, lambda: place.engine)
        assert (found.problems, found.grade) == (0, Grade.DIGEST)
        assert set(levels(found.findings).values()) == {"good", "note"}
        assert place.engine.tags.keys() == {"docker.io/library/fedora:25"}

    def test_problems_come_first(self, tmp_path: Path) -> None:
        place = site(tmp_path)
        (tmp_path / "lineage.lock").unlink()
        order = [each.level for each in api.doctor(tmp_path, lambda: place.engine).findings]
        assert order == sorted(order, key=list(Level).index)
        assert order[0] is Level.PROBLEM

    def test_every_finding_that_is_not_good_says_what_to_do(self, tmp_path: Path) -> None:
        place = site(tmp_path)
        (tmp_path / "lineage.lock").unlink()
        engine = Wrong(fails={"": BuildFailed("no")})
        engine.said = replace(SAID, driver="vfs", time=datetime.now(UTC) - timedelta(hours=1))
        for each in (
            *api.doctor(tmp_path, lambda: engine).findings,
            *api.doctor(tmp_path, lambda: place.engine).findings,
        ):
            assert bool(each.action) == (each.level is not Level.GOOD)

    def test_a_clock_that_is_wrong(self, tmp_path: Path) -> None:
        engine = Wrong()
        engine.said = replace(SAID, time=datetime.now(UTC) + timedelta(hours=1))
        assert diagnosed(engine, tmp_path)["clock"] == "problem"
        engine.said = replace(SAID, time=None)
        assert "clock" not in diagnosed(engine, tmp_path)

    def test_other_platforms_are_tried(self, tmp_path: Path) -> None:
        platforms = "platforms: [linux/amd64, linux/arm64]\n"
        site(tmp_path, head=HEAD + platforms)
        assert diagnosed(FakeEngine(), tmp_path)["emulation"] == "good"
        (found,) = (each for each in api.doctor(tmp_path, Foreign).findings if each.code == "emulation")
        assert (found.level, found.what) == ("problem", "linux/arm64 does not run here: exec format error")
        assert found.means.startswith("RUN and gates of fedora and 2 more fail")

    def test_a_run_that_does_not_work(self, tmp_path: Path) -> None:
        assert diagnosed(FakeEngine(fails={"": BuildFailed("network bridge not found")}), tmp_path)["run"] == "problem"

    def test_an_epoch_that_is_to_come(self, tmp_path: Path) -> None:
        site(tmp_path, head=HEAD + "epoch: 2999-01-01T00:00:00Z\n")
        (found,) = (each for each in api.doctor(tmp_path, FakeEngine).findings if each.code == "epoch")
        assert found.what.startswith("the epoch of fedora and 2 more, 2999-01-01T00:00:00Z, is later")
        assert "`epoch`" in found.action

    def test_no_project(self, tmp_path: Path) -> None:
        found = diagnosed(FakeEngine(), tmp_path)
        assert found["project"] == "note"
        assert not found.keys() & {"lock", "state", "credentials"}
        with pytest.raises(InputError, match="no such folder"):
            api.doctor(tmp_path / "nowhere", FakeEngine)

    def test_a_project_with_faults(self, tmp_path: Path) -> None:
        (tmp_path / "lineage.yml").write_text("lineage: 7\n")
        assert diagnosed(FakeEngine(), tmp_path)["project"] == "problem"

    def test_an_engine_that_cannot_be_reached_hides_nothing_of_the_project(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        place: Site = site(tmp_path)
        (tmp_path / "lineage.lock").unlink()
        monkeypatch.setattr(place.engine, "info", lambda: (_ for _ in ()).throw(GONE))
        found = api.doctor(tmp_path, lambda: place.engine)
        assert (found.engine, found.grade) == (None, None)
        assert {"engine", "lock"} <= {each.code for each in found.findings if each.level is Level.PROBLEM}

    def test_an_engine_that_refuses(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        engine = FakeEngine()
        monkeypatch.setattr(engine, "details", lambda: (_ for _ in ()).throw(EngineRefused("no such page")))
        found = api.doctor(tmp_path, lambda: engine)
        assert (found.engine, found.findings[0].what) == (None, "no such page")
        assert found.findings[0].action


def test_what_is_quoted_of_storage_drivers_was_measured() -> None:
    page = (Path(__file__).parents[3] / "docs/storage-drivers.md").read_text("utf-8")
    (row,) = (line for line in page.splitlines() if line.startswith("| vfs |"))
    *_, seconds, _, used = (cell.strip() for cell in row.strip("|").split("|"))
    assert f"{seconds} times the time" in MEASURED
    assert f"{used} times its space" in MEASURED
