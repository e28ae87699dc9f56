from __future__ import annotations

import hashlib
import os
import socket
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forebear.atomic import TEMPORARY
from forebear.build.context import Context, Entry, changes, read_context
from forebear.build.digests import Digests
from forebear.errors import InputError
from forebear.workspace import Workspace

from ..nobody import as_nobody

if TYPE_CHECKING:
    import random

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "images" / "app"
    folder.mkdir(parents=True)
    return folder


def read(folder: Path, dockerfile: str = "Dockerfile") -> Context:
    with Digests(Workspace(folder.parents[1])) as digests:
        return read_context(folder, "images/app", digests, dockerfile)


def paths(folder: Path, dockerfile: str = "Dockerfile") -> list[str]:
    return [entry.path for entry in read(folder, dockerfile).entries]


def write(folder: Path, **files: str) -> None:
    """Files by name, where `__` is a `/`."""
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def faults(folder: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(folder)
    return str(caught.value).splitlines()


class TestEntries:
    def test_say_all_that_goes_into_an_image(self, app: Path) -> None:
        write(app, a="", lib__run="x" * 5)
        (app / "lib" / "run").chmod(0o700)
        (app / "lib" / "link").symlink_to("../a")
        (app / "logs").mkdir(mode=0o700)
        entries = read(app).entries
        assert entries == (
            Entry("a", "file", 0o644, 0, EMPTY),
            Entry("lib", "directory", 0o755),
            Entry("lib/link", "link", 0o777, target="../a"),
            Entry("lib/run", "file", 0o755, 5, hashlib.sha256(b"xxxxx").hexdigest()),
            Entry("logs", "directory", 0o755),
        )

    def test_are_in_the_order_of_their_bytes(self, app: Path) -> None:
        write(
            app, a__b="", **{"a.b": "", "a-b": "", "a0": "", "é": "", "z": "", "Z": "", "\U0001f600": "", "\uffee": ""}
        )
        found = paths(app)
        assert found == sorted(found, key=str.encode)
        assert found.index("a") < found.index("a-b") < found.index("a.b") < found.index("a/b") < found.index("a0")

    def test_leave_out_what_is_no_part_of_the_context(self, app: Path) -> None:
        write(app, Dockerfile="FROM x", lib__Dockerfile="", **{".dockerignore": "", f"{TEMPORARY}1": ""})
        assert paths(app) == ["lib", "lib/Dockerfile"]

    def test_of_a_folder_that_does_not_exist(self, app: Path) -> None:
        app.rmdir()
        none = read(app)
        app.mkdir()
        assert none == read(app)
        assert none.entries == ()

    def test_of_a_file(self, app: Path) -> None:
        app.rmdir()
        app.touch()
        assert faults(app) == [
            "images/app: cannot be read: not a directory; correct that, or leave it out in .dockerignore"
        ]

    def test_of_the_project_itself(self, tmp_path: Path) -> None:
        write(tmp_path, a="1")
        for _ in range(2):
            with Digests(Workspace(tmp_path)) as digests:
                context = read_context(tmp_path, ".", digests)
            assert [entry.path for entry in context.entries] == ["a"]


class TestIgnore:
    def test_a_folder_is_in_where_something_below_it_is(self, app: Path) -> None:
        write(app, a__b__c="", a__b__d="", e__f="", **{".dockerignore": "*\n!a/b/c\n"})
        assert paths(app) == ["a", "a/b", "a/b/c"]

    def test_a_folder_without_anything_is_not(self, app: Path) -> None:
        write(app, a__b="", **{".dockerignore": "*\n!x\n"})
        assert paths(app) == []

    def test_the_dockerfiles_own_patterns_come_first(self, app: Path) -> None:
        write(app, a="", b="", **{".dockerignore": "a\n", "Dockerfile.dockerignore": "b\n"})
        assert paths(app) == ["a"]

    def test_a_dockerfile_of_another_name_has_patterns_of_its_own(self, app: Path) -> None:
        write(
            app, a="", Dockerfile="", lib__x="", lib__y="", **{".dockerignore": "a\n", "lib/x.dockerignore": "lib/y\n"}
        )
        assert paths(app, "lib/x") == ["Dockerfile", "a", "lib"]
        assert paths(app, "Dockerfile") == ["lib", "lib/x", "lib/x.dockerignore", "lib/y"]

    def test_what_is_left_out_changes_nothing(self, app: Path) -> None:
        write(app, a="1", **{".dockerignore": "*.log\nlogs/\n"})
        before = read(app)
        write(app, **{"x.log": "1", "logs__y": "1", ".dockerignore": "# as before\nlogs\n*.log"})
        (app / "logs" / "away").symlink_to("/etc")
        os.mkfifo(app / "pipe.log")
        assert read(app) == before

    def test_a_fault_in_the_patterns(self, app: Path) -> None:
        write(app, **{".dockerignore": "a\n[\n"})
        assert faults(app)[0].startswith("images/app/.dockerignore:2: `[` opens a set of characters")

    def test_patterns_that_cannot_be_read(self, app: Path) -> None:
        os.mkfifo(app / ".dockerignore")
        assert faults(app)[0].startswith("images/app/.dockerignore: cannot be read: not a regular file")
        (app / ".dockerignore").unlink()
        (app / ".dockerignore").mkdir()
        assert faults(app)[0].startswith("images/app/.dockerignore: cannot be read: ")
        (app / ".dockerignore").rmdir()
        with (app / ".dockerignore").open("wb") as file:
            file.truncate(1 << 40)
        assert faults(app) == [
            "images/app/.dockerignore: cannot be read: more than 4,194,304 bytes; correct that, then run this again"
        ]


class TestFaults:
    def test_all_at_once(self, app: Path) -> None:
        write(app, fine="", lib__x="")
        (app / "away").symlink_to("/etc/passwd")
        (app / "lib" / "up").symlink_to("../../x")
        os.mkfifo(app / "pipe")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(app / "socket"))
        Path(os.fsdecode(os.fsencode(app) + b"/lib/\xff")).touch()
        (app / "a\x1b[31mb\n").touch()
        special = "is a socket, a pipe or a device, which no image can hold; remove it"
        out = "or leave it out in images/app/.dockerignore"
        away = "leave it out in images/app/.dockerignore, and create it in the Dockerfile: RUN ln -s"
        assert faults(app) == [
            rf"images/app/a\x1b[31mb\x0a: the name is not UTF-8, or holds a control character; rename it, {out}",
            f"images/app/away: a symbolic link that leaves the context, to /etc/passwd; {away}",
            rf"images/app/lib/\xff: the name is not UTF-8, or holds a control character; rename it, {out}",
            f"images/app/lib/up: a symbolic link that leaves the context, to ../../x; {away}",
            f"images/app/pipe: {special}, {out}",
            f"images/app/socket: {special}, {out}",
        ]

    def test_a_link_to_a_name_that_no_key_can_hold(self, app: Path) -> None:
        (app / "a").symlink_to(os.fsdecode(b"\xff"))
        (app / "b").symlink_to("c\nd")
        for line, name, target in zip(faults(app), "ab", (r"\xff", r"c\x0ad"), strict=True):
            assert line.startswith(
                f"images/app/{name}: a symbolic link to {target}, which is not UTF-8 or holds a control character; "
            )

    def test_a_folder_whose_name_is_not_utf_8(self, app: Path) -> None:
        (Path(os.fsdecode(os.fsencode(app) + b"/\xff")) / "x").mkdir(parents=True)
        assert [line.partition(": ")[0] for line in faults(app)] == [r"images/app/\xff"]
        (app / ".dockerignore").write_text("?\n")
        assert paths(app) == []

    def test_what_cannot_be_read(self) -> None:
        with as_nobody() as root:
            folder = root / "images" / "app"
            folder.mkdir(parents=True)
            write(folder, a="", b__c="", d__e="", **{".dockerignore": "d\n!d/x\n"})
            for name in ("a", "b", "d"):
                (folder / name).chmod(0)
            found = faults(folder)
            for name in ("b", "d"):
                (folder / name).chmod(0o700)
        action = "correct that, or leave it out in .dockerignore"
        assert found == [
            f"images/app/a: cannot be read: permission denied; {action}",
            f"images/app/b: cannot be read: permission denied; {action}",
        ]

    @pytest.mark.parametrize(
        ("path", "target", "leaves"),
        [
            ("l", "a", False),
            ("l", "nowhere", False),
            ("l", ".", False),
            ("l", "..", True),
            ("l", "/", True),
            ("l", "/a", True),
            ("l", "../app/a", True),
            ("x/l", "..", False),
            ("x/l", "../a", False),
            ("x/l", "../..", True),
            ("x/l", "./.././/a/../b", False),
            ("x/l", "../a/../..", True),
            ("l", "l", False),
            ("l", "x/y/deep/../..", True),
            ("l", "x/y/deep/..", False),
            ("l", "x/out/a", True),
        ],
    )
    def test_a_link_leaves_by_itself_or_through_others(self, app: Path, path: str, target: str, leaves: bool) -> None:
        """`x/y/deep` is itself a link, to a folder at the top."""
        write(app, x__y__z="", top__a="")
        (app / "x" / "y" / "deep").symlink_to("../../top")
        (app / "x" / "out").symlink_to("/etc")
        (app / path).symlink_to(target)
        assert [f"images/app/{path}: a symbolic" in fault for fault in faults(app)].count(True) == leaves

    def test_links_in_a_circle(self, app: Path) -> None:
        (app / "a").symlink_to("b/x")
        (app / "b").symlink_to("a/y")
        assert paths(app) == ["a", "b"]


