"""`usb-watch`, with devices of umockdev's, which reach it by the real libudev."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import unittest
from pathlib import Path
from typing import Any

from programs import program

_WATCH = str(program("usb-watch"))
_PATIENCE = 30
_STILL_IMAGE = "6 1 1"


@unittest.skipIf("ASAN_OPTIONS" in os.environ or "TSAN_OPTIONS" in os.environ, "umockdev's preload goes with no sanitizer")
class UsbWatchTests(unittest.TestCase):
    """Each test has a machine of its own."""

    def setUp(self) -> None:
        self._lines: queue.Queue[str] = queue.Queue()

    def start(self, *options: str, present: tuple[str, ...] = ()) -> None:
        """Starts `usb-watch` where `present` are plugged in."""
        testbed = str(Path(__file__).with_name("usb_testbed.py"))
        self._process = subprocess.Popen(
            ["umockdev-wrapper", sys.executable, "-B", testbed, _WATCH, *options], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.end)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.act(*(f"add {device}" for device in present), "start")

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)

    def act(self, *lines: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("".join(f"{line}\n" for line in lines))
        self._process.stdin.flush()

    def end(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise
        self._reader.join(_PATIENCE)
        self._process.stdout.close()

    def next(self) -> tuple[str, str]:
        line: dict[str, Any] = json.loads(self._lines.get(timeout=_PATIENCE))
        return (line["event"], line["port"])

    def test_devices_are_told_in_the_order_of_udevs_events_and_each_once(self) -> None:
        self.start("--source", "udev", present=(f"1 4 {_STILL_IMAGE}", "2 5 3 1 1"))
        self.assertEqual(self.next(), ("arrived", "usb:001,004"))
        # The testbed tells that a device is there, too.
        self.act(f"add 4 7 {_STILL_IMAGE}", f"add 3 6 {_STILL_IMAGE}")
        self.act("tell add 4", "tell add 3", "tell add 3", "tell remove 1")
        self.assertEqual(self.next(), ("arrived", "usb:001,007"))
        self.assertEqual(self.next(), ("arrived", "usb:001,006"))
        self.assertEqual(self.next(), ("left", "usb:001,004"))
        self.act("tell change 4")
        self.assertEqual(self.next(), ("changed", "usb:001,007"))

    def test_a_keyboard_is_told_to_those_who_ask_for_everything_alone(self) -> None:
        self.start("--source", "udev", "--all", present=("2 5 3 1 1",))
        self.assertEqual(self.next(), ("arrived", "usb:001,005"))

    def test_a_list_ends_by_itself_and_names_interfaces_and_serial_number(self) -> None:
        self.start("--list", present=(f"1 4 {_STILL_IMAGE}",))
        line = json.loads(self._lines.get(timeout=_PATIENCE))
        self.assertEqual(line["interfaces"], [[6, 1, 1]])
        self.assertEqual((line["serial"], line["id"], line["role"]), ("S1", "1209:0001", "camera"))
        self.assertEqual(line["socket"], "pci-0000:00:14.0-usb-0:1")
