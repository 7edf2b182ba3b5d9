"""What a client has open outlives its body's absence."""

from __future__ import annotations

import hashlib
import io
import unittest

import package  # noqa: F401
from camera_fleet import CameraUnplugged, FleetError
from plugs import MtpDevice
from rig import Rig


class SessionTests(unittest.TestCase):
    def test_a_download_is_taken_up_at_its_offset_when_the_body_is_back(self) -> None:
        rig = Rig(self, 1, 0)
        device = rig.devices[0]
        assert isinstance(device, MtpDevice)
        device.plug_in()
        ids = rig.settle([device])
        body = rig.fleet.open(ids[device.serial])
        largest = max(body.files(recurse=True), key=lambda file: file.size)
        content = device.pictures()[("/" + "/".join(largest.folder.split("/")[2:]), largest.name)]
        target = io.BytesIO()
        got = 0

        def pull(received: int, size: int) -> None:
            nonlocal got
            got = received
            if device.is_plugged and received > size // 5:
                device.pull()

        with self.assertRaises(CameraUnplugged):
            body.download(largest.folder, largest.name, to=target, progress=pull)
        self.assertGreater(got, 0)
        self.assertLess(got, largest.size)
        device.plug_in()
        rig.settle([device])
        rest = io.BytesIO()
        body.download(largest.folder, largest.name, to=rest, offset=got)
        whole = target.getvalue()[:got] + rest.getvalue()[-(largest.size - got):]
        self.assertEqual(hashlib.sha256(whole).hexdigest(), hashlib.sha256(content).hexdigest())

    def test_a_session_that_is_opened_while_the_body_is_away_works_when_it_comes(self) -> None:
        rig = Rig(self, 1, 0)
        device = rig.devices[0]
        device.plug_in()
        ids = rig.settle([device])
        device.pull()
        rig.settle([])
        body = rig.fleet.open(ids[device.serial])
        with self.assertRaises(FleetError) as refused:
            body.check()
        self.assertIsInstance(refused.exception, CameraUnplugged)
        device.plug_in()
        rig.settle([device])
        self.assertEqual(body.check().state, "ready")
