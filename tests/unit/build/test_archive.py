from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forebear.build.archive import CHUNK
from forebear.build.context import Context, read_context, stream
from forebear.build.digests import Digests
from forebear.errors import BuildFailed
from forebear.workspace import Workspace

EPOCH = 1_790_000_000
DOCKERFILE = b"FROM scratch\nCOPY . /\n"


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "images" / "app"
    folder.mkdir(parents=True)
    return folder


def read(folder: Path) -> Context:
    with Digests(Workspace(folder.parents[1])) as digests:
        return read_context(folder, "images/app", digests)


def archive(context: Context, dockerfile: bytes = DOCKERFILE) -> bytes:
    return b"".join(stream(context, dockerfile, epoch=EPOCH))


def test_reads_back_as_exactly_the_entries(app: Path) -> None:
    long = "n" * 120
    (app / "lib" / long).mkdir(parents=True)
    (app / "lib" / long / "é").write_bytes(b"x" * 513)
    (app / "lib" / "run").write_bytes(b"1")
    (app / "lib" / "run").chmod(0o755)
    (app / "link").symlink_to(f"lib/{long}/é")
    context = read(app)
    with tarfile.open(fileobj=io.BytesIO(archive(context))) as tar:
        found = tar.getmembers()
        assert [tar.extractfile(member).read() for member in found if member.isfile()] == [  # type: ignore[union-attr]
            DOCKERFILE,
            b"x" * 513,
            b"1",
        ]
    assert [(m.name, m.mode, m.linkname) for m in found] == [
        ("Dockerfile", 0o644, ""),
        ("lib", 0o755, ""),
        (f"lib/{long}", 0o755, ""),
        (f"lib/{long}/é", 0o644, ""),
        ("lib/run", 0o755, ""),
        ("link", 0o777, f"lib/{long}/é"),
    ]
    assert {(m.uid, m.gid, m.uname, m.gname, m.mtime) for m in found} == {(0, 0, "", "", EPOCH)}


def test_gnu_tar_reads_it_too(app: Path, tmp_path: Path) -> None:
    (app / "folder").mkdir()
    (app / "folder" / ("é" * 60)).write_bytes(b"1")
    (app / "link").symlink_to("folder")
    out = tmp_path / "out"
    out.mkdir()
    data = archive(read(app))
    done = subprocess.run(["tar", "-xC", out], input=data, capture_output=True, check=True)
    assert done.stderr == b""
    (out / "Dockerfile").unlink()
    assert subprocess.run(["diff", "-r", "--no-dereference", app, out], check=False).returncode == 0


names = st.text(st.sampled_from("abé.-"), min_size=1, max_size=120).filter(lambda name: name not in (".", ".."))


@given(st.dictionaries(names, st.binary(max_size=1500), max_size=5))
def test_any_names_and_contents_read_back(files: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root, "images", "app")
        folder.mkdir(parents=True)
        fitting = {name: data for name, data in files.items() if len(name.encode()) <= 255}
        for name, data in fitting.items():
            (folder / name).write_bytes(data)
        context = read(folder)
        with tarfile.open(fileobj=io.BytesIO(archive(context))) as tar:
            found = {m.name: (m.mode, tar.extractfile(m).read()) for m in tar}  # type: ignore[union-attr]
    assert found == {"Dockerfile": (0o644, DOCKERFILE)} | {n: (0o644, data) for n, data in fitting.items()}


def test_is_the_same_bytes_each_time(app: Path) -> None:
    (app / "a").write_bytes(b"1")
    first = archive(read(app))
    os.utime(app / "a", (1, 1))
    (app / "a").chmod(0o600)
    assert archive(read(app)) == first
    assert archive(read(app), b"FROM other\n") != first


