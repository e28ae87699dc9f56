from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.atomic import TEMPORARY
from forebear.errors import Busy, InputError
from forebear.workspace import Workspace, find_root

from .nobody import as_nobody

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT = 1 << 20


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "lineage.yml").write_text("lineage: 1\n")
    return tmp_path


@pytest.fixture
def place(root: Path) -> Workspace:
    return Workspace(root)


@contextmanager
def told(*words: str) -> Iterator[None]:
    with pytest.raises(InputError) as caught:
        yield
    for word in words:
        assert word in str(caught.value)


class TestFindRoot:
    def test_is_the_nearest_folder_upwards(self, root: Path) -> None:
        inner = root / "images" / "a"
        inner.mkdir(parents=True)
        assert find_root(inner) == find_root(root) == root
        (root / "images" / "lineage.yml").touch()
        assert find_root(inner) == root / "images"

    def test_a_folder_of_that_name_is_no_lineage(self, root: Path) -> None:
        (root / "x" / "lineage.yml").mkdir(parents=True)
        assert find_root(root / "x") == root

    def test_none(self, tmp_path: Path) -> None:
        with told(f"{tmp_path}: there is no lineage.yml, here or in a folder above; start one with: forebear init"):
            find_root(tmp_path)

    def test_no_such_folder(self, root: Path) -> None:
        with told("nowhere: there is no such folder"):
            find_root(root / "nowhere")
        with told("lineage.yml: there is no such folder"):
            find_root(root / "lineage.yml")

    def test_from_a_relative_path(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(root)
        assert find_root(Path()) == root


class TestRead:
    def test_gives_the_bytes(self, place: Workspace, root: Path) -> None:
        (root / "a").write_bytes(b"\xff" * 200_000)
        assert place.read("a", limit=200_000) == b"\xff" * 200_000
        assert place.exists("a")
        assert not place.exists("b")

    def test_more_than_the_limit(self, place: Workspace, root: Path) -> None:
        (root / "a").write_bytes(b"x" * 1001)
        with told("a: has more than 1,000 bytes, which is the limit; make it smaller"):
            place.read("a", limit=1000)

    def test_a_file_without_an_end_is_not_read_to_its_end(self, place: Workspace, root: Path) -> None:
        with (root / "a").open("wb") as file:
            file.truncate(1 << 40)
        with told("a: has more than 1,000 bytes"):
            place.read("a", limit=1000)

    def test_what_is_no_file(self, place: Workspace, root: Path) -> None:
        (root / "folder").mkdir()
        os.mkfifo(root / "pipe")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(root / "socket"))
        with told("none: there is no such file; create it, or correct the path"):
            place.read("none", limit=LIMIT)
        with told("lineage.yml/x: cannot be read: not a directory"):
            place.read("lineage.yml/x", limit=LIMIT)
        with told("folder: is a folder, or no regular file; put a file in its place"):
            place.read("folder", limit=LIMIT)
        with told("pipe: is a folder, or no regular file"):
            place.read("pipe", limit=LIMIT)
        with told("socket: cannot be read: no such device or address"):
            place.read("socket", limit=LIMIT)

    def test_what_may_not_be_read(self) -> None:
        with as_nobody() as folder:
            (folder / "a").touch(mode=0)
            with told("a: cannot be read: permission denied; correct that, then run this again"):
                Workspace(folder).read("a", limit=LIMIT)

    @pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../x", "", "a\0b", ".."])
    def test_a_path_that_leaves_the_root(self, place: Workspace, path: str) -> None:
        for act in (lambda: place.read(path, limit=LIMIT), lambda: place.write(path, b""), lambda: place.exists(path)):
            with told("the path is not one inside"):
                act()

    def test_a_link_that_leaves_the_root(
        self, place: Workspace, root: Path, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        outside = tmp_path_factory.mktemp("outside")
        (outside / "secret").write_text("secret")
        (root / "file").symlink_to(outside / "secret")
        (root / "folder").symlink_to(outside)
        for path in ("file", "folder/secret"):
            with told(f"{path}: a symbolic link takes it outside of its folder"):
                place.read(path, limit=LIMIT)
            with told(f"{path}: a symbolic link takes it outside of its folder"):
                place.write(path, b"mine")
        assert (outside / "secret").read_text() == "secret"

    def test_a_link_inside_the_root(self, place: Workspace, root: Path) -> None:
        (root / "a").symlink_to("lineage.yml")
        assert place.read("a", limit=LIMIT) == b"lineage: 1\n"

    def test_a_neighbour_whose_name_begins_like_the_root_is_outside(self, tmp_path: Path) -> None:
        for name in ("project", "project-2"):
            (tmp_path / name).mkdir()
        (tmp_path / "project-2" / "a").touch()
        (tmp_path / "project" / "a").symlink_to("../project-2/a")
        with told("a symbolic link takes it outside"):
            Workspace(tmp_path / "project").read("a", limit=LIMIT)

    def test_text_that_is_not_utf_8(self, place: Workspace, root: Path) -> None:
        (root / "a").write_bytes("ä: 1\nü: ".encode() + b"\xe4\n")
        with told("a:2:4: is not UTF-8 here; save the file as UTF-8"):
            place.read_text("a", limit=LIMIT)

    @given(st.text(st.sampled_from("aä\n€𝄞"), max_size=12), st.sampled_from([b"\xff", b"\xc3", b"\xe2\x82"]))
    def test_the_place_of_a_byte_that_is_not_utf_8(self, before: str, wrong: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "a").write_bytes(before.encode() + wrong)
            line, column = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
            with told(f"a:{line}:{column}: "):
                Workspace(Path(folder)).read_text("a", limit=LIMIT)


class TestTemplates:
    def test_are_read_below_templates(self, place: Workspace, root: Path) -> None:
        (root / "templates" / "parts").mkdir(parents=True)
        (root / "templates" / "parts" / "a.j2").write_text("ä")
        load = place.template_loader()
        assert load("parts/a.j2") == "ä"
        assert load("b.j2") is None

    def test_are_read_once(self, place: Workspace, root: Path) -> None:
        (root / "templates").mkdir()
        (root / "templates" / "a").write_text("1")
        load = place.template_loader()
        assert load("a") == "1"
        (root / "templates" / "a").write_text("2")
        assert load("a") == "1"
        assert place.template_loader()("a") == "2"

    def test_do_not_leave_templates(self, place: Workspace, root: Path) -> None:
        (root / "templates").mkdir()
        (root / "templates" / "link").symlink_to("../lineage.yml")
        with told("templates/link: a symbolic link takes it outside of its folder"):
            place.template_loader()("link")
        for name in ("../lineage.yml", "/etc/passwd", "a/../../lineage.yml"):
            with told(f"templates/{name}: the path is not one inside templates/"):
                place.template_loader()(name)

    def test_templates_as_a_link(self, place: Workspace, root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
        (root / "parts").mkdir()
        (root / "parts" / "a").write_text("1")
        (root / "templates").symlink_to("parts")
        assert place.template_loader()("a") == "1"
        (root / "templates").unlink()
        (root / "templates").symlink_to(tmp_path_factory.mktemp("outside"))
        with told("templates: a symbolic link takes it outside"):
            place.template_loader()("a")

    def test_that_are_no_text(self, place: Workspace, root: Path) -> None:
        (root / "templates" / "folder").mkdir(parents=True)
        (root / "templates" / "a").write_bytes(b"x\n\xff")
        with told("templates/a:2:1: is not UTF-8"):
            place.template_loader()("a")
        with told("templates/folder: is a folder"):
            place.template_loader()("folder")


class TestWrite:
    def test_writes_only_what_differs(self, place: Workspace, root: Path) -> None:
        assert place.write("images/a/Dockerfile", b"FROM x\n")
        before = (root / "images/a/Dockerfile").stat()
        assert not place.write("images/a/Dockerfile", b"FROM x\n")
        after = (root / "images/a/Dockerfile").stat()
        # Reading it may set the time of access.
        assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
        assert place.write("images/a/Dockerfile", b"FROM y\n")
        assert (root / "images/a/Dockerfile").read_bytes() == b"FROM y\n"
        assert [path.name for path in (root / "images/a").iterdir()] == ["Dockerfile"]

    def test_keeps_the_mode(self, place: Workspace, root: Path) -> None:
        (root / "a").touch()
        (root / "a").chmod(0o640)
        place.write("a", b"1")
        assert stat.S_IMODE((root / "a").stat().st_mode) == 0o640

    def test_keeps_the_owner(self, place: Workspace, root: Path) -> None:
        (root / "a").touch()
        if os.geteuid() == 0:
            os.chown(root / "a", 1234, 1234)
        before = (root / "a").stat()
        place.write("a", b"1")
        assert ((root / "a").stat().st_uid, (root / "a").stat().st_gid) == (before.st_uid, before.st_gid)

    def test_a_new_file_follows_the_umask(self, place: Workspace, root: Path) -> None:
        old = os.umask(0o027)
        try:
            place.write("a", b"1")
        finally:
            os.umask(old)
        assert stat.S_IMODE((root / "a").stat().st_mode) == 0o640

    def test_writes_through_a_link_inside(self, place: Workspace, root: Path) -> None:
        (root / "a").symlink_to("b")
        place.write("a", b"1")
        assert (root / "a").is_symlink()
        assert (root / "b").read_bytes() == b"1"

    def test_where_a_folder_is(self, place: Workspace, root: Path) -> None:
        (root / "a").mkdir()
        with told("a: is a folder; a file is to be written there; move it away"):
            place.write("a", b"1")
        with told("lineage.yml/a: cannot be written: ", "what was there is untouched"):
            place.write("lineage.yml/a", b"1")

    def test_where_nothing_may_be_written(self) -> None:
        with as_nobody() as folder:
            (folder / "a").write_bytes(b"old")
            folder.chmod(0o555)
            with told("a: cannot be written: permission denied; what was there is untouched"):
                Workspace(folder).write("a", b"new")
            with told(".forebear: cannot be written: permission denied"), Workspace(folder).locked():
                pass
            assert (folder / "a").read_bytes() == b"old"

    def test_a_disk_that_is_full(self, tmp_path: Path) -> None:
        """On a file system of 64 KiB of its own; RLIMIT_FSIZE is the same fault to one process without root."""
        script = (
            "import sys; from pathlib import Path; from forebear.workspace import Workspace\n"
            "from forebear.errors import InputError\n"
            "place = Workspace(Path(sys.argv[1]))\n"
            "try: place.write('a', b'x' * 200_000)\n"
            "except InputError as error: print(error)\n"
        )
        (tmp_path / "a").write_bytes(b"old")
        mount = f"mount -t tmpfs -o size=64k tmpfs {tmp_path} && printf old > {tmp_path}/a &&"
        may_mount = subprocess.run(["unshare", "-m", "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0
        isolate, limit = (["unshare", "-m"], mount) if may_mount else ([], "ulimit -f 64;")
        command = f'{limit} "$@"; cat {tmp_path}/a; ls -A {tmp_path}'
        run = [*isolate, "sh", "-c", command, "sh", sys.executable, "-c", script, str(tmp_path)]
        output = subprocess.run(run, capture_output=True, text=True, check=True).stdout
        cause = "no space left on device" if isolate else "file too large"
        told_line, rest = output.split("\n", 1)
        assert told_line == (
            f"a: cannot be written: {cause}; what was there is untouched; correct that, then run this again"
        )
        assert rest == "olda\n"

    def test_a_process_killed_in_the_middle_leaves_a_whole_file(self, place: Workspace, root: Path) -> None:
        script = (
            "import sys; from pathlib import Path; from forebear.workspace import Workspace\n"
            "place = Workspace(Path(sys.argv[1]))\n"
            "while True:\n"
            "    for letter in (b'a', b'b'): place.write('x', letter * 20_000_000)\n"
        )
        (root / "x").write_bytes(b"old")
        for _ in range(20):
            with subprocess.Popen([sys.executable, "-c", script, str(root)]) as writer:
                while not list(root.glob(f"{TEMPORARY}*")):
                    time.sleep(0.0005)
                writer.kill()
            data = (root / "x").read_bytes()
            assert data == b"old" or (len(data) == 20_000_000 and len(set(data)) == 1)
            if list(root.glob(f"{TEMPORARY}*")):
                break
        else:
            pytest.fail("no writer was killed in the middle")
        assert place.write("x", b"c")
        assert (root / "x").read_bytes() == b"c"

    def test_of_two_at_once_each_is_whole(self, root: Path) -> None:
        """Two processes that do not lock write one file again and again, while a third reads it."""
        script = (
            "import sys; from pathlib import Path; from forebear.workspace import Workspace\n"
            "place = Workspace(Path(sys.argv[1]))\n"
            "for turn in range(15): place.write('x', (sys.argv[2] * (100_000 + turn)).encode())\n"
        )
        (root / "x").write_bytes(b"a")
        writers = [subprocess.Popen([sys.executable, "-c", script, str(root), letter]) for letter in "ab"]
        seen = set()
        while any(writer.poll() is None for writer in writers):
            data = (root / "x").read_bytes()
            assert data == data[:1] * len(data)
            seen.add(len(data))
        assert [writer.returncode for writer in writers] == [0, 0]
        assert len(seen) > 2
        assert {path.name for path in root.iterdir()} == {"x", "lineage.yml"}

    def test_what_a_killed_process_left_is_removed_later(self, place: Workspace, root: Path) -> None:
        (root / f"{TEMPORARY}1").touch()
        (root / f"{TEMPORARY}2").touch()
        os.utime(root / f"{TEMPORARY}1", (0, time.time() - 7200))
        place.write("a", b"")
        assert not (root / f"{TEMPORARY}1").exists()
        assert (root / f"{TEMPORARY}2").exists()

    def test_an_interruption_leaves_nothing(
        self, place: Workspace, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupt(_: int) -> None:
            raise KeyboardInterrupt

        (root / "a").write_bytes(b"old")
        monkeypatch.setattr(os, "fsync", interrupt)
        with pytest.raises(KeyboardInterrupt):
            place.write("a", b"new")
        assert {path.name for path in root.iterdir()} == {"a", "lineage.yml"}
        assert (root / "a").read_bytes() == b"old"


class TestWriteAll:
    def test_many_are_on_the_disk_before_the_first_is_seen(
        self, place: Workspace, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (root / "f7").write_bytes(b"7")
        (root / "f8").write_bytes(b"old")
        seen: list[set[bytes]] = []
        sync = os.sync

        def looked() -> None:
            staged = {path.read_bytes() for path in root.iterdir() if path.name.startswith(TEMPORARY)}
            seen.append(staged if (root / "f8").read_bytes() == b"old" and not (root / "f9").exists() else set())
            sync()

        monkeypatch.setattr(os, "sync", looked)
        files = {f"f{number}": str(number).encode() for number in range(50)}
        assert place.write_all(files.items()) == tuple(name for name in files if name != "f7")
        assert seen == [set(files.values()) - {b"7"}]
        assert {path.name: path.read_bytes() for path in root.glob("f*")} == files
        assert place.write_all(files.items()) == ()
        assert {path.name for path in root.iterdir()} == {"lineage.yml", *files}

    @pytest.mark.parametrize("many", [2, 100])
    def test_where_one_cannot_be_written_all_are_untouched(self, many: int) -> None:
        with as_nobody() as folder:
            (folder / "closed").mkdir()
            (folder / "closed").chmod(0o555)
            (folder / "f0").write_bytes(b"old")
            names = [*(f"f{number}" for number in range(many)), "closed/x"]
            with told("closed/x: cannot be written: permission denied; what was there is untouched"):
                Workspace(folder).write_all((name, b"new") for name in names)
            assert [(path.name, path.read_bytes()) for path in folder.iterdir() if path.is_file()] == [("f0", b"old")]
            (folder / "closed").chmod(0o755)

    def test_an_interruption_leaves_nothing(
        self, place: Workspace, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupt() -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(os, "sync", interrupt)
        with pytest.raises(KeyboardInterrupt):
            place.write_all((f"f{number}", b"") for number in range(50))
        assert {path.name for path in root.iterdir()} == {"lineage.yml"}


HOLDER = (
    "import sys, time; from pathlib import Path; from forebear.workspace import Workspace\n"
    "with Workspace(Path(sys.argv[1])).locked():\n"
    "    print('held', flush=True)\n"
    "    sys.stdin.read()\n"
)


@contextmanager
def holder(root: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the lock until its standard input ends."""
    command = [sys.executable, "-c", HOLDER, str(root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        try:
            yield other
        finally:
            other.kill()


class TestLocked:
    def test_one_writer_at_a_time(self, place: Workspace, root: Path) -> None:
        with holder(root) as other:
            with pytest.raises(Busy) as caught, place.locked():
                pass
            assert caught.value.exit_code == 2
            message = str(caught.value)
            assert f"another forebear is at work in this project (process {other.pid}, since 20" in message
            assert message.endswith("Z); wait until it is done, then run this again")
            other.communicate("")
        with place.locked():
            assert (root / ".forebear" / "lock").read_text().startswith(f"{os.getpid()} ")
        assert (root / ".forebear" / "lock").read_text() == ""

    def test_a_killed_writer_holds_nothing(self, place: Workspace, root: Path) -> None:
        with holder(root) as other:
            other.kill()
            other.wait()
            with place.locked():
                pass

    def test_is_given_back_after_an_error(self, place: Workspace) -> None:
        with pytest.raises(ZeroDivisionError), place.locked():
            raise ZeroDivisionError
        with place.locked():
            pass

    def test_two_in_one_process(self, place: Workspace) -> None:
        with place.locked(), pytest.raises(Busy), place.locked():
            pass


class TestState:
    def test_is_out_of_the_sight_of_git(self, place: Workspace, root: Path) -> None:
        assert place.prepare() == place.state == root / ".forebear"
        assert (root / ".forebear" / ".gitignore").read_text() == "*\n"
        place.prepare()

    def test_where_a_file_is(self, place: Workspace, root: Path) -> None:
        (root / ".forebear").touch()
        with told(".forebear: cannot be written: "):
            place.prepare()
