"""Downloads and uploads on port 6666 (section 5). What touches files runs on threads."""

from __future__ import annotations

import asyncio
from typing import Optional

from ..errors import ConnectionLost, DamagedTransfer, NoAnswer, ProtocolViolation
from ..files import Destination, Origin, Progress
from ..protocol.address import Address
from ..protocol.codes import Command
from ..protocol.packets import PacketDecoder
from ..protocol.retry import Retry
from ..protocol.transfer import SLOWEST_CAMERA, DownloadExchange, UploadExchange
from ..records import Downloaded, Ticket
from .channel import AsyncChannel
from .connection import AsyncConnection


async def download(
    connection: AsyncConnection, session: int, ticket: Ticket, destination: Destination, progress: Optional[Progress],
    code: Command = Command.DOWNLOAD_IMAGE
) -> Downloaded:
    """Fetches a file; takes it up again when the transfer breaks."""
    try:
        exchange = DownloadExchange(session, ticket, destination.prefix, destination.digest, code)
        retry = Retry()
        while not exchange.is_complete:
            try:
                async with await _channel(connection, ticket) as channel:
                    await _receive(channel, exchange, destination, progress, connection.timeout)
            except (ConnectionLost, NoAnswer) as error:
                await asyncio.sleep(retry.pause(error, exchange.offset))
        await asyncio.to_thread(destination.finish)
    except BaseException as error:
        destination.give_up(isinstance(error, (DamagedTransfer, ProtocolViolation)))
        raise
    return Downloaded(
        exchange.offset, ticket.mime, exchange.sha256, exchange.verified, destination.data, destination.path)


async def _channel(connection: AsyncConnection, ticket: Ticket) -> AsyncChannel:
    end = connection.end
    if end is not None:
        raise end
    return await AsyncChannel.open(
        Address(connection.address.host, ticket.port), connection.timeout, connection.tls)


async def _receive(
    channel: AsyncChannel, exchange: DownloadExchange, destination: Destination, progress: Optional[Progress],
    timeout: float
) -> None:
    decoder = PacketDecoder()
    await channel.send(exchange.start())
    while not exchange.is_complete:
        for packet in decoder.feed(await channel.receive(timeout)):
            content = exchange.receive(packet)
            if len(content):
                await asyncio.to_thread(destination.write, content)
                if progress is not None:
                    progress(exchange.offset, exchange.ticket.size)


async def upload(
    connection: AsyncConnection, session: int, ticket: Ticket, origin: Origin, progress: Optional[Progress]
) -> dict[str, object]:
    """Sends a file; takes it up again when the transfer breaks."""
    exchange = UploadExchange(session, ticket, origin.size)
    retry = Retry()
    while not exchange.is_complete:
        try:
            async with await _channel(connection, ticket) as channel:
                await _send(channel, exchange, origin, progress, connection.timeout)
        except (ConnectionLost, NoAnswer) as error:
            await asyncio.sleep(retry.pause(error, exchange.offset))
    return exchange.result


async def _send(
    channel: AsyncChannel, exchange: UploadExchange, origin: Origin, progress: Optional[Progress], timeout: float
) -> None:
    decoder = PacketDecoder()
    await channel.send(exchange.start())
    incoming = asyncio.ensure_future(channel.receive(None))
    try:
        while not exchange.is_complete:
            length = exchange.next_length if exchange.is_open else 0
            # An error may come at any moment; when all is sent, only the answer is left, and a camera takes its time.
            if not length:
                patience = timeout + origin.size / SLOWEST_CAMERA if exchange.is_open else timeout
                await asyncio.wait({incoming}, timeout=patience)
                if not incoming.done():
                    raise NoAnswer(f"{channel.address} was silent for {patience:g} s.")
            if incoming.done():
                for packet in decoder.feed(incoming.result()):
                    exchange.receive(packet)
                incoming = asyncio.ensure_future(channel.receive(None))
                continue
            content = await asyncio.to_thread(origin.read, exchange.offset, length)
            await asyncio.wait_for(channel.send(exchange.data(content)), timeout)
            if progress is not None:
                progress(exchange.offset, origin.size)
    except asyncio.TimeoutError:
        raise NoAnswer(f"{channel.address} was silent for {timeout:g} s.") from None
    finally:
        incoming.cancel()
        await asyncio.gather(incoming, return_exceptions=True)
