"""The connection to the command port, shared by threads."""

from __future__ import annotations

import ssl
import threading
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeout
from copy import copy
from typing import Any, Optional, TypeVar

from ..errors import ConnectionLost, FleetError, NoAnswer
from ..protocol import body_requests, fleet_requests
from ..protocol.address import Address
from ..protocol.codes import EventCode
from ..protocol.conversation import Broken, Conversation, Settled, read_greeting
from ..protocol.event_queue import EventQueue, union
from ..protocol.request import Answer, Request
from ..records import Event, ServerInfo
from .channel import Channel

T = TypeVar("T")


class Connection:
    """Asks the server, from any number of threads; a thread of its own reads, and hands out responses and events.

    The reader never waits for anybody: a response has its place before it is asked for, and a full queue of events
    drops its oldest.
    """

    def __init__(self, address: Address, timeout: float, tls: Optional[ssl.SSLContext]) -> None:
        self.address = address
        self.timeout = timeout
        self.tls = tls
        self._lock = threading.Lock()
        self._conversation = Conversation()
        self._waiting: dict[int, Future[Answer]] = {}
        self._subscribing = threading.Lock()
        self._queues: dict[EventQueue, threading.Condition] = {}
        self._subscribed: Optional[frozenset[str]] = frozenset()
        self._end: Optional[FleetError] = None
        self._greeting: Future[ServerInfo] = Future()
        self._channel = Channel(address, timeout, tls)
        self._reader = threading.Thread(target=self._read, name=f"camera-fleet {address}", daemon=True)
        self._reader.start()
        try:
            self.server = self._await(self._greeting, timeout, "a greeting")
        except BaseException:
            self.close()
            raise

    @staticmethod
    def _await(future: Future[T], timeout: float, what: str) -> T:
        try:
            return future.result(timeout)
        except (FutureTimeout, CancelledError):
            raise NoAnswer(f"The server did not send {what} within {timeout:g} s.") from None

    def ask(self, request: Request[T], session: int = 0, timeout: Optional[float] = None) -> T:
        """Sends a command and waits for its response.

        The error of the response; NoAnswer after `timeout` seconds (the connection's own unless given) and the time
        that the command itself may take; ConnectionLost. A command of a session that is not waited for any more, also
        because of KeyboardInterrupt, is cancelled.
        """
        patience = (self.timeout if timeout is None else timeout) + request.takes
        answer: Future[Answer] = Future()
        transaction = self._send(request, session, answer)
        try:
            return request.value(self._await(answer, patience, "an answer"))
        except FleetError as error:
            if isinstance(error, NoAnswer):
                self._give_up(transaction, session)
            raise
        except BaseException:
            self._give_up(transaction, session)
            raise

    def running(self, session: int) -> list[int]:
        """The transaction_IDs of that session's commands that are waited for."""
        with self._lock:
            return self._conversation.running(session)

    def _send(self, request: Request[Any], session: int, answer: Optional[Future[Answer]]) -> int:
        with self._lock:
            if self._end is not None:
                raise copy(self._end)
            transaction, packet = self._conversation.start(request.code, session, request.arguments)
            if answer is None:
                self._conversation.give_up(transaction)
            else:
                self._waiting[transaction] = answer
        try:
            self._channel.send(packet)
        except FleetError as error:
            # Half a packet may have gone: nothing can follow it.
            self._finish(error)
            raise
        return transaction

    def _give_up(self, transaction: int, session: int) -> None:
        with self._lock:
            was_waiting = self._waiting.pop(transaction, None) is not None
            self._conversation.give_up(transaction)
        if was_waiting and session:
            try:
                self._send(body_requests.cancel(transaction), session, None)
            except FleetError:
                pass

    def _read(self) -> None:
        try:
            while True:
                data = self._channel.receive(None)
                with self._lock:
                    outcomes = self._conversation.receive(data)
                for outcome in outcomes:
                    if isinstance(outcome, Broken):
                        self._finish(outcome.error)
                        return
                    self._hand_out(outcome)
        except FleetError as error:
            self._finish(error)
        finally:
            self._channel.release()

    def _hand_out(self, outcome: Settled | Event) -> None:
        if isinstance(outcome, Settled):
            with self._lock:
                future = self._waiting.pop(outcome.transaction, None)
            if future is None:
                return
            if isinstance(outcome.outcome, FleetError):
                future.set_exception(outcome.outcome)
            else:
                future.set_result(outcome.outcome)
        elif outcome.code == EventCode.CONNECTION_OK:
            if not self._greeting.done():
                self._greeting.set_result(read_greeting(outcome))
        else:
            with self._lock:
                queues = list(self._queues.items())
            for queue, arrival in queues:
                with arrival:
                    if queue.put(outcome):
                        arrival.notify()

    def _finish(self, error: FleetError) -> None:
        """Nothing more comes: everybody who waits gets to know."""
        with self._lock:
            if self._end is None:
                self._end = error
            error = self._end
            waiting = list(self._waiting.values())
            self._waiting.clear()
            queues = list(self._queues.values())
        for future in waiting:
            future.set_exception(copy(error))
        if not self._greeting.done():
            self._greeting.set_exception(error)
        for arrival in queues:
            with arrival:
                arrival.notify_all()
        self._channel.close()

    @property
    def end(self) -> Optional[FleetError]:
        """Why nothing more comes; None while the connection lives."""
        return copy(self._end)

    def subscribe(self, queue: EventQueue) -> threading.Condition:
        """Puts events into the queue from now on; the condition guards the queue and tells of each event."""
        arrival = threading.Condition()
        with self._subscribing:
            with self._lock:
                self._queues[queue] = arrival
            try:
                self._renew_subscription()
            except BaseException:
                with self._lock:
                    self._queues.pop(queue, None)
                raise
        return arrival

    def unsubscribe(self, queue: EventQueue) -> None:
        """Puts no more events into the queue."""
        with self._subscribing:
            with self._lock:
                self._queues.pop(queue, None)
            if self._end is None:
                self._renew_subscription()

    def _renew_subscription(self) -> None:
        # A connection has one subscription: it holds what any of the queues wants.
        with self._lock:
            names = union(self._queues)
        if names == self._subscribed:
            return
        self.ask(fleet_requests.unsubscribe() if names == frozenset() else fleet_requests.subscribe(names))
        self._subscribed = names

    def close(self) -> None:
        """Closes the connection, and with it every session; commands still running get ConnectionLost."""
        self._finish(ConnectionLost("The connection was closed."))
        if self._reader is not threading.current_thread():
            self._reader.join()
