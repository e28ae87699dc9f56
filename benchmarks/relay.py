"""A way to a port of this machine on which everything takes its time, as on a network."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager, suppress
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def relayed(port: int, seconds: float) -> Iterator[int]:
    """A port that leads to another one; every byte arrives that many seconds after it was sent, in both directions."""
    if not seconds:
        yield port
        return
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        server = runner.run(asyncio.start_server(partial(_connected, port, seconds), "127.0.0.1", 0))
        thread = Thread(target=loop.run_forever)
        thread.start()
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()


async def _connected(port: int, seconds: float, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(asyncio.CancelledError):  # at the end, when connections are left
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_carry(reader, there_writer, seconds), _carry(there_reader, writer, seconds))


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    while data := await reader.read(1 << 16):
        loop.call_later(seconds, writer.write, data)
    loop.call_later(seconds, writer.close)
