"""Bodies come and go: the list is what is plugged in, ids stay, events come once and in order, nothing is left over."""

from __future__ import annotations

import random
import unittest

import package  # noqa: F401
from package import IS_LONG, SEED
from plugs import MtpDevice, Socket
from rig import Comings, Rig
from waiting import until_equal


class PlugTests(unittest.TestCase):
    rig: Rig
    comings: Comings
    ids: dict[str, str]

    @classmethod
    def setUpClass(cls) -> None:
        mtp, virtual = (8, 16) if IS_LONG else (3, 3)
        cls.rig = Rig(cls, mtp, virtual)
        # All at once, so that serial numbers that two of them tell are seen to tell nothing, and ids are their last.
        for device in cls.rig.devices:
            device.plug_in()
        cls.ids = cls.rig.settle(cls.rig.devices)
        cls.pull_all()
        cls.rig.settle([])
        cls.comings = Comings(cls.rig)
        cls.addClassCleanup(cls.comings.close)

    @classmethod
    def pull_all(cls) -> None:
        for device in cls.rig.devices:
            if device.is_plugged:
                device.pull()

    def setUp(self) -> None:
        self.comings.drain()
        self.comings.heard.clear()
        self.addCleanup(self.end)

    def end(self) -> None:
        self.pull_all()
        self.rig.expect_nothing_left_over()

    def expect_alternating(self) -> None:
        """No body came twice without going between, nor went twice; the last word on each is what is so."""
        there = {info.id for info in self.rig.fleet.cameras() if info.state == "ready"}
        for id in self.ids.values():
            last = "attached" if id in there else "detached"
            until_equal(f"the last event of {id}", last, lambda: (self.comings.of(id) or ["detached"])[-1])
            heard = self.comings.of(id)
            for first, second in zip(heard, heard[1:]):
                self.assertNotEqual(first, second, f"{id}: {heard}")

    def test_one_at_a_time_they_come_and_go_and_each_is_told_once(self) -> None:
        expected: list[tuple[str, str]] = []
        for device in self.rig.devices:
            device.plug_in()
            found = self.rig.settle([device])
            self.assertEqual(found, {device.serial: self.ids[device.serial]})
            device.pull()
            self.rig.settle([])
            expected += [(what, found[device.serial]) for what in ("attached", "detached")]
            until_equal("the events", expected, self.comings.drain)

    def test_all_at_once_they_come_and_go(self) -> None:
        for _ in range(5 if IS_LONG else 1):
            for device in self.rig.devices:
                device.plug_in()
            self.assertEqual(self.rig.settle(self.rig.devices), self.ids)
            self.pull_all()
            self.rig.settle([])
        self.expect_alternating()
        self.assertEqual(len(self.comings.drain()), len(self.ids) * 2 * (5 if IS_LONG else 1))

    def test_replugs_that_are_faster_than_an_opening_end_with_what_is_plugged_in(self) -> None:
        numbers = random.Random(SEED)
        for _ in range(10 if IS_LONG else 1):
            for _ in range(len(self.rig.devices) * 2):
                device = numbers.choice(self.rig.devices)
                if device.is_plugged:
                    device.pull()
                else:
                    device.plug_in()
            plugged = [device for device in self.rig.devices if device.is_plugged]
            found = self.rig.settle(plugged)
            self.assertEqual(found, {device.serial: self.ids[device.serial] for device in plugged})
            self.expect_alternating()

    def test_a_body_keeps_its_id_and_name_in_another_socket(self) -> None:
        device = next(device for device in self.rig.devices if isinstance(device, MtpDevice))
        home = device.socket
        device.plug_in()
        self.rig.settle([device])
        name = f"moved-{device.serial}"
        self.rig.fleet.name(self.ids[device.serial], name)
        for socket in (Socket(1 - home.controller, 12), Socket(home.controller, 13), home):
            device.pull()
            device.wait_until_gone()
            device.plug_in(socket)
            self.assertEqual(self.rig.settle([device]), {device.serial: self.ids[device.serial]})
            info = self.rig.info(device)
            assert info is not None
            self.assertEqual(info.name, name)
        self.expect_alternating()
