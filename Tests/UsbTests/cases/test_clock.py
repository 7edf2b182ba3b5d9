"""The time of day is set while bodies are armed: only in this machine can that be tried, since it is nobody else's clock."""

from __future__ import annotations

import time
import unittest
from concurrent.futures import ThreadPoolExecutor

import package  # noqa: F401
from camera_fleet import Fleet
from server import Server

AHEAD = 3.0
"""Seconds from the command to the release."""


class ClockTests(unittest.TestCase):
    def test_a_shot_is_released_at_the_time_that_was_meant_when_it_was_given(self) -> None:
        server = Server("--no-usb", "--virtual", "3", "--save", "none")
        self.addCleanup(server.stop)
        fleet = Fleet(server.address, timeout=60)
        self.addCleanup(fleet.close)
        server.wait_for_bodies(fleet, 3)
        for step in (3600.0, -7200.0, 0.5):
            shot = fleet.arm_group(require_all=True)["shot"]
            begun = time.monotonic()
            at = time.time_ns() + int(AHEAD * 1e9)
            with ThreadPoolExecutor(1) as pool:
                fired = pool.submit(fleet.fire_group, shot, at=at)
                # The server has taken it by then: it answers commands in the order in which they come.
                fleet.cameras()
                time.clock_settime(time.CLOCK_REALTIME, time.time() + step)
                outcome = fired.result(60)
            took = time.monotonic() - begun
            time.clock_settime(time.CLOCK_REALTIME, time.time() - step)
            self.assertGreaterEqual(took, AHEAD - 0.1, f"{step} s: {outcome}")
            self.assertLess(took, AHEAD + 5, f"{step} s: {outcome}")
            # By the clock as it was when the time was given.
            self.assertLess(abs(outcome["fired_at"] - at), 1_000_000, f"{step} s")
            self.assertTrue(all(camera["state"] in ("released", "complete") for camera in outcome["cameras"]), outcome)
            end = fleet.capture_group(require_all=True)
            self.assertEqual(end["state"], "complete", f"the shot after a step of {step} s: {end}")

    def test_a_body_that_is_listened_to_while_the_clock_is_set_back_is_released_all_the_same(self) -> None:
        server = Server("--no-usb", "--virtual", "3", "--save", "none")
        self.addCleanup(server.stop)
        fleet = Fleet(server.address, timeout=60)
        self.addCleanup(fleet.close)
        server.wait_for_bodies(fleet, 3)
        shot = fleet.arm_group(require_all=True)["shot"]
        set_back = 0.0
        try:
            with ThreadPoolExecutor(1) as pool:
                fired = pool.submit(fleet.fire_group, shot, at=time.time_ns() + int(AHEAD * 1e9))
                fleet.cameras()
                # Armed bodies are listened to every 50 ms, for a millisecond or a few.
                end = time.monotonic() + AHEAD * 0.8
                while time.monotonic() < end:
                    time.clock_settime(time.CLOCK_REALTIME, time.time() - 100)
                    set_back += 100
                    fleet.cameras()
                outcome = fired.result(60)
        finally:
            time.clock_settime(time.CLOCK_REALTIME, time.time() + set_back)
        self.assertTrue(all(camera["state"] in ("released", "complete") for camera in outcome["cameras"]), outcome)
        end = fleet.capture_group(require_all=True)
        self.assertEqual(end["state"], "complete", end)


if __name__ == "__main__":
    unittest.main()
