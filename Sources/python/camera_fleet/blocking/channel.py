"""A TCP connection, with or without TLS, whose two sides two threads may use at once."""

from __future__ import annotations

import select
import socket
import ssl
import threading
from typing import Optional

from ..errors import ConnectionLost, NoAnswer
from ..protocol.address import Address

_PIECE = 262_144


class Channel:
    """Sends and receives bytes. Its errors are ConnectionLost and NoAnswer.

    Python's TLS sockets are not safe for a reader and a writer at once, so TLS is done in memory here, under a lock
    that nobody holds while he waits for the network.
    """

    def __init__(self, address: Address, timeout: float, tls: Optional[ssl.SSLContext] = None) -> None:
        self.address = address
        self._timeout = timeout
        self._sending = threading.Lock()
        self._state = threading.Lock()
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls: Optional[ssl.SSLObject] = None
        self._is_closed = False
        try:
            self._socket = socket.create_connection(address, timeout=timeout)
        except socket.timeout:
            raise NoAnswer(f"{address} was silent for {timeout:g} s.") from None
        except OSError as error:
            raise ConnectionLost(
                f"There is no server at {address} ({error.strerror or error}): is it running, and is that its port?"
            ) from error
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls is not None:
                self._tls = tls.wrap_bio(self._incoming, self._outgoing, server_hostname=address.host)
                self._shake_hands(self._tls)
        except ssl.SSLError as error:
            self._socket.close()
            raise ConnectionLost(f"TLS with {address} failed: {error}.") from error
        except OSError as error:
            self._socket.close()
            raise self._lost(error) from error
        except BaseException:
            self._socket.close()
            raise

    def _shake_hands(self, tls: ssl.SSLObject) -> None:
        while True:
            try:
                tls.do_handshake()
                self._flush()
                return
            except ssl.SSLWantReadError:
                self._flush()
                data = self._socket.recv(_PIECE)
                if not data:
                    raise ConnectionLost(f"{self.address} closed the connection: does it speak TLS?") from None
                self._incoming.write(data)

    def _flush(self) -> None:
        data = self._outgoing.read()
        if data:
            self._socket.sendall(data)

    def _lost(self, error: OSError) -> Exception:
        if isinstance(error, socket.timeout):
            return NoAnswer(f"{self.address} was silent for {self._timeout:g} s.")
        if self._is_closed:
            return ConnectionLost("The connection was closed.")
        return ConnectionLost(f"The connection to {self.address} broke ({error.strerror or error}).")

    def send(self, data: bytes) -> None:
        """Sends it all; NoAnswer when the other side takes nothing for the channel's timeout."""
        with self._sending:
            try:
                if self._tls is None:
                    self._socket.sendall(data)
                    return
                with self._state:
                    self._tls.write(data)
                    encrypted = self._outgoing.read()
                self._socket.sendall(encrypted)
            except OSError as error:
                raise self._lost(error) from error

    def receive(self, timeout: Optional[float]) -> bytes:
        """The next bytes; ConnectionLost at the end; NoAnswer when none come for that many seconds (None: no limit)."""
        while True:
            try:
                if not self._is_readable(timeout):
                    raise NoAnswer(f"{self.address} was silent for {timeout:g} s.")
                data = self._socket.recv(_PIECE)
                if data and self._tls is not None:
                    data = self._decrypt(self._tls, data)
                    if not data:
                        continue
            except OSError as error:
                raise self._lost(error) from error
            if not data:
                raise ConnectionLost(
                    "The connection was closed." if self._is_closed else f"{self.address} closed the connection.")
            return data

    def take(self) -> bytes:
        """The bytes that are there now, which may be none; ConnectionLost at the end."""
        try:
            return self.receive(0)
        except NoAnswer:
            return b""

    def _is_readable(self, timeout: Optional[float]) -> bool:
        descriptor = self._socket.fileno()
        if descriptor < 0:
            raise ConnectionLost("The connection was closed.")
        if hasattr(select, "poll"):
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            return bool(poll.poll(None if timeout is None else timeout * 1000))
        return bool(select.select([descriptor], [], [], timeout)[0])

    def _decrypt(self, tls: ssl.SSLObject, data: bytes) -> bytes:
        clear = bytearray()
        with self._state:
            self._incoming.write(data)
            try:
                while piece := tls.read(_PIECE):
                    clear += piece
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLZeroReturnError:
                if not clear:
                    raise ConnectionLost(f"{self.address} closed the connection.") from None
        # What TLS itself has to say now goes out with the next bytes that are sent.
        return bytes(clear)

    def close(self) -> None:
        """Closes the connection; who waits to receive gets ConnectionLost."""
        self._is_closed = True
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def release(self) -> None:
        """Gives the socket back, once nobody else uses the channel."""
        self.close()
        with self._sending:
            self._socket.close()

    def __enter__(self) -> Channel:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
