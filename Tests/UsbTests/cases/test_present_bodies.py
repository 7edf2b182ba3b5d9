"""Bodies that are plugged in when the server starts: what they hold arrives as it is."""

from __future__ import annotations

import unittest

import package  # noqa: F401
from camera_fleet import Fleet
from plugs import MtpDevice, Socket
from server import Server

devices = [MtpDevice(0, Socket(0, 1)), MtpDevice(1, Socket(1, 4))]
server: Server
fleet: Fleet


def setUpModule() -> None:
    global server, fleet
    for device in devices:
        device.plug_in()
        unittest.addModuleCleanup(device.wait_until_gone)
        unittest.addModuleCleanup(device.pull)
    for device in devices:
        device.wait_for_node()
    server = Server()
    unittest.addModuleCleanup(server.stop)
    fleet = Fleet(server.address, timeout=60)
    unittest.addModuleCleanup(fleet.close)


class PresentBodiesTests(unittest.TestCase):
    def test_every_file_of_every_card_is_listed_and_arrives_byte_by_byte(self) -> None:
        bodies = server.wait_for_bodies(fleet, len(devices))
        expected = [device.pictures() for device in devices]
        for info in bodies.values():
            with fleet.open(info) as body:
                listed = {(file.folder, file.name): file for file in body.files(recurse=True)}
                # The card's own folder has a name that libgphoto2 gives it.
                stripped = {(_below_storage(folder), name): file for (folder, name), file in listed.items()}
                content = next((each for each in expected if each.keys() == stripped.keys()), None)
                self.assertIsNotNone(content, f"{info.id} lists {sorted(stripped)}")
                assert content is not None
                expected.remove(content)
                for key, bytes_there in content.items():
                    file = stripped[key]
                    self.assertEqual(file.size, len(bytes_there), key)
                    target = server.data / "arrived"
                    body.download(file.folder, file.name, to=target, overwrite=True)
                    self.assertEqual(target.read_bytes(), bytes_there, key)
        self.assertEqual(expected, [])


def _below_storage(folder: str) -> str:
    return "/" + "/".join(folder.split("/")[2:])
