"""A server that plays a script, byte for byte, on loopback ports."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from typing import Any, Callable, NamedTuple, Optional

PATIENCE = 10.0

CAMERA = (
    b'{"id":"nikon-d7500-1","camera_number":3,"name":"left","model":"D7500","manufacturer":"Nikon","serial":"1",'
    b'"port":"usb:001,002","state":"fault","error":{"error":"Camera_Fault","message":"It hangs."},"groups":["ring"],'
    b'"battery":80,"locked_by":4,"sessions":2,"live_view":true,"can":["capture","preview"],"new":1}')
"""A CAMERA_INFO with everything in it."""


class Received(NamedTuple):
    """A packet that a client sent, taken apart by hand."""

    type: int
    code: int
    session: int
    body: bytes

    @property
    def transaction(self) -> int:
        return int.from_bytes(self.body[:4], "little")

    @property
    def json(self) -> Any:
        return json.loads(self.body[4:] or b"{}")


def packet(type: int, code: int, session: int, number: int, content: bytes = b"") -> bytes:
    return struct.pack("<IHHII", 16 + len(content), type, code, session, number) + content


class Peer:
    """The server's side of one connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.socket.settimeout(PATIENCE)
        self._stream = connection.makefile("rb")

    def read(self, count: int) -> bytes:
        data = self._stream.read(count)
        if len(data) != count:
            raise EOFError
        return data

    def receive(self) -> Received:
        length, type, code, session = struct.unpack("<IHHI", self.read(12))
        return Received(type, code, session, self.read(length - 12))

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self, command: Received, content: bytes = b"{}", code: int = 0x2001) -> None:
        self.send(packet(3, code, command.session, command.transaction, content))

    def wait_for_end(self) -> None:
        """Reads until the client closes."""
        while self.socket.recv(65536):
            pass

    def open_session(self, greeting: bytes) -> None:
        """Greets the client, and opens the session 5 for it."""
        self.send(greeting)
        self.answer(self.receive(), b'{"session_ID":5,"camera":%s}' % CAMERA)

    def say_farewell(self) -> None:
        """Answers CLOSE_CONNECTION, which must come now, and waits for the client's end."""
        command = self.receive()
        assert command.code == 0x0999, command
        self.answer(command)
        self.wait_for_end()

    def cut(self) -> None:
        """Breaks the connection off, as a router does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        self._stream.close()
        self.socket.close()


Script = Callable[[Peer], None]


class PlayedServer:
    """Plays one script for each connection: the first of `commands` for the first connection, and so on.

    At the end of the `with` block every script must have come to its end; what went wrong in one is raised.
    """

    def __init__(
        self, *commands: Script, views: tuple[Script, ...] = (), transfers: tuple[Script, ...] = (),
        tls: Optional[ssl.SSLContext] = None
    ) -> None:
        self._tls = tls
        self._failures: list[BaseException] = []
        self._threads: list[threading.Thread] = []
        self._listeners = [self._listen(scripts) for scripts in (views, transfers, commands)]
        self.view_port, self.transfer_port, self.port = (each.getsockname()[1] for each in self._listeners)
        self.address = f"127.0.0.1:{self.port}"
        self.greeting = packet(4, 0x0800, 0, 1, json.dumps({
            "server": "played/1.0", "protocol": 1, "authentication": "none", "live_view_port": self.view_port,
            "download_port": self.transfer_port, "time": 1_700_000_000_000_000_000}).encode())

    def _listen(self, scripts: tuple[Script, ...]) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(PATIENCE)
        if scripts:
            thread = threading.Thread(target=self._play, args=(listener, scripts), daemon=True)
            self._threads.append(thread)
        return listener

    def _play(self, listener: socket.socket, scripts: tuple[Script, ...]) -> None:
        try:
            for script in scripts:
                connection, _ = listener.accept()
                if self._tls is not None:
                    connection = self._tls.wrap_socket(connection, server_side=True)
                peer = Peer(connection)
                try:
                    script(peer)
                finally:
                    peer.close()
        except BaseException as failure:
            self._failures.append(failure)

    def __enter__(self) -> PlayedServer:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: Optional[type], *_: object) -> None:
        for thread in self._threads:
            thread.join(PATIENCE if kind is None else 0.5)
        for listener in self._listeners:
            listener.close()
        if kind is None:
            for failure in self._failures:
                raise failure
            if any(thread.is_alive() for thread in self._threads):
                raise TimeoutError("A script did not come to its end.")
