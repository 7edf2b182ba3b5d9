"""Where a server is."""

from __future__ import annotations

from typing import NamedTuple

from .codes import COMMAND_PORT


class Address(NamedTuple):
    """A host's name or address, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @staticmethod
    def parse(text: str) -> Address:
        """Reads `host`, `host:port`, `[::1]`, `[::1]:port` or `::1`; without a port it is 5555.

        ValueError: the text is none of these.
        """
        host, separator, port = text, "", ""
        if text.startswith("["):
            host, closed, rest = text[1:].partition("]")
            if not closed or (rest and not rest.startswith(":")):
                raise ValueError(f"{text!r} is no address: it should be host:port.")
            separator, port = rest[:1], rest[1:]
        elif text.count(":") == 1:
            host, separator, port = text.partition(":")
        number = COMMAND_PORT
        if separator:
            number = int(port) if port.isascii() and port.isdigit() else 0
        if not host or not 0 < number < 65536:
            raise ValueError(f"{text!r} is no address: it should be host:port.")
        return Address(host, number)