class TestDigest:
    def test_is_over_a_form_that_is_written_down(self, app: Path) -> None:
        """A change of this form changes the key of every image: it needs a new FORMAT."""
        write(app, a="", lib__é="")
        (app / "lib" / "é").chmod(0o755)
        (app / "z").symlink_to("a")
        fields = [
            *("file", "644", "0", EMPTY, "a", ""),
            *("directory", "755", "0", "", "lib", ""),
            *("file", "755", "0", EMPTY, "lib/é", ""),
            *("link", "777", "0", "", "z", "a"),
        ]
        form = "forebear context 1\n" + "".join(f"{field}\0" for field in fields)
        assert read(app).digest == "sha256:" + hashlib.sha256(form.encode()).hexdigest()

    @pytest.mark.parametrize(
        "change",
        [
            lambda app: (app / "a").write_text("2"),
            lambda app: (app / "a").chmod(0o755),
            lambda app: (app / "a").rename(app / "b"),
            lambda app: (app / "a").unlink(),
            lambda app: (app / "new").touch(),
            lambda app: (app / "new").mkdir(),
            lambda app: (app / "lib" / "x").rename(app / "x"),
            lambda app: ((app / "l").unlink(), (app / "l").symlink_to("lib")),
            lambda app: ((app / "l").unlink(), (app / "l").write_text("a")),
        ],
    )
    def test_every_change_is_seen_and_named(self, app: Path, change: object) -> None:
        write(app, a="1", lib__x="1", lib__y="")
        (app / "l").symlink_to("a")
        before = read(app)
        assert callable(change)
        change(app)
        after = read(app)
        assert after.digest != before.digest
        assert changes(before.summary(), after.summary())

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.dictionaries(st.sampled_from(["a", "b", "c/d", "c/e", "f/g/h", "é"]), st.binary(max_size=20)),
        st.randoms(use_true_random=False),
    )
    def test_depends_on_nothing_but_the_entries(
        self, tmp_path: Path, files: dict[str, bytes], chance: random.Random
    ) -> None:
        """Not on the order of creation, on times, the umask, the owner, or the place of the project."""
        contexts = []
        for _ in range(2):
            root = Path(tempfile.mkdtemp(dir=tmp_path))
            folder = root / "images" / "app"
            old = os.umask(chance.choice([0o000, 0o022, 0o077]))
            names = sorted(files)
            chance.shuffle(names)
            for name in names:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(files[name])
                os.utime(folder / name, (0, chance.randrange(1 << 31)))
                if os.geteuid() == 0:
                    os.chown(folder / name, chance.randrange(9999), chance.randrange(9999))
            os.umask(old)
            contexts.append(read(folder))
        assert contexts[0].entries == contexts[1].entries
        assert contexts[0].digest == contexts[1].digest

    def test_fields_cannot_be_shifted(self) -> None:
        one = Entry("a", "link", 0o777, target="bc")
        other = Entry("ab", "link", 0o777, target="c")
        assert one.record() != other.record()