def test_comes_in_chunks_of_a_mebibyte_at_most(app: Path) -> None:
    (app / "big").write_bytes(bytes(3 * CHUNK + 1))
    for number in range(300):
        (app / str(number)).write_bytes(b"x" * 10)
    chunks = [len(chunk) for chunk in stream(read(app), bytes(2 * CHUNK), epoch=EPOCH)]
    assert max(chunks) == CHUNK
    assert len(chunks) < 12
    assert sum(chunks) % 512 == 0


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda file: file.write_bytes(b"x" * 999), ""),
        (lambda file: file.write_bytes(b"x" * 1001), ""),
        (lambda file: file.write_bytes(b"y" * 1000), ""),
        (lambda file: file.unlink(), " (no such file or directory)"),
        (lambda file: (file.unlink(), file.symlink_to("b")), " (too many levels of symbolic links)"),
        (lambda file: (file.unlink(), subprocess.run(["mkfifo", file], check=True)), ""),
        (lambda file: (file.unlink(), file.mkdir()), " (is a directory)"),  # it opens, and cannot be read
    ],
    ids=["shorter", "longer", "other bytes", "gone", "a link", "a pipe", "a folder"],
)
def test_a_file_that_changed_stops_it(app: Path, change: object, why: str) -> None:
    (app / "a").write_bytes(b"x" * 1000)
    (app / "b").write_bytes(b"x" * 1000)
    context = read(app)
    assert callable(change)
    change(app / "a")
    sent: list[bytes] = []
    with pytest.raises(BuildFailed) as caught:
        sent.extend(stream(context, DOCKERFILE, epoch=EPOCH))
    assert str(caught.value) == f"context file images/app/a changed while it was being sent{why}; run it again"
    assert sent == [], "what was not sent yet is not sent"


def test_a_big_file_that_changed_leaves_an_archive_without_an_end(app: Path) -> None:
    (app / "a").write_bytes(bytes(4 * CHUNK))
    context = read(app)
    with (app / "a").open("r+b") as file:
        file.seek(3 * CHUNK)
        file.write(b"x")
    sent: list[bytes] = []
    with pytest.raises(BuildFailed):
        sent.extend(stream(context, DOCKERFILE, epoch=EPOCH))
    assert len(sent) > 2
    with tarfile.open(fileobj=io.BytesIO(b"".join(sent))) as tar:
        assert tar.next()
        assert tar.next()
        with pytest.raises(tarfile.ReadError):
            tar.next()


def test_a_stream_that_is_given_up_closes_its_file(app: Path) -> None:
    (app / "a").write_bytes(bytes(4 * CHUNK))
    before = len(list(Path("/proc/self/fd").iterdir()))
    chunks = stream(read(app), DOCKERFILE, epoch=EPOCH)
    next(chunks)
    next(chunks)
    chunks.close()  # type: ignore[attr-defined]
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_file_of_100_mib_takes_no_memory(app: Path) -> None:
    """In a process of its own, whose peak says so (kB)."""
    size = 100 << 20
    with (app / "a").open("wb") as file:
        file.truncate(size)
    script = (
        "import re, sys; from pathlib import Path\n"
        "from forebear.build.context import read_context, stream\n"
        "from forebear.build.digests import Digests; from forebear.workspace import Workspace\n"
        "folder = Path(sys.argv[1])\n"
        "with Digests(Workspace(folder.parents[1])) as digests: context = read_context(folder, 'x', digests)\n"
        "print(sum(map(len, stream(context, b'', epoch=1))))\n"
        "print(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(app)], capture_output=True, text=True, check=True)
    sent, peak = map(int, done.stdout.split())
    assert sent == size + 4 * 512
    assert peak < 60_000


def test_numbers_that_a_plain_header_cannot_hold(app: Path) -> None:
    """9 GiB is more than 11 octal digits say; the digest of the file is made up, its header is what counts."""
    from forebear.build.archive import _describe, _header
    from forebear.build.context import Entry

    data = _header(_describe(Entry("a", "file", 0o644, 9 << 30, hashlib.sha256().hexdigest())), EPOCH)
    assert b"size=9663676416\n" in data
