"""The commands of one body, by both clients, against the server with virtual bodies."""

from __future__ import annotations

import unittest
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

import package  # noqa: F401
from both_clients import Driver, both_clients
from camera_fleet import (
    CameraUnplugged, DeviceBusy, Fleet, InvalidObjectHandle, NoAnswer, TransactionCancelled)
from programs import Server, VirtualCamera

server: Server


def setUpModule() -> None:
    global server
    server = Server("--virtual", "2")
    unittest.addModuleCleanup(server.stop)
    with Fleet(server.address) as fleet:
        for number in (1, 2):
            fleet.open(number).check()


class BodyTests(unittest.TestCase):
    def open(self, driver: Driver) -> tuple[Any, Any]:
        fleet = driver.connect(server.address, timeout=20)
        return fleet, driver.get(fleet.open(1))

    @both_clients
    def test_the_card_and_the_driver_tell_of_themselves(self, driver: Driver) -> None:
        fleet, body = self.open(driver)
        (storage,) = driver.get(body.storages())
        self.assertEqual(storage.access, "read_write")
        self.assertGreater(storage.capacity, storage.free)
        self.assertIn("D7500", driver.get(body.summary()).summary)
        file = driver.all(body.files(recurse=True))[0]
        thumbnail = driver.get(body.thumbnail(file.folder, file.name))
        self.assertEqual((thumbnail[:2], thumbnail[-2:]), (b"\xff\xd8", b"\xff\xd9"))
        self.assertLess(len(thumbnail), file.size)
        driver.get(fleet.close())

    @both_clients
    def test_a_release_without_waiting_brings_its_image_later(self, driver: Driver) -> None:
        fleet, body = self.open(driver)
        events = driver.get(fleet.events("object_added"))
        released = driver.get(body.trigger())
        self.assertLess(released, driver.get(fleet.check()).time)
        name = driver.get(events.next(10))["name"]
        self.assertIn(name, [file.name for file in driver.all(body.files(recurse=True))])
        driver.get(fleet.close())

    @both_clients
    def test_a_lock_keeps_others_from_touching_and_lets_them_look(self, driver: Driver) -> None:
        fleet, body = self.open(driver)
        other_fleet, other = self.open(driver)
        lock = driver.get(body.lock(30))
        self.assertGreater(lock.until, driver.get(fleet.check()).time)
        touches: list[Callable[[], Any]] = [
            lambda: other.capture(), lambda: other.set("iso", "100"), lambda: other.trigger(), lambda: other.lock(),
            lambda: other.reset()]
        for touch in touches:
            with self.assertRaises(DeviceBusy):
                driver.get(touch())
        driver.get(other.get("iso"))
        self.assertEqual(driver.get(other_fleet.cameras())[0].locked_by, body.session)
        driver.get(body.set("iso", "200"))
        driver.get(body.unlock())
        self.assertEqual(driver.get(other.set("iso", "100")), "100")
        driver.get(fleet.close())
        driver.get(other_fleet.close())

    @both_clients
    def test_a_sequence_takes_its_pictures_and_tells_of_each(self, driver: Driver) -> None:
        fleet, body = self.open(driver)
        progress = driver.get(fleet.events("sequence_progress"))
        added = driver.get(fleet.events("object_added"))
        sequence = driver.get(body.sequence(3, 0.05))
        taken = 0
        while taken < 3:
            event = driver.get(progress.next(10))
            self.assertEqual((event["sequence"], event["count"]), (sequence.id, 3))
            taken = event["taken"]
        self.assertEqual(len({driver.get(added.next(10))["name"] for _ in range(3)}), 3)
        driver.get(fleet.close())

    @both_clients
    def test_after_a_sequence_was_stopped_nothing_is_released(self, driver: Driver) -> None:
        fleet, body = self.open(driver)
        progress = driver.get(fleet.events("sequence_progress"))
        sequence = driver.get(body.sequence(1000, 0.05))
        while driver.get(progress.next(10))["taken"] < 2:
            pass
        taken = driver.get(sequence.stop())
        self.assertGreaterEqual(taken, 2)
        # Once the body has answered anew, what was released before has been told of.
        driver.get(body.check())
        before = len(driver.all(body.files(recurse=True)))
        driver.get(body.capture())
        self.assertEqual(len(driver.all(body.files(recurse=True))), before + 1)
        driver.get(fleet.close())

    @both_clients
    def test_a_file_goes_to_the_card_and_back_and_is_deleted(self, driver: Driver) -> None:
        fleet, body = self.open(driver)
        folder = driver.all(body.files(recurse=True))[0].folder
        content = b"\xff\xd8" + bytes(range(256)) * 8000 + b"\xff\xd9"
        driver.get(body.upload(content, folder, "UP_0001.JPG"))
        self.assertIn(("UP_0001.JPG", len(content)), [file[1:3] for file in driver.all(body.files(folder))])
        got = driver.get(body.download(folder, "UP_0001.JPG"))
        self.assertEqual((got.data, got.verified), (content, True))
        driver.get(body.delete(folder, "UP_0001.JPG"))
        self.assertNotIn("UP_0001.JPG", [file.name for file in driver.all(body.files(folder))])
        with self.assertRaises(InvalidObjectHandle):
            driver.get(body.delete(folder, "UP_0001.JPG"))
        driver.get(fleet.close())

    @both_clients
    def test_a_body_is_opened_anew_and_its_sessions_go_on(self, driver: Driver) -> None:
        fleet, body = self.open(driver)
        driver.get(body.set("iso", "400"))
        driver.get(body.reset())
        self.assertEqual(driver.get(body.get("iso")), "400")
        driver.get(fleet.close())

    @both_clients
    def test_numbers_are_given_all_at_once(self, driver: Driver) -> None:
        fleet = driver.connect(server.address)
        first, second = driver.get(fleet.cameras())
        swapped = driver.get(fleet.numbers({1: 2, second.id: 1}))
        self.assertEqual([camera.id for camera in swapped], [second.id, first.id])
        swapped = driver.get(fleet.numbers({1: 2, 2: 1}))
        self.assertEqual([camera.id for camera in swapped], [first.id, second.id])
        driver.get(fleet.close())

    def test_a_release_that_is_cancelled_ends_for_the_one_who_waits_for_it(self) -> None:
        with Fleet(server.address, timeout=20) as fleet, ThreadPoolExecutor(1) as pool:
            body = fleet.open(2)
            speed = body.get("shutterspeed")
            with fleet.events("camera_state") as states:
                capture = pool.submit(body.capture, bulb_seconds=60)
                while (event := states.next(10))["state"] != "busy" or event.camera != body.camera.id:
                    pass
                body.cancel()
                with self.assertRaises(TransactionCancelled):
                    capture.result(20)
            body.set("shutterspeed", speed)
            self.assertEqual(len(body.capture()), 1)

    def test_what_one_client_sets_another_is_told(self) -> None:
        with Fleet(server.address) as fleet, Fleet(server.address) as other:
            body = fleet.open(1)
            body.set("iso", "100")
            with other.events("widget_changed") as changes:
                body.set("iso", "1600")
                while (event := changes.next(10))["widget_id"] != "iso" or event["widget_value"] != "1600":
                    pass
            self.assertEqual(event.camera, body.camera.id)

    def test_an_unplugged_body_is_replaced_and_forgotten(self) -> None:
        with VirtualCamera() as own, VirtualCamera("--first-index", "2") as spare, \
                Server("--camera", own.address, "--camera", spare.address) as rig, Fleet(rig.address) as fleet:
            old, new = fleet.open(1), fleet.open(2)
            old_id, new_id = old.check().id, new.check().id
            fleet.name(1, "front-left", groups=["ring"])
            with self.assertRaises(DeviceBusy):
                fleet.forget("front-left")
            with fleet.events("camera_detached") as detached:
                own.pull_the_plug()
                self.assertEqual(detached.next(10).camera, old_id)
                with self.assertRaises(CameraUnplugged):
                    old.get("iso")
                with self.assertRaises(NoAnswer):
                    detached.next(0)
            replaced = fleet.replace(old_id, new_id)
            self.assertEqual((replaced.id, replaced.number, replaced.name, replaced.groups),
                             (new_id, 1, "front-left", ("ring",)))
            fleet.forget(old_id)
            self.assertEqual([camera.id for camera in fleet.cameras()], [new_id])


if __name__ == "__main__":
    unittest.main()