class TestSummary:
    def test_has_a_pair_a_file(self, app: Path) -> None:
        write(app, a="", lib__b="")
        (app / "logs").mkdir()
        assert [path for path, _ in read(app).summary()] == ["a", "lib/b", "logs/"]
        assert [path for path, _ in read(app).summary(2)] == ["./"]

    def test_names_what_changed(self, app: Path) -> None:
        write(app, **{"app.war": "1", "old": "", "run": ""})
        before = read(app).summary()
        write(app, **{"app.war": "2", "lib__new": ""})
        (app / "old").unlink()
        (app / "run").chmod(0o755)
        after = read(app).summary()
        assert changes(before, after) == ("app.war changed", "lib/new added", "old removed", "run changed")


def bytes_read() -> int:
    """By this process, from files, as the kernel counts them."""
    return int(Path("/proc/self/io").read_text().split()[1])


def test_an_unchanged_file_is_not_read_again(app: Path) -> None:
    size = 4 << 20
    (app / "a").write_bytes(bytes(size))
    time.sleep(0.11)
    start = bytes_read()
    first = read(app)
    middle = bytes_read()
    assert read(app) == first
    assert middle - start > size
    assert bytes_read() - middle < size // 4


def test_a_file_that_vanishes_or_changes_while_it_is_read(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(app, a="1", b="1")
    opened = os.open

    def meddle(path: bytes, flags: int, *rest: int) -> int:
        if path == os.fsencode(app / "a"):
            (app / "a").unlink(missing_ok=True)
        if path == os.fsencode(app / "b"):
            (app / "b").write_text("22")
        return opened(path, flags, *rest)

    monkeypatch.setattr(os, "open", meddle)
    assert faults(app) == [
        "images/app/a: it changed while it was being read; run this again",
        "images/app/b: it changed while it was being read; run this again",
    ]
