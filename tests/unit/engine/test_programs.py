from __future__ import annotations

import platform
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from forebear.engine.facts import platform as platform_name
from forebear.engine.programs import asking, ending

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OWN = platform_name("linux", platform.machine())
REQUEST = b"GET /here?a=b HTTP/1.0\r\nHost: localhost\r\n\r\n"
MACHINES = ["amd64", "386", "arm64", "arm/v7", "ppc64le", "riscv64", "s390x"]


class Echo(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(203)
        self.end_headers()
        self.wfile.write(b"x" * 10_000 + self.requestline.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def server() -> Iterator[int]:
    """The port of a server that answers with the request line, behind more than the program reads at once."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as serving:
        threading.Thread(target=serving.serve_forever, args=(0.01,), daemon=True).start()
        yield serving.server_address[1]
        serving.shutdown()


def ran(folder: Path, program: bytes | None) -> subprocess.CompletedProcess[bytes]:
    assert program is not None
    file = folder / "program"
    file.write_bytes(program)
    file.chmod(0o755)
    return subprocess.run([file], check=False, capture_output=True, timeout=20)


@pytest.mark.parametrize("name", MACHINES)
def test_they_are_small_and_for_their_machine(name: str) -> None:
    for made in (ending(f"linux/{name}"), asking(f"linux/{name}", 8080, REQUEST)):
        assert made is not None
        assert made[:4] == b"\x7fELF"
        assert len(made) < 512


@pytest.mark.parametrize("name", ["linux/mips64", "windows/amd64"])
def test_there_are_none_for_other_machines(name: str) -> None:
    assert ending(name) is None
    assert asking(name, 8080, REQUEST) is None


def test_one_ends_well(tmp_path: Path) -> None:
    assert ran(tmp_path, ending(OWN)).returncode == 0


def test_one_prints_what_a_port_answers(tmp_path: Path) -> None:
    with server() as port:
        done = ran(tmp_path, asking(OWN, port, REQUEST))
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    assert (done.returncode, head[:12]) == (0, b"HTTP/1.0 203")
    assert body == b"x" * 10_000 + b"GET /here?a=b HTTP/1.0"


def test_one_ends_with_7_where_nobody_listens(tmp_path: Path) -> None:
    with server() as port:
        pass
    done = ran(tmp_path, asking(OWN, port, REQUEST))
    assert (done.returncode, done.stdout) == (7, b"")
