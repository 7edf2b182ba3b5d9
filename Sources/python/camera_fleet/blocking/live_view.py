"""Live view, frame after frame."""

from __future__ import annotations

import threading
import time
from typing import Optional

from ..errors import FleetError, NoAnswer, StreamEnded
from ..protocol.address import Address
from ..protocol.view import ViewExchange
from ..records import Frame, Ticket
from .channel import Channel
from .connection import Connection


class LiveView:
    """The frames of `Body.live_view`: an iterator, which ends when it is closed or when the session ends.

    A thread of its own reads, and keeps the newest few frames; when they are not taken in time the oldest is dropped
    and counted in `missed`.
    """

    def __init__(self, connection: Connection, session: int, ticket: Ticket, capacity: int) -> None:
        self._exchange = ViewExchange(session, ticket, capacity)
        self._arrival = threading.Condition()
        self._is_closed = False
        self._timeout = connection.timeout
        self._channel = Channel(Address(connection.address.host, ticket.port), connection.timeout, connection.tls)
        self._reader = threading.Thread(target=self._read, name="camera-fleet live view", daemon=True)
        self._reader.start()

    @property
    def missed(self) -> int:
        """How many frames came here and were dropped because they were taken too slowly."""
        return self._exchange.missed

    def _read(self) -> None:
        error: Optional[FleetError] = None
        try:
            self._channel.send(self._exchange.start())
            while not self._exchange.is_over:
                data = self._channel.receive(None)
                with self._arrival:
                    self._exchange.receive(data)
                    self._arrival.notify_all()
        except FleetError as lost:
            error = lost
        finally:
            self._channel.release()
            with self._arrival:
                self._exchange.end(error)
                self._arrival.notify_all()

    def next(self, timeout: Optional[float] = None) -> Frame:
        """The next frame. NoAnswer: none came within `timeout` seconds (the fleet's unless given); StreamEnded: the
        stream is over; or why it ended: CameraUnplugged, CameraFault, OperationNotSupported, ConnectionLost."""
        patience = self._timeout if timeout is None else timeout
        deadline = time.monotonic() + patience
        with self._arrival:
            while True:
                if self._is_closed:
                    raise StreamEnded("The live view was closed.")
                frame = self._exchange.pop()
                if frame is not None:
                    return frame
                if self._exchange.is_over:
                    raise self._exchange.error or StreamEnded("The live view ended with its session, or was stopped.")
                left = deadline - time.monotonic()
                if left <= 0:
                    raise NoAnswer(f"No frame came within {patience:g} s.")
                self._arrival.wait(left)

    def __iter__(self) -> LiveView:
        return self

    def __next__(self) -> Frame:
        try:
            return self.next()
        except StreamEnded:
            raise StopIteration from None

    def close(self) -> None:
        """Ends the stream, on the server too."""
        with self._arrival:
            self._is_closed = True
            self._exchange.clear()
            self._arrival.notify_all()
        self._channel.close()
        if self._reader is not threading.current_thread():
            self._reader.join()

    def __enter__(self) -> LiveView:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
