"""Events, one after the other."""

from __future__ import annotations

import time
from typing import Iterable, Optional

from ..errors import ConnectionLost, NoAnswer, StreamEnded
from ..protocol.event_queue import EventQueue
from ..records import Event
from .connection import Connection


class EventStream:
    """The events of `Fleet.events`, from that call on: an iterator, which ends when it is closed.

    It holds as many unread events as it has capacity; when it is full, the oldest are dropped and counted in `lost`.
    """

    def __init__(self, connection: Connection, names: Iterable[str], capacity: int) -> None:
        self._connection = connection
        self._queue = EventQueue(names, capacity)
        self._is_closed = False
        self._arrival = connection.subscribe(self._queue)

    @property
    def lost(self) -> int:
        """How many events were dropped, here or by the server, because they were read too slowly."""
        return self._queue.lost

    def next(self, timeout: Optional[float] = None) -> Event:
        """The next event. NoAnswer: none came within `timeout` seconds (None: wait for ever); StreamEnded: the
        stream was closed; ConnectionLost: the connection ended."""
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._arrival:
            while True:
                event = self._queue.pop()
                if event is not None:
                    return event
                if self._is_closed:
                    raise StreamEnded("The stream of events was closed.")
                end = self._connection.end
                if end is not None:
                    raise end
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    raise NoAnswer(f"No such event came within {timeout:g} s.")
                self._arrival.wait(left)

    def __iter__(self) -> EventStream:
        return self

    def __next__(self) -> Event:
        try:
            return self.next()
        except StreamEnded:
            raise StopIteration from None

    def close(self) -> None:
        """Ends the stream, also for a thread that waits in it."""
        with self._arrival:
            if self._is_closed:
                return
            self._is_closed = True
            self._arrival.notify_all()
        try:
            self._connection.unsubscribe(self._queue)
        except ConnectionLost:
            # Nothing comes any more in any case.
            pass

    def __enter__(self) -> EventStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
