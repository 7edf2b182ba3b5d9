"""A TCP connection, with or without TLS, on the event loop."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import Optional

from ..errors import ConnectionLost, NoAnswer
from ..protocol.address import Address

_PIECE = 262_144


class AsyncChannel:
    """Sends and receives bytes. Its errors are ConnectionLost and NoAnswer."""

    def __init__(self, address: Address, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.address = address
        self._reader = reader
        self._writer = writer
        self._sending = asyncio.Lock()
        self._is_closed = False

    @staticmethod
    async def open(address: Address, timeout: float, tls: Optional[ssl.SSLContext]) -> AsyncChannel:
        """Connects, within `timeout` seconds."""
        try:
            # The limit bounds what lies here unread: twice as much stops the other side.
            reader, writer = await asyncio.wait_for(
                asyncio.open_connection(address.host, address.port, ssl=tls, limit=_PIECE), timeout)
        except asyncio.TimeoutError:
            raise NoAnswer(f"{address} was silent for {timeout:g} s.") from None
        except ssl.SSLError as error:
            raise ConnectionLost(f"TLS with {address} failed: {error}.") from error
        except OSError as error:
            raise ConnectionLost(
                f"There is no server at {address} ({error.strerror or error}): is it running, and is that its port?"
            ) from error
        stream = writer.get_extra_info("socket")
        if stream is not None:
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return AsyncChannel(address, reader, writer)

    def _lost(self, error: OSError) -> ConnectionLost:
        if self._is_closed:
            return ConnectionLost("The connection was closed.")
        return ConnectionLost(f"The connection to {self.address} broke ({error.strerror or error}).")

    async def send(self, data: bytes) -> None:
        """Sends the bytes after all those before, once the other side has taken enough of them."""
        try:
            async with self._sending:
                await self._writer.drain()
                self._writer.write(data)
        except OSError as error:
            raise self._lost(error) from error

    def send_soon(self, data: bytes) -> None:
        """Sends a few bytes without waiting for anything; does nothing on a closed connection."""
        if not self._writer.is_closing():
            self._writer.write(data)

    async def receive(self, timeout: Optional[float]) -> bytes:
        """The next bytes; ConnectionLost at the end; NoAnswer when none come for that many seconds (None: no limit)."""
        try:
            data = await asyncio.wait_for(self._reader.read(_PIECE), timeout)
        except asyncio.TimeoutError:
            raise NoAnswer(f"{self.address} was silent for {timeout:g} s.") from None
        except OSError as error:
            raise self._lost(error) from error
        if not data:
            raise ConnectionLost(
                "The connection was closed." if self._is_closed else f"{self.address} closed the connection.")
        return data

    def abort(self) -> None:
        """Closes the connection at once."""
        self._is_closed = True
        self._writer.transport.abort()

    async def __aenter__(self) -> AsyncChannel:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.abort()
