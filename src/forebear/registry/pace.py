"""HTTP connections that wait for nobody for ever: an answer has to come at a least speed, headers and all.

The time-outs of requests hold for each read alone: a server that sends a byte now and then is never late.
"""

from __future__ import annotations

import http.client
import io
import time
from typing import TYPE_CHECKING, Any, Final

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    import socket

    from urllib3.poolmanager import ProxyManager

SECONDS: Final = 30.0
"""How long an answer may take to come, whatever its size."""

SLOWEST: Final = 16 * 1024
"""How many bytes a second have to come once that time is over."""


class _Paced(io.RawIOBase):
    """What a socket receives, as long as it comes quickly enough; TimeoutError after that."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._raw = connection.makefile("rb", buffering=0)
        self._begun = time.monotonic()
        self._received = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._begun + SECONDS + self._received / SLOWEST - time.monotonic()
        if left <= 0:
            raise TimeoutError("it takes too long")
        self._socket.settimeout(min(left, SECONDS))
        count: int | None = self._raw.readinto(buffer)
        self._received += count or 0
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp.close()
        self.fp = io.BufferedReader(_Paced(sock), 1 << 16)


class _Connection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS: Final = {"http": _Pool, "https": _SecurePool}


class PacedAdapter(HTTPAdapter):
    """Lets a session of requests use such connections, to a proxy too."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the pools of connections."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **options: Any) -> ProxyManager:
        """Make the pools of connections to a proxy."""
        manager: ProxyManager = super().proxy_manager_for(*args, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager
