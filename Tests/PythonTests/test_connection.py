"""Connections, time-outs, events and live view against a server that plays a script."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import package  # noqa: F401
from both_clients import Driver, both_clients
from camera_fleet import (
    AccessDenied, AsyncFleet, CameraUnplugged, ConnectionLost, Fleet, InvalidParameter, NoAnswer, ProtocolViolation,
    StreamEnded, TooMany, TransactionCancelled)
from played_server import Peer, PlayedServer, Script, packet
from test_commands import CAMERA


def farewell(peer: Peer) -> None:
    command = peer.receive()
    assert command.code == 0x0999, command
    peer.answer(command)
    peer.wait_for_end()


def opened(peer: Peer, greeting: bytes) -> None:
    peer.send(greeting)
    peer.answer(peer.receive(), b'{"session_ID":5,"camera":%s}' % CAMERA)


class ConnectionTests(unittest.TestCase):
    @both_clients
    def test_the_servers_greeting_is_told(self, driver: Driver) -> None:
        def serve(peer: Peer) -> None:
            peer.send(server.greeting)
            farewell(peer)

        with PlayedServer(serve) as server:
            fleet = driver.connect(server.address)
            self.assertEqual(fleet.server, (
                "played/1.0", 1, "none", server.view_port, server.transfer_port, 1_700_000_000_000_000_000))
            driver.get(fleet.close())
            with self.assertRaises(ConnectionLost):
                driver.get(fleet.check())
            driver.get(fleet.close())

    @both_clients
    def test_no_server_another_server_and_a_full_server_are_told_apart(self, driver: Driver) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            address = f"127.0.0.1:{free.getsockname()[1]}"
        with self.assertRaisesRegex(ConnectionLost, "There is no server at"):
            driver.connect(address)

        def other(peer: Peer) -> None:
            peer.send(b"SSH-2.0-OpenSSH_9.2\r\n")
            peer.wait_for_end()

        def newer(peer: Peer) -> None:
            peer.send(packet(4, 0x0800, 0, 1, (
                b'{"server":"x/2","protocol":2,"authentication":"none","live_view_port":1,"download_port":2,"time":3}')))
            peer.wait_for_end()

        def full(peer: Peer) -> None:
            peer.send(packet(3, 0xA004, 0, 0, b'{"error":"Too_Many","message":"4096 are connected."}'))

        def silent(peer: Peer) -> None:
            peer.wait_for_end()

        with PlayedServer(other, newer, full, silent) as server:
            with self.assertRaises(ProtocolViolation):
                driver.connect(server.address)
            with self.assertRaisesRegex(ProtocolViolation, "version 2"):
                driver.connect(server.address)
            with self.assertRaisesRegex(TooMany, "4096 are connected"):
                driver.connect(server.address)
            with self.assertRaises(NoAnswer):
                driver.connect(server.address, timeout=0.05)

    @both_clients
    def test_a_token_is_given_first_and_a_wrong_one_is_an_error(self, driver: Driver) -> None:
        def serve(peer: Peer) -> None:
            peer.send(server.greeting)
            command = peer.receive()
            self.assertEqual((command.code, command.json), (0x0901, {"token": "right"}))
            peer.answer(command, b'{"role":"operator"}')
            farewell(peer)

        def refuse(peer: Peer) -> None:
            peer.send(server.greeting)
            peer.answer(peer.receive(), b'{"error":"Access_Denied","message":"No."}', 0x200F)
            peer.wait_for_end()

        with PlayedServer(serve, refuse) as server:
            fleet = driver.connect(server.address, token="right")
            self.assertEqual(fleet.role, "operator")
            driver.get(fleet.close())
            with self.assertRaises(AccessDenied):
                driver.connect(server.address, token="wrong")

    @both_clients
    def test_a_call_that_is_given_up_cancels_its_command_and_the_connection_lives_on(self, driver: Driver) -> None:
        def serve(peer: Peer) -> None:
            opened(peer, server.greeting)
            capture = peer.receive()
            cancel = peer.receive()
            self.assertEqual((cancel.code, cancel.session, cancel.json),
                             (0x0017, 5, {"transaction_ID": capture.transaction}))
            peer.answer(capture, b'{"error":"Transaction_Cancelled","message":"Stopped."}', 0x201F)
            peer.answer(cancel)
            peer.answer(peer.receive(), b'{"released_at":1}')
            farewell(peer)

        with PlayedServer(serve) as server:
            fleet = driver.connect(server.address)
            body = driver.get(fleet.open(1))
            with self.assertRaisesRegex(NoAnswer, r"0\.05 s"):
                driver.get(body.capture(timeout=0.05))
            self.assertEqual(driver.get(body.trigger()), 1)
            driver.get(fleet.close())

    @both_clients
    def test_the_end_of_the_connection_reaches_everybody_who_waits(self, driver: Driver) -> None:
        def serve(peer: Peer) -> None:
            opened(peer, server.greeting)
            peer.answer(peer.receive())
            peer.receive()
            peer.cut()

        with PlayedServer(serve) as server:
            fleet = driver.connect(server.address)
            body = driver.get(fleet.open(1))
            events = driver.get(fleet.events("object_added"))
            with self.assertRaises(ConnectionLost):
                driver.get(body.capture())
            with self.assertRaises(ConnectionLost):
                driver.get(events.next())
            driver.get(events.close())
            driver.get(body.close())
            driver.get(fleet.close())

    @both_clients
    def test_an_answer_that_misses_something_is_told_and_costs_only_its_command(self, driver: Driver) -> None:
        def serve(peer: Peer) -> None:
            peer.send(server.greeting)
            peer.answer(peer.receive(), b'{"cameras":[{}]}')
            peer.answer(peer.receive(), b'{"time":1,"cameras":0}')
            farewell(peer)

        with PlayedServer(serve) as server:
            fleet = driver.connect(server.address)
            with self.assertRaisesRegex(ProtocolViolation, "GET_CAMERAS_LIST"):
                driver.get(fleet.cameras())
            self.assertEqual(driver.get(fleet.check()), (1, 0))
            driver.get(fleet.close())

    def test_threads_get_each_its_own_answer_in_whatever_order_they_come(self) -> None:
        count = 16

        def serve(peer: Peer) -> None:
            peer.send(server.greeting)
            commands = [peer.receive() for _ in range(count)]
            for command in reversed(commands):
                peer.answer(command, b'{"widgets":%d}' % command.json["n"])
            farewell(peer)

        with PlayedServer(serve) as server, Fleet(server.address) as fleet, ThreadPoolExecutor(count) as pool:
            answers = list(pool.map(lambda n: fleet.command(0x0960, n=n)["widgets"], range(count)))
        self.assertEqual(answers, list(range(count)))

    def test_a_body_cancels_what_other_threads_wait_for(self) -> None:
        asked = threading.Event()

        def serve(peer: Peer) -> None:
            opened(peer, server.greeting)
            capture = peer.receive()
            asked.set()
            cancel = peer.receive()
            self.assertEqual((cancel.code, cancel.session, cancel.json),
                             (0x0017, 5, {"transaction_ID": capture.transaction}))
            peer.answer(capture, b'{"error":"Transaction_Cancelled","message":"Stopped."}', 0x201F)
            peer.answer(cancel)
            farewell(peer)

        with PlayedServer(serve) as server, Fleet(server.address) as fleet, ThreadPoolExecutor(1) as pool:
            body = fleet.open(1)
            capture = pool.submit(body.capture)
            self.assertTrue(asked.wait(10))
            body.cancel()
            with self.assertRaises(TransactionCancelled):
                capture.result(10)
            body.cancel()

    def test_a_task_that_is_cancelled_cancels_its_command(self) -> None:
        async def run() -> None:
            asked = asyncio.Event()
            loop = asyncio.get_running_loop()

            def serve(peer: Peer) -> None:
                opened(peer, server.greeting)
                capture = peer.receive()
                loop.call_soon_threadsafe(asked.set)
                cancel = peer.receive()
                self.assertEqual((cancel.code, cancel.json), (0x0017, {"transaction_ID": capture.transaction}))
                farewell(peer)

            with PlayedServer(serve) as server:
                async with AsyncFleet(server.address) as fleet:
                    body = await fleet.open(1)
                    task = asyncio.ensure_future(body.capture())
                    await asyncio.wait_for(asked.wait(), 10)
                    task.cancel()
                    with self.assertRaises(asyncio.CancelledError):
                        await task

        asyncio.run(run())

    @both_clients
    def test_tls_covers_every_port(self, driver: Driver) -> None:
        with tempfile.TemporaryDirectory() as folder:
            certificate = Path(folder) / "certificate.pem"
            key = Path(folder) / "key.pem"
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                 "-keyout", str(key), "-out", str(certificate), "-subj", "/CN=127.0.0.1",
                 "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
            own = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            own.load_cert_chain(certificate, key)
            trusting = ssl.create_default_context(cafile=str(certificate))

        content = bytes(1_000_000)

        def serve(peer: Peer) -> None:
            opened(peer, server.greeting)
            peer.answer(peer.receive(), b'{"ticket":"T","size":1000000,"mime":"m","port":%d}' % server.transfer_port)
            farewell(peer)

        def transfer(peer: Peer) -> None:
            command = peer.receive()
            peer.answer(command)
            peer.send(packet(2, 4, 5, command.transaction, bytes(8) + content))
            peer.answer(command)
            peer.wait_for_end()

        with PlayedServer(serve, transfers=(transfer,), tls=own) as server:
            fleet = driver.connect(server.address, tls=trusting)
            body = driver.get(fleet.open(1))
            self.assertEqual(driver.get(body.download("/a", "b")).data, content)
            driver.get(fleet.close())
        with PlayedServer(lambda peer: peer.wait_for_end(), tls=None) as server:
            with self.assertRaises((NoAnswer, ConnectionLost)):
                driver.connect(server.address, tls=trusting, timeout=0.1)


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
            farewell(peer)

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
            farewell(peer)

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
            opened(peer, server.greeting)
            command = peer.receive()
            self.assertEqual((command.code, command.json), (0x0005, {"max_fps": 5}))
            peer.answer(command, b'{"ticket":"T","port":%d}' % server.view_port)
            farewell(peer)

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
