"""Downloads and uploads on port 6666 (section 5)."""

from __future__ import annotations

import time
from typing import Optional

from ..errors import ConnectionLost, DamagedTransfer, NoAnswer, ProtocolViolation
from ..files import Destination, Origin, Progress
from ..protocol.address import Address
from ..protocol.codes import Command
from ..protocol.packets import PacketDecoder
from ..protocol.retry import Retry
from ..protocol.transfer import SLOWEST_CAMERA, DownloadExchange, UploadExchange
from ..records import Downloaded, Ticket
from .channel import Channel
from .connection import Connection


def download(
    connection: Connection, session: int, ticket: Ticket, destination: Destination, progress: Optional[Progress],
    code: Command = Command.DOWNLOAD_IMAGE
) -> Downloaded:
    """Fetches a file; takes it up again when the transfer breaks."""
    damaged = False
    try:
        exchange = DownloadExchange(session, ticket, destination.prefix, destination.digest, code)
        retry = Retry()
        while not exchange.is_complete:
            try:
                with _channel(connection, ticket) as channel:
                    _receive(channel, exchange, destination, progress, connection.timeout)
            except (ConnectionLost, NoAnswer) as error:
                time.sleep(retry.pause(error, exchange.offset))
        destination.finish()
    except BaseException as error:
        damaged = isinstance(error, (DamagedTransfer, ProtocolViolation))
        destination.give_up(damaged)
        raise
    return Downloaded(
        exchange.offset, ticket.mime, exchange.sha256, exchange.verified, destination.data, destination.path)


def _channel(connection: Connection, ticket: Ticket) -> Channel:
    end = connection.end
    if end is not None:
        raise end
    return Channel(Address(connection.address.host, ticket.port), connection.timeout, connection.tls)


def _receive(
    channel: Channel, exchange: DownloadExchange, destination: Destination, progress: Optional[Progress], timeout: float
) -> None:
    decoder = PacketDecoder()
    channel.send(exchange.start())
    while not exchange.is_complete:
        for packet in decoder.feed(channel.receive(timeout)):
            content = exchange.receive(packet)
            if len(content):
                destination.write(content)
                if progress is not None:
                    progress(exchange.offset, exchange.ticket.size)


def upload(
    connection: Connection, session: int, ticket: Ticket, origin: Origin, progress: Optional[Progress]
) -> dict[str, object]:
    """Sends a file; takes it up again when the transfer breaks."""
    exchange = UploadExchange(session, ticket, origin.size)
    retry = Retry()
    while not exchange.is_complete:
        try:
            with _channel(connection, ticket) as channel:
                _send(channel, exchange, origin, progress, connection.timeout)
        except (ConnectionLost, NoAnswer) as error:
            time.sleep(retry.pause(error, exchange.offset))
    return exchange.result


def _send(
    channel: Channel, exchange: UploadExchange, origin: Origin, progress: Optional[Progress], timeout: float
) -> None:
    decoder = PacketDecoder()
    channel.send(exchange.start())
    while not exchange.is_complete:
        length = exchange.next_length if exchange.is_open else 0
        # An error may come at any moment; when all is sent, only the answer is left, and a camera takes its time.
        patience = timeout + origin.size / SLOWEST_CAMERA if exchange.is_open else timeout
        data = channel.take() if length else channel.receive(patience)
        for packet in decoder.feed(data):
            exchange.receive(packet)
        if length and exchange.is_open and not exchange.is_complete:
            channel.send(exchange.data(origin.read(exchange.offset, length)))
            if progress is not None:
                progress(exchange.offset, origin.size)
