"""Events and live view against a server that plays a script."""

from __future__ import annotations

import threading
import unittest
from typing import Any

import package  # noqa: F401
from both_clients import Driver, both_clients
from camera_fleet import CameraUnplugged, InvalidParameter, NoAnswer, StreamEnded
from played_server import CAMERA, Peer, PlayedServer, Script, packet


class EventTests(unittest.TestCase):
    @both_clients
    def test_streams_share_one_subscription_and_each_gets_its_own_events(self, driver: Driver) -> None:
        def serve(peer: Peer) -> None:
            peer.send(server.greeting)
            for names in (["events_lost", "object_added"], ["camera_state", "events_lost", "object_added"]):
                command = peer.receive()
                self.assertEqual((command.code, command.json), (0x0910, {"events": names}))
                peer.answer(command)
            peer.send(packet(4, 0x4002, 0, 2, b'{"camera":"c","folder":"/","name":"1","size":1}'))
            peer.send(packet(4, 0xC005, 0, 3, b'{"count":7}'))
            peer.send(packet(4, 0xC001, 0, 4, CAMERA))
            refused = peer.receive()
            self.assertEqual(refused.json, {"events": ["camera_state", "events_lost", "nope", "object_added"]})
            peer.answer(refused, b'{"error":"Invalid_Parameter","message":"No event is called nope."}', 0x201D)
            command = peer.receive()
            self.assertEqual((command.code, command.json), (0x0910, {"events": ["camera_state", "events_lost"]}))
            peer.answer(command)
            command = peer.receive()
            self.assertEqual((command.code, command.body[4:]), (0x0911, b""))
            peer.answer(command)
            peer.say_farewell()

        with PlayedServer(serve) as server:
            fleet = driver.connect(server.address)
            added = driver.get(fleet.events("object_added"))
            states = driver.get(fleet.events("camera_state"))
            event = driver.get(added.next(10))
            self.assertEqual((event.name, event.camera, event["name"], event.number), ("object_added", "c", "1", 2))
            event = driver.get(states.next(10))
            self.assertEqual((event.name, event.camera, event["name"]), ("camera_state", "nikon-d7500-1", "left"))
            self.assertEqual((added.lost, states.lost), (7, 7))
            with self.assertRaises(NoAnswer):
                driver.get(added.next(0))
            with self.assertRaisesRegex(InvalidParameter, "nope"):
                driver.get(fleet.events("nope"))
            driver.get(added.close())
            driver.get(states.close())
            self.assertEqual(driver.all(added), [])
            with self.assertRaises(StreamEnded):
                driver.get(added.next())
            driver.get(fleet.close())

    @both_clients
    def test_of_more_events_than_there_is_room_for_the_newest_are_kept_and_the_others_counted(
        self, driver: Driver
    ) -> None:
        def serve(peer: Peer) -> None:
            peer.send(server.greeting)
            command = peer.receive()
            self.assertEqual((command.code, command.body[4:]), (0x0910, b""))
            peer.answer(command)
            for number in range(2, 12):
                peer.send(packet(4, 0x400D, 0, number, b'{"camera":"c"}'))
            peer.answer(peer.receive(), b'{"time":1,"cameras":0}')
            peer.answer(peer.receive())
            peer.say_farewell()

        with PlayedServer(serve) as server:
            fleet = driver.connect(server.address)
            events = driver.get(fleet.events(capacity=3))
            driver.get(fleet.check())
            self.assertEqual([driver.get(events.next(10)).number for _ in range(3)], [9, 10, 11])
            self.assertEqual(events.lost, 7)
            driver.get(events.close())
            driver.get(fleet.close())


class LiveViewTests(unittest.TestCase):
    def play(self, view: Script) -> PlayedServer:
        def serve(peer: Peer) -> None:
            peer.open_session(server.greeting)
            command = peer.receive()
            self.assertEqual((command.code, command.json), (0x0005, {"max_fps": 5}))
            peer.answer(command, b'{"ticket":"T","port":%d}' % server.view_port)
            peer.say_farewell()

        server = PlayedServer(serve, views=(view,))
        return server

    @staticmethod
    def frame(command: Any, number: int) -> bytes:
        head = number.to_bytes(4, "little") + (number * 1_000_000_000).to_bytes(8, "little")
        return packet(2, 5, 5, command.transaction, head + b"\xff\xd8%d\xff\xd9" % number)

    @both_clients
    def test_frames_come_until_the_server_ends_the_stream(self, driver: Driver) -> None:
        for code, error in ((0x201F, None), (0xA001, CameraUnplugged)):
            def view(peer: Peer, code: int = code) -> None:
                command = peer.receive()
                self.assertEqual((command.code, command.session, command.json), (5, 5, {"ticket": "T"}))
                peer.answer(command)
                peer.send(self.frame(command, 3) + self.frame(command, 5))
                peer.answer(command, b'{"error":"E","message":"Over."}', code)
                peer.wait_for_end()

            with self.play(view) as server:
                fleet = driver.connect(server.address)
                body = driver.get(fleet.open(1))
                stream = driver.get(body.live_view(5))
                self.assertEqual(driver.get(stream.next(10)), (3, 3_000_000_000, b"\xff\xd83\xff\xd9"))
                self.assertEqual(driver.get(stream.next(10)).number, 5)
                if error is None:
                    self.assertEqual(driver.all(stream), [])
                else:
                    with self.assertRaises(error):
                        driver.get(stream.next(10))
                driver.get(stream.close())
                driver.get(fleet.close())

    @both_clients
    def test_a_viewer_that_is_slow_sees_the_newest_frames(self, driver: Driver) -> None:
        def view(peer: Peer) -> None:
            command = peer.receive()
            peer.answer(command)
            peer.send(b"".join(self.frame(command, number) for number in range(1, 11)))
            peer.answer(command, b'{"error":"E","message":"Over."}', 0x201F)
            peer.wait_for_end()
            over.set()

        over = threading.Event()
        with self.play(view) as server:
            fleet = driver.connect(server.address)
            body = driver.get(fleet.open(1))
            stream = driver.get(body.live_view(5, capacity=2))
            # The client hangs up once it has read the stream's end.
            driver.wait_for(over)
            self.assertEqual([frame.number for frame in driver.all(stream)], [9, 10])
            self.assertEqual(stream.missed, 8)
            driver.get(stream.close())
            driver.get(fleet.close())

    @both_clients
    def test_closing_a_stream_ends_it_on_the_server(self, driver: Driver) -> None:
        ended = threading.Event()

        def view(peer: Peer) -> None:
            command = peer.receive()
            peer.answer(command)
            try:
                for number in range(1, 100_000):
                    peer.send(self.frame(command, number))
            except ConnectionError:
                ended.set()

        with self.play(view) as server:
            fleet = driver.connect(server.address)
            body = driver.get(fleet.open(1))
            stream = driver.get(body.live_view(5))
            driver.get(stream.next(10))
            driver.get(stream.close())
            self.assertTrue(ended.wait(10))
            self.assertEqual(driver.all(stream), [])
            driver.get(fleet.close())


if __name__ == "__main__":
    unittest.main()
