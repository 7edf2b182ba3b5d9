"""The connection to the command port, shared by tasks."""

from __future__ import annotations

import asyncio
import ssl
from copy import copy
from typing import Optional, TypeVar

from ..errors import ConnectionLost, FleetError, NoAnswer
from ..protocol import body_requests, fleet_requests
from ..protocol.address import Address
from ..protocol.codes import EventCode
from ..protocol.conversation import Broken, Conversation, Settled, read_greeting
from ..protocol.event_queue import EventQueue, union
from ..protocol.request import Answer, Request
from ..records import Event, ServerInfo
from .channel import AsyncChannel

T = TypeVar("T")


class AsyncConnection:
    """Asks the server, from any number of tasks of one event loop; a task of its own reads, and hands out responses
    and events.

    The reader never waits for anybody: a response has its place before it is asked for, and a full queue of events
    drops its oldest.
    """

    def __init__(self, channel: AsyncChannel, timeout: float, tls: Optional[ssl.SSLContext]) -> None:
        self.address = channel.address
        self.timeout = timeout
        self.tls = tls
        self._channel = channel
        self._conversation = Conversation()
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._subscribing = asyncio.Lock()
        self._queues: dict[EventQueue, asyncio.Event] = {}
        self._subscribed: Optional[frozenset[str]] = frozenset()
        self._end: Optional[FleetError] = None
        self._greeting: asyncio.Future[ServerInfo] = asyncio.get_running_loop().create_future()
        self._reader = asyncio.ensure_future(self._read())
        self.server: ServerInfo

    @staticmethod
    async def open(address: Address, timeout: float, tls: Optional[ssl.SSLContext]) -> AsyncConnection:
        """Connects and waits for the server's greeting."""
        connection = AsyncConnection(await AsyncChannel.open(address, timeout, tls), timeout, tls)
        try:
            connection.server = await asyncio.wait_for(connection._greeting, timeout)
        except asyncio.TimeoutError:
            await connection.close()
            raise NoAnswer(f"The server did not send a greeting within {timeout:g} s.") from None
        except BaseException:
            await connection.close()
            raise
        return connection

    async def ask(self, request: Request[T], session: int = 0, timeout: Optional[float] = None) -> T:
        """Sends a command and waits for its response.

        The error of the response; NoAnswer after `timeout` seconds (the connection's own unless given) and the time
        that the command itself may take; ConnectionLost. A command of a session that is not waited for any more, also
        because its task is cancelled, is cancelled.
        """
        if self._end is not None:
            raise copy(self._end)
        patience = (self.timeout if timeout is None else timeout) + request.takes
        transaction, packet = self._conversation.start(request.code, session, request.arguments)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[transaction] = answer
        try:
            return request.value(await asyncio.wait_for(self._exchange(packet, answer), patience))
        except asyncio.TimeoutError:
            self._give_up(transaction, session)
            raise NoAnswer(f"The server did not send an answer within {patience:g} s.") from None
        except BaseException:
            self._give_up(transaction, session)
            raise

    def running(self, session: int) -> list[int]:
        """The transaction_IDs of that session's commands that are waited for."""
        return self._conversation.running(session)

    async def _exchange(self, packet: bytes, answer: asyncio.Future[Answer]) -> Answer:
        await self._channel.send(packet)
        return await answer

    def _give_up(self, transaction: int, session: int) -> None:
        if self._waiting.pop(transaction, None) is None:
            return
        self._conversation.give_up(transaction)
        if session and self._end is None:
            request = body_requests.cancel(transaction)
            own, packet = self._conversation.start(request.code, session, request.arguments)
            self._conversation.give_up(own)
            self._channel.send_soon(packet)

    async def _read(self) -> None:
        try:
            while True:
                for outcome in self._conversation.receive(await self._channel.receive(None)):
                    if isinstance(outcome, Broken):
                        self._finish(outcome.error)
                        return
                    self._hand_out(outcome)
        except FleetError as error:
            self._finish(error)

    def _hand_out(self, outcome: Settled | Event) -> None:
        if isinstance(outcome, Settled):
            future = self._waiting.pop(outcome.transaction, None)
            if future is None or future.done():
                return
            if isinstance(outcome.outcome, FleetError):
                future.set_exception(outcome.outcome)
            else:
                future.set_result(outcome.outcome)
        elif outcome.code == EventCode.CONNECTION_OK:
            if not self._greeting.done():
                self._greeting.set_result(read_greeting(outcome))
        else:
            for queue, arrival in self._queues.items():
                if queue.put(outcome):
                    arrival.set()

    def _finish(self, error: FleetError) -> None:
        """Nothing more comes: everybody who waits gets to know."""
        if self._end is None:
            self._end = error
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(copy(self._end))
        self._waiting.clear()
        if not self._greeting.done():
            self._greeting.set_exception(copy(self._end))
        for arrival in self._queues.values():
            arrival.set()
        self._channel.abort()

    @property
    def end(self) -> Optional[FleetError]:
        """Why nothing more comes; None while the connection lives."""
        return copy(self._end)

    async def subscribe(self, queue: EventQueue) -> asyncio.Event:
        """Puts events into the queue from now on; what is given is set with each."""
        arrival = asyncio.Event()
        async with self._subscribing:
            self._queues[queue] = arrival
            try:
                await self._renew_subscription()
            except BaseException:
                self._queues.pop(queue, None)
                raise
        return arrival

    async def unsubscribe(self, queue: EventQueue) -> None:
        """Puts no more events into the queue."""
        async with self._subscribing:
            self._queues.pop(queue, None)
            if self._end is None:
                await self._renew_subscription()

    async def _renew_subscription(self) -> None:
        # A connection has one subscription: it holds what any of the queues wants.
        names = union(self._queues)
        if names == self._subscribed:
            return
        await self.ask(fleet_requests.unsubscribe() if names == frozenset() else fleet_requests.subscribe(names))
        self._subscribed = names

    async def close(self) -> None:
        """Closes the connection, and with it every session; commands still running get ConnectionLost."""
        self._finish(ConnectionLost("The connection was closed."))
        if self._greeting.done() and not self._greeting.cancelled():
            # Nobody may have asked for it; that is no error that was overlooked.
            self._greeting.exception()
        await asyncio.wait({self._reader})
