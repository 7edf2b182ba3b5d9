"""Images on the server's disk, fetched from there (DOWNLOAD_SAVED), from a played server and from the real one."""

from __future__ import annotations

import hashlib
import tempfile
import unittest
from pathlib import Path
from typing import Any, Optional

import package  # noqa: F401
from both_clients import Driver, both_clients
from camera_fleet import DamagedTransfer, Fleet, InvalidParameter
from played_server import Peer, PlayedServer, Script, packet
from programs import Server, VirtualCamera

FILE = bytes(range(256)) * 8192
HALF = len(FILE) // 2
SHA256 = hashlib.sha256(FILE).hexdigest()
LISTED = b'{"images":[{"image":7,"camera":"c","folder":"/","name":"b.jpg","saved_as":"images/x/b.jpg","size":1,"time":1}]}'


def sending(start: int, end: int, answers: bool) -> Script:
    """A transfer that must begin at `start`, brings the bytes up to `end`, and answers or breaks off."""

    def play(peer: Peer) -> None:
        command = peer.receive()
        assert (command.type, command.code, command.session) == (1, 0x0964, 0), command
        assert command.json == {"ticket": "T", "offset": start}, command.json
        peer.answer(command)
        for offset in range(start, end, 1 << 18):
            content = FILE[offset : min(offset + (1 << 18), end)]
            peer.send(packet(2, 0x0964, 0, command.transaction, offset.to_bytes(8, "little") + content))
        if answers:
            peer.answer(command, b'{"size":%d}' % len(FILE))
            peer.wait_for_end()

    return play


class PlayedTests(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def server(self, *transfers: Script, sha256: str = SHA256, lists: bool = False) -> PlayedServer:
        """A server that gives a ticket, after a list where that is asked for before."""

        def serve(peer: Peer) -> None:
            peer.send(server.greeting)
            if lists:
                self.listed = peer.receive()
                peer.answer(self.listed, LISTED)
            self.asked = peer.receive()
            peer.answer(self.asked, b'{"ticket":"T","size":%d,"mime":"image/jpeg","sha256":"%s","port":%d}' % (
                len(FILE), sha256.encode(), server.transfer_port))
            peer.say_farewell()

        server = PlayedServer(serve, transfers=transfers)
        return server

    def fetch(self, driver: Driver, server: PlayedServer, image: Any, to: Optional[Path] = None) -> Any:
        fleet = driver.connect(server.address, timeout=10)
        try:
            return driver.get(fleet.saved(image, to))
        finally:
            driver.get(fleet.close())

    @both_clients
    def test_a_saved_image_comes_without_a_session_and_is_compared_with_what_was_saved(self, driver: Driver) -> None:
        with self.server(sending(0, HALF, False), sending(HALF, len(FILE), True)) as server:
            got = self.fetch(driver, server, 7)
        self.assertEqual((self.asked.code, self.asked.session, self.asked.json), (0x0964, 0, {"image": 7}))
        self.assertEqual((got.data, got.sha256, got.verified), (FILE, SHA256, True))

    @both_clients
    def test_into_a_folder_it_goes_by_its_name_on_the_server(self, driver: Driver) -> None:
        for image, asked, lists in (
            (7, {"image": 7}, True), ("images/x/b.jpg", {"saved_as": "images/x/b.jpg"}, False),
            ({"image": 7, "saved_as": "images/x/b.jpg"}, {"image": 7}, False),
        ):
            folder = self.folder / f"{driver.__class__.__name__}-{type(image).__name__}"
            folder.mkdir()
            with self.server(sending(0, len(FILE), True), lists=lists) as server:
                got = self.fetch(driver, server, image, folder)
            self.assertEqual(got.path, folder / "b.jpg")
            self.assertEqual(got.path.read_bytes(), FILE)
            self.assertEqual(self.asked.json, asked)
        self.assertEqual((self.listed.code, self.listed.json), (0x0961, {"limit": 1, "before": 8}))

    @both_clients
    def test_what_was_changed_on_the_servers_disk_is_not_kept(self, driver: Driver) -> None:
        with self.server(sending(0, len(FILE), True), sha256="00" * 32) as server:
            with self.assertRaises(DamagedTransfer):
                self.fetch(driver, server, "images/x/b.jpg", self.folder)
        self.assertEqual(list(self.folder.iterdir()), [])


class ServerTests(unittest.TestCase):
    def test_an_image_is_fetched_from_the_servers_disk_when_its_camera_is_away(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        camera = VirtualCamera()
        self.addCleanup(camera.pull_the_plug)
        with Server("--camera", camera.address) as server, Fleet(server.address, timeout=20) as fleet:
            events = fleet.events("camera_attached", "camera_detached")
            while not any(body.state == "ready" for body in fleet.cameras()):
                events.next(20)
            with fleet.open(1) as body:
                (shot,) = body.capture(download=True)
            (image,) = fleet.list_images()["images"]
            camera.pull_the_plug()
            while events.next(20).name != "camera_detached":
                pass
            got = fleet.saved(image["image"], folder.name)
            self.assertEqual(got.path, Path(folder.name) / Path(image["saved_as"]).name)
            self.assertEqual((got.size, got.sha256, got.verified), (shot.size, shot.sha256, True))
            self.assertEqual(fleet.saved(image["saved_as"], offset=10).size, shot.size)
            with self.assertRaises(InvalidParameter):
                fleet.saved(99)
            with self.assertRaises(InvalidParameter):
                fleet.saved("../fleet.sqlite")


if __name__ == "__main__":
    unittest.main()
