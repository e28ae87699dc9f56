from __future__ import annotations

import errno
import gzip
import os
import tarfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forebear.contents.archive import spool
from forebear.errors import BuildFailed, EngineRefused, EngineUnreachable

from .layers import Made, chunked, digest, layer, saved

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

LOWER = layer([Made("etc", type=b"5"), Made("etc/a", b"a" * 3000)])
UPPER = layer([Made("b", b"b")])
WANTED = {digest(LOWER), digest(UPPER)}


def blob(data: bytes) -> tuple[str, bytes]:
    return f"blobs/sha256/{digest(data)[7:]}", data


def plain() -> bytes:
    return saved(("oci-layout", b"{}"), blob(b"{config}"), blob(LOWER), blob(UPPER), ("manifest.json", b"[]"))


def packed() -> bytes:
    return saved(blob(gzip.compress(UPPER)), blob(b"{config}"), blob(gzip.compress(LOWER)), ("index.json", b"{}"))


def in_parts() -> bytes:
    return saved(blob(gzip.compress(LOWER[:700]) + gzip.compress(LOWER[700:])), blob(UPPER))


def legacy() -> bytes:
    members = [("1/VERSION", b"1.0"), ("1/layer.tar", LOWER), ("2/layer.tar", UPPER), ("manifest.json", b"[]")]
    entries = [Made(name, data) for name, data in members]
    return layer([Made("1", type=b"5"), *entries, Made("3/layer.tar", type=b"2", link="../2/layer.tar")])


@pytest.mark.parametrize("form", [plain, packed, in_parts, legacy])
class TestForms:
    def test_each_wanted_layer_has_its_file(self, form: Callable[[], bytes], tmp_path: Path) -> None:
        found = spool(chunked(form()), WANTED, tmp_path)
        assert {name: path.read_bytes() for name, path in found.items()} == {
            digest(LOWER): LOWER,
            digest(UPPER): UPPER,
        }
        assert set(tmp_path.iterdir()) == set(found.values())

    def test_others_are_left(self, form: Callable[[], bytes], tmp_path: Path) -> None:
        (path,) = spool(chunked(form()), {digest(UPPER)}, tmp_path).values()
        assert list(tmp_path.iterdir()) == [path]

    def test_one_that_is_missing_is_named(self, form: Callable[[], bytes], tmp_path: Path) -> None:
        with pytest.raises(EngineRefused, match=f"layer sha256:{'f' * 64} is missing from the image"):
            spool(chunked(form()), {f"sha256:{'f' * 64}"}, tmp_path)
        assert list(tmp_path.iterdir()) == []


class TestStream:
    def test_nothing_is_read_where_nothing_is_wanted_and_little_where_little_is(self, tmp_path: Path) -> None:
        read: list[bytes] = []
        closed: list[bool] = []

        def stream() -> Generator[bytes]:
            try:
                for chunk in chunked(saved(blob(UPPER), blob(LOWER * 100)), 20480):
                    read.append(chunk)
                    yield chunk
            finally:
                closed.append(True)

        spool(stream(), {digest(UPPER)}, tmp_path)
        assert sum(map(len, read)) < 100_000
        assert closed == [True]

    @pytest.mark.parametrize("size", [0, 512, 11_000])
    def test_one_that_ends_too_early_is_told(self, size: int, tmp_path: Path) -> None:
        with pytest.raises(EngineRefused, match=r"the engine saved cannot be read|is missing"):
            spool(chunked(plain()[:size]), WANTED, tmp_path)
        assert all(path.suffix == ".tar" for path in tmp_path.iterdir())

    def test_one_whose_engine_could_not_read_a_layer_names_it(self, tmp_path: Path) -> None:
        """The engine ends its answer there, at times with a few words instead of a member."""
        stream = saved(blob(UPPER))[: tarfile.BLOCKSIZE + len(UPPER)] + b'{"message":"no such blob"}'
        with pytest.raises(EngineRefused, match=f"layer {digest(LOWER)} is missing from the image"):
            spool(chunked(stream), WANTED, tmp_path)

    def test_an_engine_that_goes_away_is_told_as_such(self, tmp_path: Path) -> None:
        def stream() -> Generator[bytes]:
            yield plain()[:11_000]
            raise EngineUnreachable("the engine went away")

        with pytest.raises(EngineUnreachable):
            spool(stream(), WANTED, tmp_path)
        assert all(path.suffix == ".tar" for path in tmp_path.iterdir())

    def test_zstd_is_refused_by_its_name(self, tmp_path: Path) -> None:
        stream = saved(blob(b"\x28\xb5\x2f\xfd" + b"0" * 100), blob(LOWER))
        with pytest.raises(EngineRefused, match="1 compressed with zstd; only layers"):
            spool(chunked(stream), WANTED, tmp_path)
        assert len(spool(chunked(stream), {digest(LOWER)}, tmp_path)) == 1

    @pytest.mark.parametrize(
        "broken",
        [gzip.compress(LOWER)[:-20], gzip.compress(LOWER) + b"junk", b"\x1f\x8bjunk"],
        ids=["cut short", "followed by more", "begun only"],
    )
    def test_broken_compression_is_told(self, broken: bytes, tmp_path: Path) -> None:
        with pytest.raises(EngineRefused, match="cannot be read"):
            spool(chunked(saved(blob(broken))), WANTED, tmp_path)
        assert list(tmp_path.iterdir()) == []

    def test_a_bomb_of_headers_is_refused(self, tmp_path: Path) -> None:
        stream = layer([Made("x", b"1" * 2**20 + b"1", type=b"x")])
        with pytest.raises(EngineRefused, match=r"an extended header of 1,048,577 bytes"):
            spool(chunked(stream), WANTED, tmp_path)


class TestFolder:
    def test_names_of_members_lead_nowhere(self, tmp_path: Path) -> None:
        folder = tmp_path / "in"
        folder.mkdir()
        names = ("../../evil/layer.tar", "/etc/evil", "blobs/sha256/../../../evil")
        found = spool(
            chunked(saved(*((name, LOWER) for name in names), ("blobs/sha256/x", UPPER))), {digest(LOWER)}, folder
        )
        assert found == {digest(LOWER): folder / f"{digest(LOWER)[7:]}.tar"}
        assert list(tmp_path.iterdir()) == [folder]

    def test_one_that_cannot_take_them_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(BuildFailed, match=r"cannot be put into .*absent: No such file.*; make room"):
            spool(chunked(plain()), WANTED, tmp_path / "absent")

    def test_a_full_disk_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(self: Path, _target: Path) -> Path:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(type(tmp_path), "rename", full)
        with pytest.raises(BuildFailed, match="No space left on device"):
            spool(chunked(plain()), WANTED, tmp_path)
        assert list(tmp_path.iterdir()) == []


MUTATED = st.builds(
    lambda at, cut, put: plain()[:at] + put + plain()[at + cut :],
    st.integers(0, 12_000),
    st.integers(0, 600),
    st.binary(max_size=600),
)


@given(st.binary(max_size=2000) | MUTATED)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_raise_nothing_but_our_errors(tmp_path: Path, data: bytes) -> None:
    try:
        found = spool(chunked(data), WANTED, tmp_path)
    except EngineRefused:
        return
    assert {digest(path.read_bytes()) for path in found.values()} == WANTED
