"""A live view stream on port 4444 (section 4), without its socket."""

from __future__ import annotations

from collections import deque
from typing import Optional

from ..errors import FleetError, ProtocolViolation, TransactionCancelled, refusal
from ..records import Frame, Ticket
from .codes import Command, PacketType, Response
from .packets import PacketDecoder, command

_TRANSACTION = 1


class ViewExchange:
    """A stream's frames: the newest `capacity` that were not taken yet.

    When it is full the oldest is dropped and counted in `missed`: a viewer that is too slow sees what is new. Frames
    that the server left out are not counted; the gaps in the numbers tell of them. It is not safe for use by several
    threads.
    """

    def __init__(self, session: int, ticket: Ticket, capacity: int) -> None:
        if capacity < 1:
            raise ValueError("A live view has room for one frame at least.")
        self.missed = 0
        self.is_open = False
        self.is_over = False
        self.error: Optional[FleetError] = None
        self._session = session
        self._ticket = ticket
        self._capacity = capacity
        self._decoder = PacketDecoder()
        self._frames: deque[Frame] = deque()

    def start(self) -> bytes:
        """The command that opens the stream."""
        return command(
            Command.START_LIVE_VIEW, self._session, _TRANSACTION, {"ticket": self._ticket.ticket})

    def receive(self, data: bytes) -> None:
        """Takes bytes from the server. ProtocolViolation: they are not those of a server."""
        for packet in self._decoder.feed(data):
            if packet.type is PacketType.DATA:
                if len(self._frames) == self._capacity:
                    self._frames.popleft()
                    self.missed += 1
                self._frames.append(Frame(*packet.frame()))
            elif packet.type is PacketType.RESPONSE:
                if packet.code != Response.OK:
                    self.end(refusal(packet.code, packet.json()))
                elif self.is_open:
                    self.end(None)
                self.is_open = True
            else:
                raise ProtocolViolation("The server sent an event on the live view port.")

    def end(self, error: Optional[FleetError]) -> None:
        """The stream is over: by its STOP or its session's end (no error, or Transaction_Cancelled), or by an error,
        which is raised once every frame that came was taken."""
        if not self.is_over:
            self.is_over = True
            self.error = None if isinstance(error, TransactionCancelled) else error

    def clear(self) -> None:
        """Drops the frames that nobody will take."""
        self._frames.clear()

    def pop(self) -> Optional[Frame]:
        """The oldest frame that is here; None when there is none."""
        return self._frames.popleft() if self._frames else None
