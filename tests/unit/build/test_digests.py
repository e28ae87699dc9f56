from __future__ import annotations

import hashlib
import os
import sqlite3
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from forebear.build.digests import Changed, Digests, _seal, _settled
from forebear.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def written(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def settled(path: Path, data: bytes) -> Path:
    """A file whose last change is long enough ago to be remembered."""
    written(path, data)
    time.sleep(0.11)
    return path


def ask(place: Workspace, path: Path) -> str:
    with Digests(place) as digests:
        return digests.of(path, path.lstat())


def remembered(place: Workspace) -> dict[bytes, str]:
    with sqlite3.connect(place.state / "digests.db") as database:
        rows = database.execute("SELECT path, sealed FROM file").fetchall()
    database.close()
    return {path: sealed[:32].hex() for path, sealed in rows if path}


def plant(place: Workspace, digest: bytes) -> None:
    """Make the cache lie, so that an answer shows whether it came from there."""
    with sqlite3.connect(place.state / "digests.db") as database:
        for path, stamp in database.execute("SELECT path, stamp FROM file").fetchall():
            database.execute("UPDATE file SET sealed = ? WHERE path = ?", (_seal(stamp, digest), path))
    database.close()


LIE = bytes(32)


def test_is_the_sha256_of_the_contents(place: Workspace, tmp_path: Path) -> None:
    for size in (0, 1, 1 << 20, (1 << 20) + 1):
        data = b"x" * size
        (tmp_path / "a").write_bytes(data)
        assert ask(place, tmp_path / "a") == sha(data)


def test_a_second_run_does_not_read_an_unchanged_file(place: Workspace, tmp_path: Path) -> None:
    path = settled(tmp_path / "images" / "a", b"1")
    assert ask(place, path) == sha(b"1")
    assert remembered(place) == {b"images/a": sha(b"1")}
    plant(place, LIE)
    assert ask(place, path) == LIE.hex()
    with Digests(place) as digests:
        assert digests.below(tmp_path / "images").of(os.fsencode(path), path.lstat()) == LIE.hex()


def test_every_trace_of_a_change_is_seen(place: Workspace, tmp_path: Path) -> None:
    path = settled(tmp_path / "a", b"1")
    before = path.stat()
    ask(place, path)
    plant(place, LIE)

    path.write_bytes(b"2")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert ask(place, path) == sha(b"2"), "same size and mtime: the ctime tells"

    (tmp_path / "b").write_bytes(b"3")
    (tmp_path / "b").replace(path)
    assert ask(place, path) == sha(b"3"), "another file under the name: the inode tells"


def test_a_file_that_changed_just_now_is_not_remembered(place: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"1")
    assert ask(place, path) == sha(b"1")
    assert remembered(place) == {}
    path.write_bytes(b"2")
    assert ask(place, path) == sha(b"2")


def test_a_file_system_with_whole_seconds_waits_longer(tmp_path: Path) -> None:
    def status(ctime: int, mtime: int) -> os.stat_result:
        return os.stat_result([0] * 10, {"st_ctime_ns": ctime, "st_mtime_ns": mtime})

    second = 1_000_000_000
    now = 50 * second
    assert _settled(status(now - second // 2 + 1, 0), now)
    assert not _settled(status(now - second // 20 + 1, 0), now)
    assert not _settled(status(now - second, 0), now)
    assert _settled(status(now - 2 * second, 0), now)
    assert not _settled(status(1, now - second // 20), now)
    assert _settled(status(1, now + second), now), "a time ahead of the clock was set by hand"


def test_a_file_that_is_another_now(place: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"1")
    before = path.lstat()
    path.write_bytes(b"22")
    with Digests(place) as digests, pytest.raises(Changed, match="changed while it was being read"):
        digests.of(path, before)
    path.unlink()
    os.mkfifo(path)
    with Digests(place) as digests, pytest.raises(Changed):
        digests.of(path, before)
    path.unlink()
    path.symlink_to("b")
    with Digests(place) as digests, pytest.raises(OSError, match="symbolic links"):
        digests.of(path, before)
    path.unlink()
    with Digests(place) as digests, pytest.raises(FileNotFoundError):
        digests.of(path, before)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"no database"),
        lambda path: path.write_bytes(path.read_bytes()[:5000]),
        lambda path: path.write_bytes(path.read_bytes()[:4096] + b"\xaa" * (path.stat().st_size - 4096)),
        lambda path: sqlite3.connect(path).execute("PRAGMA user_version = 9").connection.close(),
        lambda path: sqlite3.connect(path).executescript("DROP TABLE file; CREATE TABLE file (x)").connection.close(),
        lambda path: path.write_bytes(b""),
    ],
    ids=["text", "short", "garbled", "another format", "other columns", "empty"],
)
def test_a_useless_database_is_replaced(place: Workspace, tmp_path: Path, damage: object) -> None:
    path = settled(tmp_path / "a", b"1")
    ask(place, path)
    assert callable(damage)
    damage(place.state / "digests.db")
    assert ask(place, path) == sha(b"1")
    assert ask(place, path) == sha(b"1")
    assert remembered(place) == {b"a": sha(b"1")}


def test_a_damaged_row_is_not_believed(place: Workspace, tmp_path: Path) -> None:
    path = settled(tmp_path / "a", b"1")
    ask(place, path)
    database = place.state / "digests.db"
    digest = bytes.fromhex(sha(b"1"))
    assert database.read_bytes().count(digest) == 1
    database.write_bytes(database.read_bytes().replace(digest, digest[:-1] + b"\0"))
    assert ask(place, path) == sha(b"1")
    assert remembered(place) == {b"a": sha(b"1")}


def test_a_database_that_turns_out_damaged_during_the_work(place: Workspace, tmp_path: Path) -> None:
    files = [tmp_path / f"{number:04}" for number in range(300)]
    for file in files:
        file.touch()
    settled(files[0], b"1")
    with Digests(place) as digests:
        for file in files:
            digests.of(file, file.lstat())
    database = place.state / "digests.db"
    pages = database.stat().st_size // 4096
    database.write_bytes(database.read_bytes()[:8192] + b"\xaa" * (pages - 2) * 4096)
    for _ in range(2):
        with Digests(place) as digests:
            assert [digests.of(file, file.lstat()) for file in files[1:]] == [sha(b"")] * 299
    assert len(remembered(place)) >= 299


@pytest.mark.parametrize("block", ["file", "folder"])
def test_without_a_place_for_the_database(place: Workspace, tmp_path: Path, block: str) -> None:
    if block == "file":
        (tmp_path / ".forebear").touch()
    else:
        (tmp_path / ".forebear" / "digests.db").mkdir(parents=True)
    path = settled(tmp_path / "a", b"1")
    with Digests(place) as digests:
        assert digests.of(path, path.lstat()) == sha(b"1")
        assert digests.of(path, path.lstat()) == sha(b"1")


def test_below_knows_that_folder_alone(place: Workspace, tmp_path: Path) -> None:
    names = ["a/1", "a/b/2", "a-b/3", "a0", "b/4"]
    files = [written(tmp_path / name, name.encode()) for name in names]
    time.sleep(0.11)
    with Digests(place) as digests:
        for file in files:
            digests.of(file, file.lstat())
    plant(place, LIE)
    with Digests(place) as digests:
        below = digests.below(tmp_path / "a")
        found = {name: below.of(os.fsencode(file), file.lstat()) for name, file in zip(names, files, strict=True)}
    lies = [name for name, digest in found.items() if digest == LIE.hex()]
    assert lies == ["a/1", "a/b/2"]


def test_the_project_itself_can_be_asked_for(place: Workspace, tmp_path: Path) -> None:
    path = settled(tmp_path / "é", b"1")
    ask(place, path)
    plant(place, LIE)
    with Digests(place) as digests:
        assert digests.below(tmp_path).of(os.fsencode(path), path.lstat()) == LIE.hex()


def test_one_that_was_closed_remembers_nothing_and_spoils_nothing(place: Workspace, tmp_path: Path) -> None:
    path = settled(tmp_path / "a", b"1")
    with Digests(place) as digests:
        digests.of(path, path.lstat())
    assert digests.of(path, path.lstat()) == sha(b"1")
    assert remembered(place) == {b"a": sha(b"1")}


def test_what_is_gone_is_forgotten(place: Workspace, tmp_path: Path) -> None:
    gone, kept, asked = (written(tmp_path / "a" / name, b"") for name in ("gone", "kept", "asked"))
    time.sleep(0.11)
    with Digests(place) as digests:
        for file in (gone, kept, asked):
            digests.of(file, file.lstat())
    gone.unlink()
    with Digests(place) as digests:
        below = digests.below(tmp_path / "a")
        below.of(os.fsencode(asked), asked.lstat())
        below.forget_rest()
    assert set(remembered(place)) == {b"a/kept", b"a/asked"}


def test_threads_share_one(place: Workspace, tmp_path: Path) -> None:
    files = [tmp_path / f"{folder}" / f"{number}" for folder in range(8) for number in range(50)]
    for file in files:
        written(file, str(file).encode())
    time.sleep(0.11)
    wrong: list[Path] = []

    def work(folder: int) -> None:
        below = digests.below(tmp_path / str(folder))
        mine = files[folder * 50 : folder * 50 + 50]
        found = {file: below.of(os.fsencode(file), file.lstat()) for file in mine}
        wrong.extend(file for file in mine if found[file] != sha(str(file).encode()))

    with Digests(place) as digests:
        threads = [threading.Thread(target=work, args=(folder,)) for folder in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong
    assert len(remembered(place)) == 400


def test_processes_share_one(place: Workspace, tmp_path: Path) -> None:
    """All start on no database at all; every one of them gets what it learnt written."""
    script = (
        "import sys; from pathlib import Path\n"
        "from forebear.build.digests import Digests; from forebear.workspace import Workspace\n"
        "with Digests(Workspace(Path(sys.argv[1]))) as digests:\n"
        "    for file in Path(sys.argv[1], sys.argv[2]).iterdir(): digests.of(file, file.lstat())\n"
    )
    for folder in "abcd":
        for number in range(50):
            written(tmp_path / folder / str(number), b"")
    time.sleep(0.11)
    command = [sys.executable, "-c", script, str(tmp_path)]
    processes = [subprocess.Popen([*command, folder], stderr=subprocess.PIPE) for folder in "abcd"]
    assert [(process.communicate()[1], process.returncode) for process in processes] == [(b"", 0)] * 4
    assert len(remembered(place)) == 200


def test_a_big_file_is_remembered_at_once(place: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "a"
    with path.open("wb") as file:
        file.truncate(16 << 20)
    time.sleep(0.11)
    with Digests(place) as digests:
        digests.of(path, path.lstat())
        assert list(remembered(place)) == [b"a"]
