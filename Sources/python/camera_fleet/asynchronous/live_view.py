"""Live view, frame after frame."""

from __future__ import annotations

import asyncio
from typing import Optional

from ..errors import FleetError, NoAnswer, StreamEnded
from ..protocol.address import Address
from ..protocol.view import ViewExchange
from ..records import Frame, Ticket
from .channel import AsyncChannel
from .connection import AsyncConnection


class AsyncLiveView:
    """The frames of `AsyncBody.live_view`: an iterator, which ends when it is closed or when the session ends.

    A task of its own reads, and keeps the newest few frames; when they are not taken in time the oldest is dropped
    and counted in `missed`.
    """

    def __init__(self, channel: AsyncChannel, exchange: ViewExchange, timeout: float) -> None:
        self._channel = channel
        self._exchange = exchange
        self._timeout = timeout
        self._arrival = asyncio.Event()
        self._is_closed = False
        self._reader = asyncio.ensure_future(self._read())

    @staticmethod
    async def open(connection: AsyncConnection, session: int, ticket: Ticket, capacity: int) -> AsyncLiveView:
        exchange = ViewExchange(session, ticket, capacity)
        address = Address(connection.address.host, ticket.port)
        channel = await AsyncChannel.open(address, connection.timeout, connection.tls)
        return AsyncLiveView(channel, exchange, connection.timeout)

    @property
    def missed(self) -> int:
        """How many frames came here and were dropped because they were taken too slowly."""
        return self._exchange.missed

    async def _read(self) -> None:
        error: Optional[FleetError] = None
        try:
            await self._channel.send(self._exchange.start())
            while not self._exchange.is_over:
                self._exchange.receive(await self._channel.receive(None))
                self._arrival.set()
        except FleetError as lost:
            error = lost
        finally:
            self._channel.abort()
            self._exchange.end(error)
            self._arrival.set()

    async def next(self, timeout: Optional[float] = None) -> Frame:
        """The next frame. NoAnswer: none came within `timeout` seconds (the fleet's unless given); StreamEnded: the
        stream is over; or why it ended: CameraUnplugged, CameraFault, OperationNotSupported, ConnectionLost."""
        patience = self._timeout if timeout is None else timeout
        try:
            return await asyncio.wait_for(self._next(), patience)
        except asyncio.TimeoutError:
            raise NoAnswer(f"No frame came within {patience:g} s.") from None

    async def _next(self) -> Frame:
        while True:
            if self._is_closed:
                raise StreamEnded("The live view was closed.")
            frame = self._exchange.pop()
            if frame is not None:
                return frame
            if self._exchange.is_over:
                raise self._exchange.error or StreamEnded("The live view ended with its session, or was stopped.")
            self._arrival.clear()
            await self._arrival.wait()

    def __aiter__(self) -> AsyncLiveView:
        return self

    async def __anext__(self) -> Frame:
        try:
            return await self.next()
        except StreamEnded:
            raise StopAsyncIteration from None

    async def close(self) -> None:
        """Ends the stream, on the server too."""
        self._is_closed = True
        self._exchange.clear()
        self._arrival.set()
        self._channel.abort()
        await asyncio.wait({self._reader})

    async def __aenter__(self) -> AsyncLiveView:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
