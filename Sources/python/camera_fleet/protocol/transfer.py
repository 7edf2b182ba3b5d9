"""Downloads and uploads on port 6666 (section 5), without their sockets."""

from __future__ import annotations

import hashlib
from typing import Any, Optional

from ..errors import DamagedTransfer, ProtocolViolation, refusal
from ..records import Ticket
from .codes import LONGEST_PIECE, Command, PacketType, Response
from .packets import Packet, command, piece

_TRANSACTION = 1

SLOWEST_CAMERA = 250_000
"""How many bytes a second a camera takes at least, while an upload waits for its answer."""


def _response(packet: Packet) -> dict[str, Any]:
    if packet.type is not PacketType.RESPONSE:
        raise ProtocolViolation("The server sent something else than a response on the download port.")
    details = packet.json()
    if packet.code != Response.OK:
        raise refusal(packet.code, details)
    return details


class DownloadExchange:
    """One file on its way here, over as many connections as it takes.

    `start` begins on a connection, from where the file stands; `receive` takes each packet and gives the bytes to be
    kept. `code` is the command that gave the ticket. `prefix` is how much of the file is here already, and `digest`,
    where it is given, has read just that much.
    """

    def __init__(
        self, session: int, ticket: Ticket, prefix: int = 0, digest: Optional[hashlib._Hash] = None,
        code: Command = Command.DOWNLOAD_IMAGE
    ) -> None:
        self.ticket = ticket
        self.offset = prefix
        self.is_complete = False
        self.sha256: Optional[str] = None
        self.verified = False
        self._session = session
        self._code = code
        self._digest = digest if digest is not None else hashlib.sha256() if prefix == 0 else None
        self._is_open = False

    def start(self) -> bytes:
        """The command that begins the transfer, or takes it up again, on a new connection."""
        self._is_open = False
        return command(
            self._code, self._session, _TRANSACTION,
            {"ticket": self.ticket.ticket, "offset": self.offset})

    def receive(self, packet: Packet) -> memoryview:
        """Takes a packet and gives the file's next bytes, none for a response.

        The server's error when it refuses or breaks off; DamagedTransfer when SHA-256 or size are not the server's.
        """
        if packet.type is PacketType.DATA:
            offset, content = packet.piece()
            if not self._is_open or offset != self.offset or offset + len(content) > self.ticket.size:
                raise ProtocolViolation("The server sent a piece of the file that is out of place.")
            if self._digest is not None:
                self._digest.update(content)
            self.offset += len(content)
            return content
        details = _response(packet)
        if not self._is_open:
            self._is_open = True
        else:
            self._finish(details)
        return memoryview(b"")

    def _finish(self, details: dict[str, Any]) -> None:
        if self.offset != self.ticket.size or details.get("size", self.offset) != self.offset:
            raise DamagedTransfer(f"{self.offset} of {self.ticket.size} bytes came; download the file again.")
        sha256 = details.get("sha256")
        if self._digest is not None:
            own = self._digest.hexdigest()
            if sha256 is not None and sha256 != own:
                raise DamagedTransfer("The file was damaged on its way (its SHA-256 differs); download it again.")
            if self.ticket.sha256 not in (None, own):
                raise DamagedTransfer("The file was changed on the server's disk since it was saved.")
            self.sha256, self.verified = own, sha256 is not None or self.ticket.sha256 is not None
        else:
            self.sha256 = sha256
        self.is_complete = True


class UploadExchange:
    """One file on its way to a camera, over as many connections as it takes.

    `start` begins on a connection. After the first response, `offset` is what the server holds; the packets of
    `data` go from there, and the next response ends it (`is_complete`).
    """

    def __init__(self, session: int, ticket: Ticket, size: int) -> None:
        self.offset = 0
        self.is_open = False
        self.is_complete = False
        self.result: dict[str, Any] = {}
        self._session = session
        self._ticket = ticket
        self._size = size

    def start(self) -> bytes:
        """The command that begins the transfer, or takes it up again, on a new connection."""
        self.is_open = False
        return command(
            Command.UPLOAD_FILE, self._session, _TRANSACTION, {"ticket": self._ticket.ticket})

    def receive(self, packet: Packet) -> None:
        """Takes a response; the server's error when it refuses."""
        details = _response(packet)
        if self.is_open:
            self.result = details
            self.is_complete = True
            return
        offset = details.get("offset", 0)
        if not isinstance(offset, int) or not 0 <= offset <= self._size:
            raise ProtocolViolation("The server holds more of the file than there is.")
        self.offset = offset
        self.is_open = True

    @property
    def next_length(self) -> int:
        """How many bytes the next data packet takes; 0 when all are sent."""
        return min(LONGEST_PIECE, self._size - self.offset)

    def data(self, content: bytes) -> bytes:
        """The packet of the next bytes of the file."""
        packet = piece(Command.UPLOAD_FILE, self._session, _TRANSACTION, self.offset, content)
        self.offset += len(content)
        return packet
