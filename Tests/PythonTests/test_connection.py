"""Connections and time-outs against a server that plays a script."""

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

import package  # noqa: F401
from both_clients import Driver, both_clients
from camera_fleet import (
    AccessDenied, AsyncFleet, ConnectionLost, Fleet, NoAnswer, ProtocolViolation,
    TooMany, TransactionCancelled)
from played_server import Peer, PlayedServer, packet


class ConnectionTests(unittest.TestCase):
    @both_clients
    def test_the_servers_greeting_is_told(self, driver: Driver) -> None:
        def serve(peer: Peer) -> None:
            peer.send(server.greeting)
            peer.say_farewell()

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
            peer.say_farewell()

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
            peer.open_session(server.greeting)
            capture = peer.receive()
            cancel = peer.receive()
            self.assertEqual((cancel.code, cancel.session, cancel.json),
                             (0x0017, 5, {"transaction_ID": capture.transaction}))
            peer.answer(capture, b'{"error":"Transaction_Cancelled","message":"Stopped."}', 0x201F)
            peer.answer(cancel)
            peer.answer(peer.receive(), b'{"released_at":1}')
            peer.say_farewell()

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
            peer.open_session(server.greeting)
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
            peer.say_farewell()

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
            peer.say_farewell()

        with PlayedServer(serve) as server, Fleet(server.address) as fleet, ThreadPoolExecutor(count) as pool:
            answers = list(pool.map(lambda n: fleet.command(0x0960, n=n)["widgets"], range(count)))
        self.assertEqual(answers, list(range(count)))

    def test_a_body_cancels_what_other_threads_wait_for(self) -> None:
        asked = threading.Event()

        def serve(peer: Peer) -> None:
            peer.open_session(server.greeting)
            capture = peer.receive()
            asked.set()
            cancel = peer.receive()
            self.assertEqual((cancel.code, cancel.session, cancel.json),
                             (0x0017, 5, {"transaction_ID": capture.transaction}))
            peer.answer(capture, b'{"error":"Transaction_Cancelled","message":"Stopped."}', 0x201F)
            peer.answer(cancel)
            peer.say_farewell()

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
                peer.open_session(server.greeting)
                capture = peer.receive()
                loop.call_soon_threadsafe(asked.set)
                cancel = peer.receive()
                self.assertEqual((cancel.code, cancel.json), (0x0017, {"transaction_ID": capture.transaction}))
                peer.say_farewell()

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
            peer.open_session(server.greeting)
            peer.answer(peer.receive(), b'{"ticket":"T","size":1000000,"mime":"m","port":%d}' % server.transfer_port)
            peer.say_farewell()

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


if __name__ == "__main__":
    unittest.main()
