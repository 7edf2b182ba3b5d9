"""Bodies that cannot be used: why is said in the list and by `doctor`, and nothing else is disturbed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Optional

import package
import usb_bus
from camera_fleet import CameraInfo, Fleet
from package import PROGRAMS
from plugs import MtpDevice, Plug, Socket
from server import NOBODY, Server, open_the_way
from usbip import GarbageCamera, SilentCamera
from waiting import PATIENCE, until, until_equal


class RefusedBodiesTests(unittest.TestCase):
    def setUp(self) -> None:
        # Two of them may have one serial number: all are pulled before any is waited for.
        self.plugged: list[Plug] = []
        self.addCleanup(lambda: [device.wait_until_gone() for device in self.plugged])
        self.good = self.plug(MtpDevice(0, Socket(0, 1)))

    def plug(self, device: Plug) -> Plug:
        device.plug_in()
        self.plugged.append(device)
        self.addCleanup(device.pull)
        device.wait_for_node()
        return device

    def serve(self, is_plain_user: bool = False) -> Fleet:
        self.server = Server(is_plain_user=is_plain_user)
        self.addCleanup(self.server.stop)
        fleet = Fleet(self.server.address, timeout=60)
        self.addCleanup(fleet.close)
        return fleet

    def info(self, fleet: Fleet, device: Plug) -> Optional[CameraInfo]:
        node = usb_bus.node_of(device.serial)
        port = f"usb:{node.parent.name},{node.name}" if node else ""
        return next((info for info in fleet.cameras() if info.port == port), None)

    def expect_fault(self, fleet: Fleet, device: Plug, *words: str) -> None:
        """The body is in fault for a reason that has one of the words, and the other one works."""
        def look() -> Optional[str]:
            info = self.info(fleet, device)
            return info.error if info and info.state == "fault" else None

        try:
            error = until(f"{device.serial} in fault", look, 2 * PATIENCE)
        except AssertionError as failure:
            there = [(info.port, info.state, info.error) for info in fleet.cameras()]
            raise AssertionError(f"{failure}; {there}; {self.server.log[-3000:]}") from None
        self.assertTrue(any(word in error for word in words), error)
        self.expect_good(fleet)

    def expect_good(self, fleet: Fleet) -> None:
        good = until("the other body", lambda: self.info(fleet, self.good))
        with fleet.open(good) as body:
            until("the other body is ready", lambda: body.check().state == "ready")
            self.assertEqual(len(list(body.files(recurse=True))), 9)

    def doctor(self, is_plain_user: bool = False) -> list[dict[str, str]]:
        """What `camera-fleet doctor --json` finds, by the lines of its output."""
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if is_plain_user else {}
        done = subprocess.run(  # type: ignore[call-overload]
            [str(PROGRAMS / "camera-fleet"), "doctor", "--json"], stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=2 * PATIENCE, env={**os.environ, "HOME": "/tmp"}, **user)
        self.assertTrue(done.stdout.strip(), done.stderr)
        told = json.loads(done.stdout)
        return list(told["findings"] if isinstance(told, dict) else told)

    def expect_finding(self, findings: list[dict[str, str]], *words: str) -> None:
        texts = [json.dumps(finding, ensure_ascii=False) for finding in findings]
        self.assertTrue(any(all(word in text for word in words) for text in texts), f"{words}: {texts}")

    def forbid(self, device: Plug) -> Path:
        node = until("its node", lambda: usb_bus.node_of(device.serial))
        os.chown(node, 0, 0)
        os.chmod(node, 0o600)
        return node

    def allow_good(self) -> None:
        os.chmod(until("its node", lambda: usb_bus.node_of(self.good.serial)), 0o666)

    def test_a_body_that_this_user_may_not_open_is_listed_with_what_to_do(self) -> None:
        device = self.plug(MtpDevice(1, Socket(1, 1)))
        self.forbid(device)
        self.allow_good()
        self.expect_fault(self.serve(is_plain_user=True), device, "udev rule", "may not")

    def test_doctor_says_that_this_user_may_not_open_a_body(self) -> None:
        device = self.plug(MtpDevice(1, Socket(1, 1)))
        node = self.forbid(device)
        self.allow_good()
        open_the_way()
        self.expect_finding(self.doctor(is_plain_user=True), "may not be opened", str(node))

    def hold(self, device: Plug) -> int:
        """Another program takes the body; gives its process."""
        node = until("its node", lambda: usb_bus.node_of(device.serial))
        process = subprocess.Popen(
            [sys.executable, "-B", str(Path(__file__).with_name("holder.py")), str(node)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None and process.stdin is not None
        self.addCleanup(process.wait, PATIENCE)
        self.addCleanup(process.stdin.close)
        self.addCleanup(process.stdout.close)
        self.assertEqual(process.stdout.readline(), "held\n")
        return process.pid

    def test_a_body_that_another_program_holds_is_listed_as_held(self) -> None:
        device = self.plug(MtpDevice(1, Socket(1, 1)))
        self.hold(device)
        self.expect_fault(self.serve(), device, "holds the body: close that program")

    def test_the_list_names_the_program_that_holds_a_body(self) -> None:
        device = self.plug(MtpDevice(1, Socket(1, 1)))
        pid = self.hold(device)
        self.expect_fault(self.serve(), device, f"{pid}")

    def test_doctor_names_the_program_that_holds_a_body(self) -> None:
        device = self.plug(MtpDevice(1, Socket(1, 1)))
        pid = self.hold(device)
        self.expect_finding(self.doctor(), "is held by", str(pid))

    def test_two_bodies_with_the_same_serial_numbers_are_two_bodies(self) -> None:
        twins = [MtpDevice(1, Socket(1, 1), serial="twin"), MtpDevice(2, Socket(1, 2), serial="twin")]
        for twin in twins:
            self.plug(twin)
        fleet = self.serve()
        ready = self.server.wait_for_bodies(fleet, 3, 2 * PATIENCE)
        self.assertEqual(len({info.number for info in ready.values()}), 3)
        for info in ready.values():
            with fleet.open(info) as body:
                self.assertEqual(len(list(body.files(recurse=True))), 9)

    def test_doctor_tells_serial_numbers_that_are_the_same(self) -> None:
        self.plug(MtpDevice(1, Socket(1, 1), serial="twin"))
        self.plug(MtpDevice(2, Socket(1, 2), serial="twin"))
        # The node that was waited for may be the first one's both times.
        until_equal("the nodes of both", 2, lambda: len(usb_bus.nodes_of("twin")))
        self.expect_finding(self.doctor(), "serial number twin")

    def test_a_device_that_never_answers_and_one_with_garbage_for_descriptors_disturb_nobody(self) -> None:
        silent = self.plug(SilentCamera("silent-1"))
        garbage = GarbageCamera("garbage-1")
        garbage.plug_in()
        self.addCleanup(garbage.pull)
        until("the kernel's word on it", lambda: usb_bus.folder_of("garbage-1"))
        fleet = self.serve()
        self.expect_good(fleet)
        self.expect_fault(fleet, silent, "switch it off and on", "answer")
        # What the kernel made of the garbage may be a camera's interface or none.
        if self.info(fleet, garbage) is not None:
            self.expect_fault(fleet, garbage, "switch it off and on", "answer")

    def test_doctor_ends_well_beside_garbage_for_descriptors_and_a_silent_device(self) -> None:
        for device in (GarbageCamera("garbage-1"), SilentCamera("silent-1")):
            device.plug_in()
            self.addCleanup(device.pull)
            until("the kernel's word on it", lambda: usb_bus.folder_of(device.serial))
        self.expect_finding(self.doctor(), "serial")
