"""Packets and bytes (section 1)."""

from __future__ import annotations

import json
import struct
from typing import Any, Mapping, NamedTuple

from ..errors import ProtocolViolation
from .codes import HEADER_LENGTH, LONGEST_COMMAND, LONGEST_PACKET, PacketType

_HEADER = struct.Struct("<IHHI")
_PIECE = struct.Struct("<IQ")
_NUMBER = struct.Struct("<I")


class Packet(NamedTuple):
    """One packet from the server. `number` is the transaction_ID or an event's number; `content` is what follows."""

    type: PacketType
    code: int
    session: int
    number: int
    content: bytes

    def json(self) -> dict[str, Any]:
        """The content as a JSON object; ProtocolViolation if it is none."""
        try:
            value = json.loads(self.content) if self.content else {}
        except (ValueError, RecursionError) as error:
            raise ProtocolViolation("The server sent bad JSON; it may be of another version.") from error
        if not isinstance(value, dict):
            raise ProtocolViolation("The server sent JSON that is no object; it may be of another version.")
        return value

    def piece(self) -> tuple[int, memoryview]:
        """Offset and bytes of a download's data packet (section 5)."""
        if len(self.content) < 8:
            raise ProtocolViolation("A data packet of a download is too short.")
        return int.from_bytes(self.content[:8], "little"), memoryview(self.content)[8:]

    def frame(self) -> tuple[int, int, bytes]:
        """Number, time (ns since 1970) and JPEG of a live view frame (section 4)."""
        if len(self.content) < 12:
            raise ProtocolViolation("A live view frame is too short.")
        number, time = struct.unpack_from("<IQ", self.content)
        return number, time, self.content[12:]


def command(code: int, session: int, transaction: int, arguments: Mapping[str, Any]) -> bytes:
    """A command's bytes; an argument that is None is sent as null.

    ValueError: the arguments cannot be JSON, or make a packet longer than a server takes.
    """
    text = json.dumps(arguments, ensure_ascii=False, allow_nan=False, separators=(",", ":")) if arguments else ""
    body = text.encode()
    length = HEADER_LENGTH + _NUMBER.size + len(body)
    if length > LONGEST_COMMAND:
        raise ValueError(f"The arguments make a packet of {length} bytes; a server takes {LONGEST_COMMAND}.")
    return _HEADER.pack(length, PacketType.COMMAND, code, session) + _NUMBER.pack(transaction) + body


def piece(code: int, session: int, transaction: int, offset: int, content: bytes) -> bytes:
    """The bytes of an upload's data packet (section 5); `content` is at most LONGEST_PIECE."""
    length = HEADER_LENGTH + _PIECE.size + len(content)
    return _HEADER.pack(length, PacketType.DATA, code, session) + _PIECE.pack(transaction, offset) + content


class PacketDecoder:
    """Puts packets together from bytes as they come.

    It holds at most one packet (16 MiB) and what was fed last. ProtocolViolation when what comes is no packet of a
    server; the connection is of no use then.
    """

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, data: bytes) -> list[Packet]:
        """Takes bytes, and gives the packets that are whole now."""
        self._bytes += data
        packets = []
        start = 0
        while len(self._bytes) - start >= HEADER_LENGTH:
            length, kind, code, session = _HEADER.unpack_from(self._bytes, start)
            if not HEADER_LENGTH + _NUMBER.size <= length <= LONGEST_PACKET or kind not in (2, 3, 4):
                raise ProtocolViolation(
                    "What answers there does not speak this protocol: look at address and port (and TLS).")
            if len(self._bytes) - start < length:
                break
            body = start + HEADER_LENGTH
            (number,) = _NUMBER.unpack_from(self._bytes, body)
            with memoryview(self._bytes) as view:
                content = bytes(view[body + _NUMBER.size : start + length])
            start += length
            packets.append(Packet(PacketType(kind), code, session, number, content))
        del self._bytes[:start]
        return packets
