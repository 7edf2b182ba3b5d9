"""One connection to the command port (section 3), without its socket."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping, NamedTuple, Union

from ..errors import FleetError, ProtocolViolation, refusal
from ..records import Event, ServerInfo
from .codes import PROTOCOL_VERSION, PacketType, Response
from .packets import PacketDecoder, command
from .request import Answer

LONGEST_DATA = 67_108_864
"""The most data that an answer may bring on this port, in bytes: thumbnails are far smaller."""


class Settled(NamedTuple):
    """A command has its response."""

    transaction: int
    outcome: Union[Answer, FleetError]


class Broken(NamedTuple):
    """The server ends the connection, and says why."""

    error: FleetError


def read_greeting(event: Event) -> ServerInfo:
    """What CONNECTION_OK says; ProtocolViolation where this client does not fit the server."""
    try:
        server = ServerInfo.read(event.details)
    except (KeyError, TypeError, ValueError):
        raise ProtocolViolation("The server's greeting misses something; it may be of another version.") from None
    if server.protocol != PROTOCOL_VERSION:
        raise ProtocolViolation(
            f"The server speaks version {server.protocol} of the protocol, this client {PROTOCOL_VERSION}.")
    return server


@dataclass
class _Exchange:
    code: int
    session: int
    pieces: list[bytes] = field(default_factory=list)
    size: int = 0


class Conversation:
    """Makes commands' bytes, and tells what the bytes that come mean. It is not safe for use by several threads."""

    def __init__(self) -> None:
        self._decoder = PacketDecoder()
        self._running: dict[int, _Exchange] = {}
        self._last = 0

    def start(self, code: int, session: int, arguments: Mapping[str, Any]) -> tuple[int, bytes]:
        """Gives a command's transaction_ID and its bytes. ValueError: the arguments cannot be sent."""
        transaction = self._last % 0xFFFF_FFFF + 1
        while transaction in self._running:
            transaction = transaction % 0xFFFF_FFFF + 1
        packet = command(code, session, transaction, arguments)
        self._last = transaction
        self._running[transaction] = _Exchange(code, session)
        return transaction, packet

    def running(self, session: int) -> list[int]:
        """The transaction_IDs of that session's commands that have no response yet."""
        return [transaction for transaction, exchange in self._running.items() if exchange.session == session]

    def give_up(self, transaction: int) -> None:
        """Nobody waits for that command's response any more: what still comes of it is dropped."""
        self._running.pop(transaction, None)

    def receive(self, data: bytes) -> list[Union[Settled, Event, Broken]]:
        """Takes bytes from the server. ProtocolViolation: they are not those of a server."""
        outcomes: list[Union[Settled, Event, Broken]] = []
        for packet in self._decoder.feed(data):
            if packet.type is PacketType.EVENT:
                outcomes.append(Event(packet.number, packet.code, packet.json()))
                continue
            exchange = self._running.get(packet.number)
            if packet.type is PacketType.DATA:
                if exchange is not None:
                    exchange.size += len(packet.content)
                    if exchange.size > LONGEST_DATA:
                        raise ProtocolViolation("An answer brought more than 64 MiB of data.")
                    exchange.pieces.append(packet.content)
                continue
            if exchange is None:
                # Of a command that was given up; or, with 0, why the server closes the connection.
                if packet.number == 0 and packet.code != Response.OK:
                    outcomes.append(Broken(refusal(packet.code, packet.json())))
                continue
            del self._running[packet.number]
            details = packet.json()
            if packet.code == Response.OK:
                outcomes.append(Settled(packet.number, Answer(details, b"".join(exchange.pieces))))
            else:
                outcomes.append(Settled(packet.number, refusal(packet.code, details)))
        return outcomes
