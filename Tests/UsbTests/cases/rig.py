"""A server, and devices that are plugged in and out beside it: what the list says against what is plugged."""

from __future__ import annotations

import unittest
from typing import Optional, Sequence

import package  # noqa: F401
import usb_bus
from camera_fleet import CameraInfo, Event, Fleet, NoAnswer
from plugs import MtpDevice, Plug, Socket
from server import Server
from virtual_rig import VirtualRig
from waiting import until, until_equal

PLUGGED = frozenset(("connecting", "ready", "busy", "fault"))
SETTLING = 120.0
"""Seconds in which a whole rig that was plugged in at once is ready, on an emulated machine."""


class Rig:
    """Starts a server without any device; `devices` are not plugged in yet, or are by virtual-camera."""

    def __init__(self, test: unittest.TestCase | type[unittest.TestCase], mtp: int, virtual: int) -> None:
        clean = test.addClassCleanup if isinstance(test, type) else test.addCleanup
        self.devices: list[Plug] = [MtpDevice(number, Socket(number % 2, 1 + number // 2)) for number in range(mtp)]
        for device in self.devices:
            clean(device.pull)
        if virtual:
            bodies = VirtualRig(virtual)
            clean(bodies.stop)
            self.devices += bodies.bodies
        for device in self.devices[mtp:]:
            device.pull()
            device.wait_until_gone()
        self.server = Server()
        clean(self.server.stop)
        self.fleet = Fleet(self.server.address, timeout=60)
        clean(self.fleet.close)
        until_equal("a list without bodies", [], self.plugged)
        self.idle_workers = len(self.server.workers)
        self.idle_descriptors = self.server.descriptors

    def plugged(self) -> list[str]:
        """The ports of the bodies that the list has as plugged in."""
        return sorted(info.port for info in self.fleet.cameras() if info.state in PLUGGED)

    def info(self, device: Plug) -> Optional[CameraInfo]:
        """What the list says of the device, found by its place on the bus."""
        node = usb_bus.node_of(device.serial)
        if node is None:
            return None
        port = f"usb:{node.parent.name},{node.name}"
        return next((info for info in self.fleet.cameras() if info.port == port and info.state in PLUGGED), None)

    def settle(self, plugged: Sequence[Plug], seconds: float = SETTLING) -> dict[str, str]:
        """Waits until the list has these devices, all of them ready, and no other; gives their ids by serial number."""
        def state() -> list[tuple[str, str]]:
            ports = {}
            for device in plugged:
                node = usb_bus.node_of(device.serial)
                ports[f"usb:{node.parent.name},{node.name}" if node else device.serial] = device.serial
            return sorted(
                (ports.get(info.port, info.port), info.state) for info in self.fleet.cameras()
                if info.state in PLUGGED)

        try:
            until_equal(
                "the list of what is plugged in", sorted((device.serial, "ready") for device in plugged), state, seconds)
        except AssertionError as error:
            errors = [(info.id, info.error) for info in self.fleet.cameras() if info.error]
            raise AssertionError(f"{error}; {errors}; the server logged: {self.server.log[-3000:]}") from None
        ids = {}
        for device in plugged:
            info = until(f"{device.serial} in the list", lambda: self.info(device))
            ids[device.serial] = info.id
        return ids

    def expect_nothing_left_over(self) -> None:
        """With every plug pulled: no process and no descriptor more than before the first was plugged in."""
        self.settle([])
        until_equal("the workers", self.idle_workers, lambda: len(self.server.workers))
        until(
            f"no descriptor more than {self.idle_descriptors}",
            lambda: self.server.descriptors <= self.idle_descriptors)


class Comings:
    """Hears camera_attached and camera_detached from now on."""

    def __init__(self, rig: Rig) -> None:
        self._stream = rig.fleet.events("camera_attached", "camera_detached", capacity=10_000)
        self.heard: list[tuple[str, str]] = []

    def drain(self) -> list[tuple[str, str]]:
        """All that came until now: what, and the id."""
        while True:
            try:
                event: Event = self._stream.next(0)
            except NoAnswer:
                return self.heard
            self.heard.append((event.name.removeprefix("camera_"), event["id"]))

    def of(self, id: str) -> list[str]:
        return [what for what, whose in self.drain() if whose == id]

    def close(self) -> None:
        self._stream.close()
