"""USB devices that are played by this process: the data phase of USB/IP to the kernel's vhci_hcd.

Written from the kernel's Documentation/usb/usbip_protocol.rst; all numbers of it are big-endian.
"""

from __future__ import annotations

import errno
import socket
import struct
import threading
from pathlib import Path
from typing import Optional

from plugs import Plug

_HUB = Path("/sys/devices/platform/vhci_hcd.0")
_HIGH_SPEED = 3
_SUBMIT, _UNLINK, _RET_SUBMIT, _RET_UNLINK = 1, 2, 3, 4
_FREE = "004"
_HEADER = 48

_attaching = threading.Lock()


def _free_port() -> int:
    for line in (_HUB / "status").read_text().splitlines():
        fields = line.split()
        if fields[0] == "hs" and fields[2] == _FREE:
            return int(fields[1])
    raise OSError(errno.EBUSY, "No port of vhci_hcd is free.")


def _shut(link: socket.socket) -> None:
    try:
        link.shutdown(socket.SHUT_RDWR)
    except OSError:
        # The kernel had let go of its end.
        pass


def descriptor(kind: int, content: bytes) -> bytes:
    return bytes((len(content) + 2, kind)) + content


class PlayedDevice(Plug):
    """A high-speed device with a still image interface (6/1/1) that answers standard requests, and nothing else: what
    is sent to it is taken, and what is read of it never comes. Subclasses change what it says."""

    vendor, product = 0x1209, 0x0001

    def __init__(self, serial: str) -> None:
        self.serial = serial
        self._link: Optional[socket.socket] = None
        self._thread: Optional[threading.Thread] = None

    def plug_in(self) -> None:
        own, kernels = socket.socketpair()
        with kernels, _attaching:
            port = _free_port()
            (_HUB / "attach").write_text(f"{port} {kernels.fileno()} {port + 1} {_HIGH_SPEED}")
        self._link = own
        self._thread = threading.Thread(target=self._serve, args=(own,), daemon=True)
        self._thread.start()

    def pull(self) -> None:
        if self._link is None:
            return
        _shut(self._link)
        if self._thread is not None:
            self._thread.join(10)
        self._link.close()
        self._link = None

    # What it says of itself

    def device_descriptor(self) -> bytes:
        return descriptor(1, struct.pack(
            "<HBBBBHHHBBBB", 0x0200, 0, 0, 0, 64, self.vendor, self.product, 0x0100, 1, 2, 3, 1))

    def configuration(self) -> bytes:
        body = descriptor(4, bytes((0, 0, 3, 6, 1, 1, 0)))
        for address, attributes, size, interval in ((0x81, 2, 512, 0), (0x02, 2, 512, 0), (0x83, 3, 64, 6)):
            body += descriptor(5, struct.pack("<BBHB", address, attributes, size, interval))
        return descriptor(2, struct.pack("<HBBBBB", 9 + len(body), 1, 1, 0, 0x80, 250)) + body

    def text(self, index: int) -> Optional[str]:
        return {1: "CameraFleet", 2: "Odd camera", 3: self.serial}.get(index)

    def control(self, setup: bytes) -> Optional[bytes]:
        """The answer to a control request to the device; None is a stall."""
        kind, request, value, index, _ = struct.unpack("<BBHHH", setup)
        if (kind, request) == (0x80, 6):
            what = value >> 8
            if what == 1:
                return self.device_descriptor()
            if what == 2:
                return self.configuration()
            if what == 3:
                text = self.text(value & 0xFF)
                content = b"\x09\x04" if value & 0xFF == 0 else text.encode("utf-16-le", "surrogatepass") if text else None
                return None if content is None else descriptor(3, content)
            return None
        if (kind & 0x7F, request) in ((0, 9), (1, 11), (0, 1), (1, 1), (2, 1), (0, 3)):
            return b""
        return b"\0\0" if kind & 0xE0 == 0x80 and request == 0 else None

    # The link

    def _serve(self, link: socket.socket) -> None:
        waiting: set[int] = set()
        try:
            with link.makefile("rb") as stream:
                while len(header := stream.read(_HEADER)) == _HEADER:
                    command, number, _, goes_in, endpoint = struct.unpack(">5I", header[:20])
                    if command == _UNLINK:
                        unlinked, = struct.unpack(">I", header[20:24])
                        status = -errno.ECONNRESET if unlinked in waiting else 0
                        waiting.discard(unlinked)
                        link.sendall(struct.pack(">5Ii24x", _RET_UNLINK, number, 0, 0, 0, status))
                        continue
                    length, = struct.unpack(">i", header[24:28])
                    content = b"" if goes_in else stream.read(length)
                    if endpoint != 0 and goes_in:
                        waiting.add(number)
                        continue
                    answer = self.control(header[40:48]) if endpoint == 0 else b""
                    status = 0 if answer is not None else -errno.EPIPE
                    data = (answer or b"")[:length] if goes_in else b""
                    actual = len(data) if goes_in else len(content)
                    link.sendall(
                        struct.pack(">5IiiIII8x", _RET_SUBMIT, number, 0, 0, 0, status, actual, 0, 0, 0) + data)
        except OSError:
            # The plug was pulled.
            return
        finally:
            # Whatever ends this, the kernel is not left waiting.
            _shut(link)


class SilentCamera(PlayedDevice):
    """Claims to be a camera, and never answers."""


class GarbageCamera(PlayedDevice):
    """Claims to be a camera with descriptors that are none: of length 0, longer than what holds them, cut off."""

    def configuration(self) -> bytes:
        usual = super().configuration()
        body = usual[9:] + b"\x00\x21" + b"\xff\x24\x06\x01" + bytes(range(200, 256)) + b"\x09\x04\x01"
        return usual[:2] + struct.pack("<H", 9 + len(body)) + usual[4:9] + body

    def text(self, index: int) -> Optional[str]:
        return self.serial if index == 3 else "\ud83d\0\uffff\n\x1b[31m" * 12
