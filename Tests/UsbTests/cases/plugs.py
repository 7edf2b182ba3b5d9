"""Devices that can be plugged in, in any socket, and pulled out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import NamedTuple, Optional

import usb_bus
from monitor import monitor
from package import CARDS
from waiting import until


class Socket(NamedTuple):
    """A port of one of the machine's USB controllers, both counted as QEMU does: from 0, and from 1."""

    controller: int
    port: int


class Plug(ABC):
    """A device and its cable. `serial` is that of its USB descriptor, by which the kernel's word on it is found."""

    serial: str
    is_plugged = False

    @abstractmethod
    def plug_in(self) -> None:
        """Plugs it in, where it was last."""

    @abstractmethod
    def pull(self) -> None:
        """Pulls the plug, without a word before."""

    def wait_for_node(self) -> Path:
        """Waits until the kernel and udev have made its node."""
        return until(f"the node of {self.serial}", lambda: usb_bus.node_of(self.serial))

    def wait_until_gone(self) -> None:
        """Waits until the kernel knows that it is gone."""
        until(f"the kernel's word that {self.serial} is gone", lambda: usb_bus.folder_of(self.serial) is None)


class MtpDevice(Plug):
    """QEMU's `usb-mtp`: an MTP responder that nobody here wrote. Its card is a folder of the host."""

    count = 0

    def __init__(self, card: int, socket: Socket, serial: Optional[str] = None) -> None:
        self.folder = CARDS / f"card{card}"
        self.serial = serial or f"mtp-{card:03}"
        self.socket = socket
        self._name: Optional[str] = None

    def plug_in(self, socket: Optional[Socket] = None) -> None:
        """Plugs it in: in `socket`, or where it was last."""
        self.socket = socket or self.socket
        MtpDevice.count += 1
        name = f"mtp{MtpDevice.count}"
        monitor.ask(
            "device_add", driver="usb-mtp", id=name, rootdir=str(self.folder), serial=self.serial,
            bus=f"usb{self.socket.controller}.0", port=str(self.socket.port))
        self._name = name
        self.is_plugged = True

    def pull(self) -> None:
        if self._name is not None:
            monitor.ask("device_del", id=self._name)
            self._name = None
            self.is_plugged = False

    def pictures(self) -> dict[tuple[str, str], bytes]:
        """What is on its card: the content by folder, from the card's top, and name."""
        files = (file for file in self.folder.rglob("*") if file.is_file())
        return {
            ("/" + str(file.parent.relative_to(self.folder)).strip("."), file.name): file.read_bytes()
            for file in files
        }
