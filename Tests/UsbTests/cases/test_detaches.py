"""Plugs that are pulled in the middle of what a client is at: it is told at once, and nobody else is disturbed."""

from __future__ import annotations

import random
import threading
import time
import unittest
from typing import Optional

import activities
import package  # noqa: F401
from camera_fleet import Body, CameraUnplugged, Fleet, FleetError, StreamEnded
from package import IS_LONG, SEED
from plugs import Plug
from rig import Rig
from waiting import until

LIMIT = 1.0
"""Seconds from the kernel's word that the body is gone to the end of its commands."""


class Witness:
    """Watches another body's live view at two frames a second, and keeps the frames' numbers."""

    def __init__(self, fleet: Fleet, id: str) -> None:
        self._stream = fleet.open(id).live_view(2)
        self.numbers: list[int] = []
        self.error: Optional[BaseException] = None
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        try:
            while True:
                self.numbers.append(self._stream.next(30).number)
        except StreamEnded:
            return
        except FleetError as error:
            self.error = error

    def end(self) -> list[int]:
        """Ends it; gives the numbers after which one is missing."""
        self._stream.close()
        self._thread.join(60)
        if self.error is not None:
            raise AssertionError(f"The witness's live view ended: {self.error}")
        return [first for first, second in zip(self.numbers, self.numbers[1:]) if second != first + 1]


class _Detaches(unittest.TestCase):
    """The detaches of one kind of device; subclasses say which and what is done with them."""

    mtp = 0
    virtual = 0
    kinds: tuple[str, ...] = ()
    rounds = 0

    def test_each_ends_in_camera_unplugged_within_a_second_and_the_session_works_again(self) -> None:
        rig = Rig(self, self.mtp, self.virtual)
        for device in rig.devices:
            device.plug_in()
        ids = rig.settle(rig.devices)
        targets, witness = rig.devices, None
        if self.virtual:
            targets, witness = rig.devices[:-1], Witness(rig.fleet, ids[rig.devices[-1].serial])
        numbers = random.Random(SEED)
        sessions = {device.serial: rig.fleet.open(ids[device.serial]) for device in targets}
        times: list[float] = []
        memory: list[int] = []
        for number in range(self.rounds):
            device = targets[number % len(targets)]
            kind = self.kinds[numbers.randrange(len(self.kinds))]
            times.append(self.detach(device, sessions[device.serial], kind, numbers.uniform(0, 1.5)))
            device.plug_in()
            self.assertEqual(rig.settle(rig.devices), ids)
            # The same session_ID, without opening it anew.
            self.assertEqual(sessions[device.serial].check().id, ids[device.serial])
            memory.append(rig.server.resident_bytes)
        print(
            f"\n    {len(times)} detaches: the longest ended in {max(times):.2f} s, "
            f"the median in {sorted(times)[len(times) // 2]:.2f} s; "
            f"memory {memory[len(memory) // 4] >> 20} MiB, and {memory[-1] >> 20} MiB at the end", flush=True)
        if witness is not None:
            self.assertEqual(witness.end(), [])
            self.assertGreater(len(witness.numbers), 1)
        self.assertLess(max(times), LIMIT)
        # What a first round needs is there after a quarter of them.
        self.assertLess(memory[-1], memory[len(memory) // 4] * 1.25 + (8 << 20))
        for body in sessions.values():
            body.close()
        for device in rig.devices:
            device.pull()
        rig.expect_nothing_left_over()

    def detach(self, device: Plug, body: Body, kind: str, delay: float) -> float:
        """Pulls the plug while that is going on; gives how long after the kernel's word it ended, in seconds."""
        activity = getattr(activities, kind)(body)
        activity.begun.wait(60)
        # A random moment of it, unless it has failed before.
        self.assertFalse(activity.ended.wait(delay), f"{kind} failed before the plug was pulled: {activity.error}")
        device.pull()
        device.wait_until_gone()
        gone = time.monotonic()
        self.assertTrue(activity.ended.wait(60), f"{kind} goes on without a body")
        self.assertIsInstance(activity.error, CameraUnplugged, kind)
        until("the body as unplugged in the list", lambda: _state(body) == "unplugged")
        return max(0.0, activity.ended_at - gone)


def _state(body: Body) -> str:
    try:
        return body.check().state
    except CameraUnplugged:
        return "unplugged"


class MtpDetaches(_Detaches):
    mtp = 8 if IS_LONG else 3
    kinds = ("listing", "download")
    rounds = 200 if IS_LONG else 12


class VirtualDetaches(_Detaches):
    virtual = 16 if IS_LONG else 4
    kinds = ("listing", "download", "live_view", "capture")
    rounds = 300 if IS_LONG else 28


del _Detaches
