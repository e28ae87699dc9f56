"""A plain connection to an engine, for what the SDK's HTTP sessions cannot carry: an upgraded one."""

from __future__ import annotations

import socket
import ssl
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from docker.tls import TLSConfig

    from forebear.engine.connect import Address

_SECONDS: Final = 30
_PORT: Final = 2375
_HEAD: Final = 1 << 14


@contextmanager
def upgraded(address: Address, path: str, headers: Iterable[tuple[str, str]]) -> Iterator[socket.socket]:
    """A connection that the engine has taken out of HTTP/1.1 (RFC 9110, 7.8), at a path of its API.

    Raises OSError where the engine cannot be reached or does not agree.
    """
    with dial(address) as connection:
        connection.settimeout(_SECONDS)
        lines = (f"POST {path} HTTP/1.1", "Host: docker", *(f"{name}: {value}" for name, value in headers))
        connection.sendall("".join(f"{line}\r\n" for line in (*lines, "")).encode("ascii"))
        status = _head(connection).split(b"\r\n")[0]
        if status.split(b" ")[1:2] != [b"101"]:
            raise ConnectionError(f"the engine answers {status.decode('latin-1')}")
        connection.settimeout(None)
        yield connection


def _head(connection: socket.socket) -> bytes:
    """The head of an answer, and no byte of what comes behind it."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte or len(head) > _HEAD:
            raise ConnectionError("the engine broke off")
        head += byte
    return head


@contextmanager
def dial(address: Address) -> Iterator[socket.socket]:
    """A connection to an engine: unix://, tcp://, with TLS where the address has it, or ssh://. Raises OSError."""
    url = urlsplit(address.host)
    if url.scheme in ("unix", "http+unix"):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(url.netloc + url.path)
            yield connection
    elif url.scheme == "ssh":
        with _over_ssh(url.username, url.hostname or "", url.port) as connection:
            yield connection
    else:
        with socket.create_connection((url.hostname, url.port or _PORT), _SECONDS) as connection:
            yield _secured(connection, address.tls, url.hostname or "") if address.tls else connection


def _secured(connection: socket.socket, tls: TLSConfig, host: str) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=tls.ca_cert)
    if tls.cert:
        context.load_cert_chain(*tls.cert)
    if not tls.verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(connection, server_hostname=host)


@contextmanager
def _over_ssh(user: str | None, host: str, port: int | None) -> Iterator[socket.socket]:
    """A connection through `docker system dial-stdio` at the other end of an SSH connection, as the Docker CLI's."""
    where = [*(["-l", user] if user else []), *(["-p", str(port)] if port else []), "--", host]
    command = ["ssh", *where, "docker", "system", "dial-stdio"]
    ours, theirs = socket.socketpair()
    with ours, subprocess.Popen(command, stdin=theirs.fileno(), stdout=theirs.fileno()) as ssh:  # noqa: S603 - as the SDK does
        theirs.close()
        try:
            yield ours
        finally:
            ours.close()
            ssh.terminate()
