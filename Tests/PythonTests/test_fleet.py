"""Both clients against the server with virtual bodies."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
import unittest
from pathlib import Path
from typing import Any

import package  # noqa: F401
from both_clients import Driver, both_clients
from camera_fleet import (
    AsyncFleet, CameraInfo, Fleet, InvalidObjectHandle, InvalidParameter, OperationNotSupported,
    ParameterNotSupported, SessionNotOpen, StreamEnded, WidgetType)
from programs import Server

server: Server


def setUpModule() -> None:
    global server
    server = Server("--virtual", "2")
    unittest.addModuleCleanup(server.stop)
    with Fleet(server.address) as fleet:
        for number in (1, 2):
            fleet.open(number).check()


class FleetTests(unittest.TestCase):
    def open(self, driver: Driver, camera: Any = 1) -> tuple[Any, Any]:
        fleet = driver.connect(server.address, timeout=20)
        return fleet, driver.get(fleet.open(camera))

    @both_clients
    def test_the_fleet_is_listed_and_a_body_is_opened_by_number_name_id_or_info(self, driver: Driver) -> None:
        fleet = driver.connect(server.address)
        first, second = driver.get(fleet.cameras())
        self.assertEqual((first.number, first.model, first.state), (1, "D7500", "ready"))
        self.assertIn("capture", first.can)
        for camera in (2, second.name, second.id, second):
            body = driver.get(fleet.open(camera))
            self.assertIsInstance(body.camera, CameraInfo)
            self.assertEqual(body.camera.id, second.id)
            self.assertEqual(driver.get(body.check()).id, second.id)
            driver.get(body.close())
            with self.assertRaises(SessionNotOpen):
                driver.get(body.get("iso"))
        with self.assertRaises(InvalidParameter):
            driver.get(fleet.open("nobody"))
        self.assertEqual(driver.get(fleet.check()).cameras, 2)
        driver.get(fleet.close())

    @both_clients
    def test_names_numbers_and_groups_are_given(self, driver: Driver) -> None:
        fleet = driver.connect(server.address)
        second = driver.get(fleet.cameras())[1]
        named = driver.get(fleet.name(second, "front left", number=7, groups=["ring", "top"]))
        self.assertEqual((named.id, named.name, named.number, set(named.groups)),
                         (second.id, "front left", 7, {"ring", "top"}))
        with self.assertRaises(InvalidParameter):
            driver.get(fleet.name(1, "front left"))
        driver.get(fleet.name("front left", second.name, number=2, groups=[]))
        driver.get(fleet.close())

    @both_clients
    def test_widgets_are_read_and_set(self, driver: Driver) -> None:
        fleet, body = self.open(driver)
        self.assertEqual(driver.get(body.set("iso", "800")), "800")
        self.assertEqual(driver.get(body.get("iso")), "800")
        self.assertIn("400", driver.get(body.choices("iso")))
        widget = driver.get(body.widget("iso"))
        self.assertEqual((widget.id, widget.type, widget.readonly), ("iso", WidgetType.RADIO, False))
        with self.assertRaises(InvalidParameter):
            driver.get(body.set("iso", "801"))
        with self.assertRaises(InvalidParameter):
            driver.get(body.set("iso", 800))
        with self.assertRaises(ParameterNotSupported):
            driver.get(body.get("nothing"))
        plain, full = driver.get(body.widgets()), driver.get(body.widgets(values=True))
        self.assertEqual([widget.path for widget in plain], [widget.path for widget in full])
        by_path = {widget.path: widget for widget in full}
        self.assertEqual(by_path["/main/imgsettings/iso"].value, "800")
        self.assertIn("800", by_path["/main/imgsettings/iso"].choices)
        self.assertNotIn("widget_value", plain[0].json)
        driver.get(fleet.close())

    @both_clients
    def test_an_image_is_taken_listed_and_fetched(self, driver: Driver) -> None:
        fleet, body = self.open(driver)
        events = driver.get(fleet.events("object_added"))
        (image,) = driver.get(body.capture())
        event = driver.get(events.next(10))
        self.assertEqual((event["folder"], event["name"], event["size"], event.camera),
                         (image.folder, image.name, image.size, body.camera.id))
        files = driver.all(body.files(recurse=True, page=2))
        self.assertGreater(len(files), 2)
        self.assertEqual(len(set(files)), len(files))
        self.assertIn((image.folder, image.name, image.size), [file[:3] for file in files])
        page = driver.get(body.file_page())
        self.assertTrue(image.folder.startswith(page.folders[0]))
        with tempfile.TemporaryDirectory() as folder:
            got = driver.get(body.download(image.folder, image.name, to=folder))
            content = (Path(folder) / image.name).read_bytes()
            self.assertEqual(got.path, Path(folder) / image.name)
        self.assertEqual((content[:2], content[-2:], len(content)), (b"\xff\xd8", b"\xff\xd9", image.size))
        self.assertEqual((got.sha256, got.verified), (hashlib.sha256(content).hexdigest(), True))
        preview = driver.get(body.download(image.folder, image.name, type="preview"))
        self.assertEqual(preview.data[:2], b"\xff\xd8")
        self.assertLess(preview.size, image.size)
        with self.assertRaises(InvalidObjectHandle):
            driver.get(body.download(image.folder, "nothing.jpg"))
        driver.get(fleet.close())

    @both_clients
    def test_live_view_shows_frames_until_it_is_stopped(self, driver: Driver) -> None:
        fleet, body = self.open(driver)
        stream = driver.get(body.live_view(max_fps=60))
        frames = [driver.get(stream.next(10)) for _ in range(5)]
        self.assertTrue(all(frame.jpeg[:2] == b"\xff\xd8" and frame.jpeg[-2:] == b"\xff\xd9" for frame in frames))
        self.assertEqual(len({frame.number for frame in frames}), 5)
        self.assertEqual([frame.time_ns for frame in frames], sorted(frame.time_ns for frame in frames))
        self.assertGreaterEqual(driver.get(body.stop_live_view()), 5)
        driver.all(stream)
        with self.assertRaises(StreamEnded):
            driver.get(stream.next(10))
        driver.get(stream.close())
        driver.get(fleet.close())

    @both_clients
    def test_a_command_that_nobody_knows_costs_nothing_but_itself(self, driver: Driver) -> None:
        fleet, body = self.open(driver)
        with self.assertRaises(OperationNotSupported):
            driver.get(fleet.command(0x096F, any=[1, None]))
        with self.assertRaises(OperationNotSupported):
            driver.get(body.command(0x00FF))
        self.assertEqual(driver.get(body.command(0x0007, widget_id="iso"))["widget_id"], "iso")
        driver.get(fleet.close())

    def test_with_blocks_close_what_they_opened(self) -> None:
        with Fleet(server.address) as fleet:
            with fleet.open(1) as body, body.live_view(30) as frames, fleet.events() as events:
                for frame in frames:
                    if frame.number:
                        break
                self.assertEqual(fleet.cameras()[0].sessions, 1)
            self.assertEqual(fleet.cameras()[0].sessions, 0)
            self.assertEqual((list(frames), list(events)), ([], []))
            with self.assertRaises(SessionNotOpen):
                body.check()

    def test_async_with_and_async_for_open_and_close(self) -> None:
        async def run() -> None:
            async with AsyncFleet(server.address) as fleet:
                async with fleet.open(1) as body, fleet.events("object_added") as events:
                    numbers = []
                    async for frame in body.live_view(30):
                        numbers.append(frame.number)
                        if len(numbers) == 2:
                            await body.stop_live_view()
                    self.assertGreaterEqual(len(numbers), 2)
                    images, others = await asyncio.gather(body.capture(), (await fleet.open(2)).capture())
                    self.assertEqual({(await events.next(10))["name"] for _ in range(2)},
                                     {images[0].name, others[0].name})
                self.assertEqual((await fleet.cameras())[0].sessions, 0)

        asyncio.run(run())


if __name__ == "__main__":
    unittest.main()
