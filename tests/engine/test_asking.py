"""Asking over HTTP: an image without a shell or tools, a signal meanwhile, and the programs of other machines."""

from __future__ import annotations

import re
import signal
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import each_store
from engines import install, tags
from families import Family, ended

from forebear.engine.programs import _MACHINES, asking

if TYPE_CHECKING:
    import docker

EMULATORS = {
    "amd64": "x86_64",
    "386": "i386",
    "arm64": "aarch64",
    "arm/v7": "arm",
    "ppc64le": "ppc64le",
    "riscv64": "riscv64",
    "s390x": "s390x",
}
"""The machines that forebear can ask on, and what QEMU calls them."""

ASSEMBLE = Path(__file__).parents[2] / "tools/programs/assemble"

INSTRUCTIONS = """\
COPY httpd /httpd
COPY ["page", "/srv/a page"]
USER 1000
ENTRYPOINT ["/httpd", "-f", "-p", "8080", "-h", "/srv"]"""


@pytest.fixture
def family(family: Family) -> Family:
    """A family with an image of one program, which serves a page; its containers can be told from all others."""
    family.labels = {"project": family.project}
    busybox = Path(install("busybox", "busybox-static")).read_bytes()
    files: dict[str, str | bytes] = {"httpd": busybox, "page": "hello"}
    family.add("a", "scratch", INSTRUCTIONS, files=files)
    (family.root / "images/a/httpd").chmod(0o755)
    return family


def gated(family: Family, **http: object) -> None:
    entry = family.images["a"]
    entry["tests"] = [{"name": "serves", "http": {"port": 8080, **http}, "timeout": 3}]
    family.declare()


def left(client: docker.APIClient, family: Family) -> list[object]:
    return list(client.containers(all=True, filters={"label": f"project={family.project}"}))


@each_store
def test_an_image_needs_no_shell_to_be_asked(family: Family, client: docker.APIClient) -> None:
    gated(family, path="/a page", text="hello")
    assert family.build() == {"a": "built"}
    gated(family, path="/none")
    assert 'gate "serves": GET /none gave status 404, not 200' in family.forebear("test", code=3).out
    gated(family, path="/a page", body="^bye")
    assert "the body of /a page does not match '^bye'" in family.forebear("test", code=3).out
    gated(family, port=1)
    assert "port 1 did not answer within 3 s" in family.forebear("test", code=3).out
    assert not left(client, family)


@each_store
def test_a_server_that_says_nothing_does_not_keep_a_gate(family: Family, client: docker.APIClient) -> None:
    silent = 'COPY httpd /nc\nCOPY httpd /sleep\nENTRYPOINT ["/nc", "-l", "-p", "8080", "-e", "/sleep", "50"]'
    family.template("a", silent)
    gated(family)
    assert family.build() == {"a": "failed"}
    assert "port 8080 did not answer within 3 s" in (family.root / ".forebear/logs/a.log").read_text()
    assert not left(client, family)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_meanwhile_leaves_no_container(
    family: Family, client: docker.APIClient, number: signal.Signals
) -> None:
    gated(family, port=1)
    family.images["a"]["tests"][0]["timeout"] = 50
    family.declare()
    process = family.start("build", "-v")
    while not any(each["State"] == "running" for each in left(client, family)):  # type: ignore[index]
        assert process.poll() is None
    process.send_signal(number)
    ended(process, 130, seconds=20)
    assert tags(client, family.project) == []
    assert not left(client, family)


@pytest.mark.parametrize("machine", EMULATORS)
def test_each_machine_is_asked_by_its_own_program(machine: str, tmp_path: Path) -> None:
    emulator = install(f"qemu-{EMULATORS[machine]}-static", "qemu-user-static")
    (tmp_path / "page").write_text("x" * 10_000)
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        program = asking(f"linux/{machine}", server.server_address[1], b"GET /page HTTP/1.0\r\n\r\n")
        assert program is not None
        (tmp_path / "program").write_bytes(program)
        (tmp_path / "program").chmod(0o755)
        done = subprocess.run([emulator, tmp_path / "program"], capture_output=True, timeout=20, check=True)
        server.shutdown()
    assert done.stdout.startswith(b"HTTP/1.0 200 OK\r\n")
    assert done.stdout.endswith(b"\r\n\r\n" + b"x" * 10_000)


def test_each_program_is_what_its_source_says() -> None:
    assemblers = set(re.findall(r"\S+-linux-gnu\S*", ASSEMBLE.read_text()))
    assert len(assemblers) == 6
    for each in sorted(assemblers):
        install(f"{each}-as", f"binutils-{each.replace('_', '-')}")
    said = subprocess.run([ASSEMBLE], capture_output=True, text=True, check=True).stdout
    assert dict(line.split() for line in said.splitlines()) == {name: each.ask for name, each in _MACHINES.items()}
