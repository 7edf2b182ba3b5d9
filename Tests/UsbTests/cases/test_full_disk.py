"""The disk of images and journal is full in the middle of the work: a small file system of its own is mounted for that."""

from __future__ import annotations

import hashlib
import subprocess
import unittest
from pathlib import Path
from typing import Any

import package  # noqa: F401
from camera_fleet import Body, Fleet, StoreFull
from server import Server
from waiting import until, until_equal

PLACE = Path("/run/small-disk")
SIZE = "8m"
RESERVE = 1_000_000
"""Bytes that the server leaves free: for the journal."""
BODIES = 3
LIST_IMAGES, VERIFY_IMAGES, FETCH_IMAGES = 0x0961, 0x0962, 0x0963
Key = tuple[str, str, str]
"""A body's id, folder and name."""


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments, str(PLACE)], check=True)


class FullDiskTests(unittest.TestCase):
    def setUp(self) -> None:
        PLACE.mkdir(exist_ok=True)
        mount("-t", "tmpfs", "-o", f"size={SIZE}", "none")
        self.addCleanup(subprocess.run, ["umount", str(PLACE)], check=True)
        self.ballast = PLACE / "ballast"
        self.server, self.fleet = self.serve()
        self.server.wait_for_bodies(self.fleet, BODIES)
        self.bodies = {info.id: self.fleet.open(info.id) for info in self.fleet.cameras()}
        self.before = self.cards()

    def serve(self) -> tuple[Server, Fleet]:
        server = Server(
            "--no-usb", "--virtual", str(BODIES), "--reserve", str(RESERVE // 1_000_000), data=PLACE / "data")
        self.addCleanup(server.stop)
        fleet = Fleet(server.address, timeout=60)
        self.addCleanup(fleet.close)
        return server, fleet

    @property
    def free(self) -> int:
        output = subprocess.run(
            ["stat", "-f", "-c", "%a %S", str(PLACE)], check=True, capture_output=True, text=True).stdout
        blocks, size = output.split()
        return int(blocks) * int(size)

    def leave(self, free: int) -> None:
        """Has a file of somebody else's take the disk, but for so many bytes."""
        with open(self.ballast, "ab") as file:
            while (rest := self.free - free) > 0:
                try:
                    file.write(bytes(min(rest, 65_536)))
                    file.flush()
                except OSError:
                    return

    def cards(self) -> set[Key]:
        return {(id, file.folder, file.name) for id, body in self.bodies.items() for file in body.files(recurse=True)}

    def listed(self, fleet: Fleet) -> list[dict[str, Any]]:
        images: list[dict[str, Any]] = fleet.command(LIST_IMAGES)["images"]
        return images

    def keys(self) -> list[Key]:
        return sorted((image["camera"], image["folder"], image["name"]) for image in self.listed(self.fleet))

    def expect_whole(self) -> None:
        """What is under a final name is in the journal, whole, and nothing else is there."""
        listed = {image["saved_as"]: image for image in self.listed(self.fleet)}
        top = PLACE / "data"
        files = {
            str(path.relative_to(top)): path
            for path in (top / "images").rglob("*") if path.is_file() and path.suffix != ".json"
        }
        self.assertEqual(sorted(files), sorted(listed))
        for name, path in files.items():
            self.assertEqual(hashlib.sha256(path.read_bytes()).hexdigest(), listed[name]["sha256"], name)
        verified = self.fleet.command(VERIFY_IMAGES)["images"]
        self.assertEqual({image["condition"] for image in verified} - {"intact"}, set())

    def fill_by_shots(self) -> None:
        """Shots until one is refused; a body of which an image found no room says so, and keeps it."""
        for _ in range(100):
            try:
                shot = self.fleet.capture_group(download=True)
            except StoreFull as error:
                self.assertIn("make room", str(error))
                return
            for camera in shot["cameras"]:
                for image in camera["images"]:
                    self.assertIn((camera["id"], image["folder"], image["name"]), self.cards())
                    if "saved_as" not in image:
                        self.assertEqual(camera["error"]["error"], "Store_Full", camera)
        self.fail("The disk is never full.")

    def expect_refused(self, body: Body) -> None:
        """A capture is refused before the release."""
        on_cards = self.cards()
        with self.assertRaises(StoreFull):
            body.capture(download=True)
        with self.assertRaises(StoreFull):
            body.capture()
        with self.assertRaises(StoreFull):
            body.trigger()
        self.assertEqual(self.cards(), on_cards)

    def test_what_found_no_room_is_saved_once_there_is_some(self) -> None:
        body = next(iter(self.bodies.values()))
        body.capture(download=True)
        self.fill_by_shots()
        self.expect_refused(body)
        self.expect_whole()

        # Enough for a release to be begun, and not for its image, which may have half of the reserve.
        self.ballast.touch()
        mount("-o", "remount,size=12m")
        self.leave(RESERVE + 20_000)
        quality = body.get("imagequality")
        body.set("imagequality", "NEF (Raw)")
        on_cards = self.cards()
        with self.assertRaises(StoreFull) as refused:
            body.capture(download=True)
        body.set("imagequality", quality)
        self.assertIn("make room", str(refused.exception))
        self.assertEqual(len(self.cards() - on_cards), 1)
        self.expect_whole()

        # Not a byte is left, for the journal neither.
        self.leave(0)
        self.expect_refused(body)
        self.expect_whole()
        self.assertEqual(len(self.fleet.cameras()), BODIES)
        self.assertEqual(body.check().state, "ready")

        wanted = sorted(self.cards() - self.before)
        mount("-o", "remount,size=64m")
        until_equal("every image that was taken, saved once", wanted, self.keys)
        self.expect_whole()
        image = body.capture(download=True)[0]
        self.assertIsNotNone(image.saved_as)
        spool = PLACE / "data" / "spool"
        until("an empty spool", lambda: not list(spool.iterdir()))
        self.assertEqual({camera["fetched"] for camera in self.fetch(BODIES)}, {0, len(self.before) // BODIES})
        listed = self.listed(self.fleet)

        self.fleet.close()
        self.server.stop()
        self.server, self.fleet = self.serve()
        self.assertEqual(self.listed(self.fleet), listed)
        self.expect_whole()

    def fetch(self, count: int) -> list[dict[str, Any]]:
        """FETCH_IMAGES twice: what was on the cards before anybody released, and then nothing."""
        first = self.fleet.command(FETCH_IMAGES)["cameras"]
        second = self.fleet.command(FETCH_IMAGES)["cameras"]
        self.assertEqual(len(first), count)
        self.assertEqual({camera["failed"] for camera in first + second}, {0})
        self.assertEqual(sorted(self.cards()), self.keys())
        cameras: list[dict[str, Any]] = first + second
        return cameras


if __name__ == "__main__":
    unittest.main()
