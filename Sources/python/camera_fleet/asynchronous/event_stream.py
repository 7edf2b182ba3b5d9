"""Events, one after the other."""

from __future__ import annotations

import asyncio
from typing import Iterable, Optional

from ..errors import ConnectionLost, NoAnswer, StreamEnded
from ..protocol.event_queue import EventQueue
from ..records import Event
from .connection import AsyncConnection


class AsyncEventStream:
    """The events of `AsyncFleet.events`, from that call on: an iterator, which ends when it is closed.

    It holds as many unread events as it has capacity; when it is full, the oldest are dropped and counted in `lost`.
    """

    def __init__(self, connection: AsyncConnection, queue: EventQueue, arrival: asyncio.Event) -> None:
        self._connection = connection
        self._queue = queue
        self._arrival = arrival
        self._is_closed = False

    @staticmethod
    async def open(connection: AsyncConnection, names: Iterable[str], capacity: int) -> AsyncEventStream:
        queue = EventQueue(names, capacity)
        return AsyncEventStream(connection, queue, await connection.subscribe(queue))

    @property
    def lost(self) -> int:
        """How many events were dropped, here or by the server, because they were read too slowly."""
        return self._queue.lost

    async def next(self, timeout: Optional[float] = None) -> Event:
        """The next event. NoAnswer: none came within `timeout` seconds (None: wait for ever); StreamEnded: the
        stream was closed; ConnectionLost: the connection ended."""
        try:
            return await asyncio.wait_for(self._next(), timeout)
        except asyncio.TimeoutError:
            raise NoAnswer(f"No such event came within {timeout:g} s.") from None

    async def _next(self) -> Event:
        while True:
            event = self._queue.pop()
            if event is not None:
                return event
            if self._is_closed:
                raise StreamEnded("The stream of events was closed.")
            end = self._connection.end
            if end is not None:
                raise end
            self._arrival.clear()
            await self._arrival.wait()

    def __aiter__(self) -> AsyncEventStream:
        return self

    async def __anext__(self) -> Event:
        try:
            return await self._next()
        except StreamEnded:
            raise StopAsyncIteration from None

    async def close(self) -> None:
        """Ends the stream, also for a task that waits in it."""
        if self._is_closed:
            return
        self._is_closed = True
        self._arrival.set()
        try:
            await self._connection.unsubscribe(self._queue)
        except ConnectionLost:
            # Nothing comes any more in any case.
            pass

    async def __aenter__(self) -> AsyncEventStream:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
