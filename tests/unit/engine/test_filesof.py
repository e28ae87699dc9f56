from __future__ import annotations

import io
import tarfile
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from forebear.engine.asking import parsed
from forebear.engine.filesof import LARGEST, first, names
from forebear.engine.model import Answer, File


def tar(data: bytes = b"", **more: Any) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as made:
        member = tarfile.TarInfo("a")
        for name, value in {"size": len(data), "mode": 0o640, "uid": 3, "gid": 4, **more}.items():
            setattr(member, name, value)
        made.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def pieces(data: bytes, size: int = 100) -> Any:
    return (data[at : at + size] for at in range(0, len(data), size))


def test_a_file_a_folder_and_a_link() -> None:
    assert first(pieces(tar(b"x" * 3000))) == File("file", 0o640, 3, 4, b"x" * 3000)
    assert first(pieces(tar(type=tarfile.DIRTYPE))) == File("folder", 0o640, 3, 4, None)
    assert first(pieces(tar(type=tarfile.SYMTYPE, linkname="../b"))) == "../b"


def test_a_large_file_is_not_read() -> None:
    found = first(pieces(tar(b"x" * (LARGEST + 1)), 65536))
    assert found == File("file", 0o640, 3, 4, None)


@given(st.binary(max_size=2000), st.integers(0, 1023), st.binary(max_size=40))
def test_nothing_hostile_gets_out(noise: bytes, at: int, patch: bytes) -> None:
    first(iter([noise]))
    data = tar(b"x")
    first(pieces(data[:at] + patch + data[at + len(patch) :]))


def test_names() -> None:
    assert names(b"root:x:0:0::/:\n\nweb:x:12\nbad:x:q\n:x:3\n") == {"root": 0, "web": 12}
    assert names(None) == {}


def test_an_answer() -> None:
    assert parsed(b"HTTP/1.0 404 Not Found\r\nA: b\r\n\r\nbody\r\n\r\nmore") == Answer(404, "body\r\n\r\nmore")
    assert parsed(b"HTTP/1.1 200\n\nx") == Answer(200, "x")
    assert parsed(b"HTTP/1.1 204 No Content\r\n\r\n") == Answer(204, "")
    assert parsed(b"") is None
    assert parsed(b"SSH-2.0-x") is None
