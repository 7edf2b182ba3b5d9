"""The machine itself: what is plugged in comes to the kernel and to udev, in any socket, and goes."""

from __future__ import annotations

import subprocess
import unittest

import package  # noqa: F401
import usb_bus
from plugs import MtpDevice, Socket
from usbip import SilentCamera
from waiting import until


class MachineTests(unittest.TestCase):
    def test_devices_come_all_at_once_with_nodes_of_their_own_and_go(self) -> None:
        devices = [MtpDevice(number, Socket(number % 2, 15 - number // 2)) for number in range(8)]
        for device in devices:
            self.addCleanup(device.pull)
            device.plug_in()
        self.assertEqual(len({device.wait_for_node() for device in devices}), 8)
        for device in devices:
            device.pull()
        for device in devices:
            device.wait_until_gone()

    def test_a_device_that_is_replugged_in_another_socket_is_there_again(self) -> None:
        device = MtpDevice(0, Socket(0, 1))
        self.addCleanup(device.pull)
        places = set()
        for socket in (Socket(0, 1), Socket(1, 1), Socket(0, 15)):
            device.plug_in(socket)
            device.wait_for_node()
            folder = usb_bus.folder_of(device.serial)
            assert folder is not None
            places.add(folder.name)
            device.pull()
            device.wait_until_gone()
        self.assertEqual(len(places), 3)

    def test_a_socket_takes_one_device_after_the_other_at_once(self) -> None:
        devices = [MtpDevice(number, Socket(0, 7)) for number in range(4)]
        for device in devices:
            self.addCleanup(device.pull)
        for _ in range(3):
            for device in devices:
                device.plug_in()
                device.pull()
        devices[-1].plug_in()
        devices[-1].wait_for_node()
        for device in devices[:-1]:
            device.wait_until_gone()

    def test_udev_knows_a_camera_when_it_sees_one(self) -> None:
        device = SilentCamera("camera-of-the-machine")
        device.plug_in()
        self.addCleanup(device.pull)
        node = device.wait_for_node()

        def properties() -> str:
            return subprocess.run(
                ["udevadm", "info", "--query=property", str(node)], capture_output=True, text=True, check=False).stdout

        until("udev's word", lambda: "ID_USB_INTERFACES=:060101:" in properties())
        self.assertIn("ID_SERIAL_SHORT=camera-of-the-machine", properties())
