"""Downloads and uploads against a server that plays a script (section 5)."""

from __future__ import annotations

import hashlib
import io
import tempfile
import unittest
from pathlib import Path
from typing import Any, Optional
from unittest import mock

import package  # noqa: F401
from both_clients import Driver, both_clients
from camera_fleet import ConnectionLost, DamagedTransfer, InvalidParameter, ProtocolViolation, SessionNotOpen, StoreFull
from camera_fleet.files import Place
from camera_fleet.protocol.retry import Retry
from played_server import Peer, PlayedServer, Script, packet

FILE = bytes(range(256)) * 8192
HALF = len(FILE) // 2
SHA256 = hashlib.sha256(FILE).hexdigest().encode()


def pieces(command: int, transaction: int, start: int, end: int) -> bytes:
    size = 1 << 18
    return b"".join(
        packet(2, command, 5, transaction, offset.to_bytes(8, "little") + FILE[offset : min(offset + size, end)])
        for offset in range(start, end, size))


def sending(start: int, end: int, last: Optional[bytes], code: int = 0x2001) -> Script:
    """A download that must begin at `start`, brings the bytes up to `end`, and answers or breaks off."""

    def play(peer: Peer) -> None:
        command = peer.receive()
        assert (command.type, command.code, command.session) == (1, 0x0004, 5), command
        assert command.json == {"ticket": "T", "offset": start}, command.json
        peer.answer(command)
        peer.send(pieces(4, command.transaction, start, end))
        if last is not None:
            peer.answer(command, last, code)
            peer.wait_for_end()

    return play


def refusing(code: int) -> Script:
    def play(peer: Peer) -> None:
        peer.answer(peer.receive(), b'{"error":"E","message":"No."}', code)
        peer.wait_for_end()

    return play


def taking(start: int, end: int, code: Optional[int]) -> Script:
    """An upload of which the server holds `start` bytes; it takes those up to `end`, and answers or breaks off."""

    def play(peer: Peer) -> None:
        command = peer.receive()
        assert (command.type, command.code, command.session, command.json) == (1, 0x000D, 5, {"ticket": "T"}), command
        peer.answer(command, b'{"offset":%d}' % start)
        offset = start
        while offset < end:
            data = peer.receive()
            content = data.body[12:]
            assert (data.type, data.code, data.session, data.transaction) == (2, 0x000D, 5, command.transaction)
            assert int.from_bytes(data.body[4:12], "little") == offset and content == FILE[offset : offset + 1_048_576]
            offset += len(content)
        if code is not None:
            peer.answer(command, b'{"error":"E","message":"No."}', code)
            peer.wait_for_end()

    return play


class TransferTests(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def server(self, *transfers: Script, tickets: int = 1) -> PlayedServer:
        """A server of one body, of that many transfers."""

        def serve(peer: Peer) -> None:
            peer.open_session(server.greeting)
            for _ in range(tickets):
                self.asked = peer.receive()
                peer.answer(self.asked, b'{"ticket":"T","size":%d,"mime":"image/jpeg","port":%d}' % (
                    len(FILE), server.transfer_port))
            peer.say_farewell()

        server = PlayedServer(serve, transfers=transfers)
        return server

    def body(self, driver: Driver, server: PlayedServer) -> tuple[Any, Any]:
        fleet = driver.connect(server.address, timeout=10)
        return fleet, driver.get(fleet.open(1))

    def in_folder(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())

    @both_clients
    def test_a_download_is_checked_and_its_progress_told(self, driver: Driver) -> None:
        with self.server(sending(0, len(FILE), b'{"size":%d,"sha256":"%s"}' % (len(FILE), SHA256))) as server:
            fleet, body = self.body(driver, server)
            told: list[tuple[int, int]] = []
            got = driver.get(body.download("/a", "b.jpg", type="raw", progress=lambda *sizes: told.append(sizes)))
            driver.get(fleet.close())
        self.assertEqual(self.asked.json, {"folder": "/a", "name": "b.jpg", "type": "raw"})
        self.assertEqual((got.data, got.size, got.verified), (FILE, len(FILE), True))
        self.assertEqual(told, [(n << 18, len(FILE)) for n in range(1, 9)])

    @both_clients
    def test_a_transfer_that_breaks_goes_on_where_it_was(self, driver: Driver) -> None:
        answer = b'{"size":%d,"sha256":"%s"}' % (len(FILE), SHA256)
        with self.server(
            sending(0, HALF, None), sending(HALF, HALF, None), sending(HALF, len(FILE), answer)
        ) as server:
            fleet, body = self.body(driver, server)
            got = driver.get(body.download("/a", "b.jpg", to=self.folder / driver.__class__.__name__))
            driver.get(fleet.close())
        self.assertEqual(got.path.read_bytes(), FILE)
        self.assertTrue(got.verified)

    @both_clients
    def test_a_download_that_was_given_up_is_resumed_by_the_next(self, driver: Driver) -> None:
        name = driver.__class__.__name__
        with self.server(
            sending(0, HALF, b'{"error":"Camera_Unplugged","message":"Gone."}', 0xA001),
            sending(HALF, len(FILE), b'{"size":%d}' % len(FILE)), tickets=2
        ) as server:
            fleet, body = self.body(driver, server)
            with self.assertRaisesRegex(Exception, "Gone"):
                driver.get(body.download("/a", "b.jpg", to=self.folder / name, resume=True))
            self.assertEqual(self.in_folder()[0], f".{name}.{len(FILE)}.part")
            got = driver.get(body.download("/a", "b.jpg", to=self.folder / name, resume=True))
            driver.get(fleet.close())
        self.assertEqual(got.path.read_bytes(), FILE)
        self.assertEqual((got.verified, got.sha256), (False, SHA256.decode()))
        self.assertFalse([name for name in self.in_folder() if name.endswith(".part")])

    @both_clients
    def test_a_damaged_file_is_not_kept(self, driver: Driver) -> None:
        for answer in (b'{"size":%d,"sha256":"00"}' % len(FILE), b'{"size":1}'):
            for resume in (False, True):
                with self.server(sending(0, len(FILE), answer)) as server:
                    fleet, body = self.body(driver, server)
                    with self.assertRaises(DamagedTransfer):
                        driver.get(body.download("/a", "b.jpg", to=self.folder, resume=resume))
                    driver.get(fleet.close())
                self.assertEqual(self.in_folder(), [])

    @both_clients
    def test_a_piece_out_of_place_is_no_part_of_the_file(self, driver: Driver) -> None:
        def play(peer: Peer) -> None:
            command = peer.receive()
            peer.answer(command)
            peer.send(pieces(4, command.transaction, 1, 10))
            peer.wait_for_end()

        with self.server(play) as server:
            fleet, body = self.body(driver, server)
            with self.assertRaises(ProtocolViolation):
                driver.get(body.download("/a", "b.jpg"))
            driver.get(fleet.close())

    @both_clients
    def test_a_file_that_is_there_is_not_overwritten_unless_told_to(self, driver: Driver) -> None:
        answer = b'{"size":%d,"sha256":"%s"}' % (len(FILE), SHA256)
        target = self.folder / "b.jpg"
        target.write_bytes(b"mine")
        with self.server(sending(0, len(FILE), answer)) as server:
            fleet, body = self.body(driver, server)
            # Refused before a ticket is asked for.
            with self.assertRaises(FileExistsError):
                driver.get(body.download("/a", "b.jpg", to=self.folder))
            self.assertEqual(target.read_bytes(), b"mine")
            driver.get(body.download("/a", "b.jpg", to=str(target), overwrite=True))
            driver.get(fleet.close())
        self.assertEqual(target.read_bytes(), FILE)
        self.assertEqual(self.in_folder(), ["b.jpg"])

    @both_clients
    def test_bytes_can_be_skipped(self, driver: Driver) -> None:
        file = io.BytesIO()
        with self.server(sending(HALF, len(FILE), b'{"size":%d}' % len(FILE))) as server:
            fleet, body = self.body(driver, server)
            got = driver.get(body.download("/a", "b.jpg", to=file, offset=HALF))
            driver.get(fleet.close())
        self.assertEqual(file.getvalue(), FILE[HALF:])
        self.assertEqual((got.verified, got.sha256, got.data, got.path), (False, None, None, None))

    @both_clients
    def test_a_name_that_leads_out_of_the_folder_is_refused(self, driver: Driver) -> None:
        with self.server(tickets=0) as server:
            fleet, body = self.body(driver, server)
            for name in ("../b.jpg", ".."):
                with self.assertRaises(ValueError):
                    driver.get(body.download("/a", name, to=self.folder))
            driver.get(fleet.close())
        self.assertEqual(self.in_folder(), [])

    @both_clients
    def test_a_file_that_comes_meanwhile_is_not_overwritten_and_the_download_is_kept(self, driver: Driver) -> None:
        target = self.folder / driver.__class__.__name__
        with self.server(sending(0, len(FILE), b'{"size":%d,"sha256":"%s"}' % (len(FILE), SHA256))) as server:
            fleet, body = self.body(driver, server)
            with self.assertRaisesRegex(FileExistsError, "meanwhile") as caught:
                driver.get(body.download("/a", "b.jpg", to=target, progress=lambda *_: target.write_bytes(b"mine")))
            driver.get(fleet.close())
        self.assertEqual(target.read_bytes(), b"mine")
        kept = str(caught.exception).split(" is in ")[1].rstrip(".")
        self.assertEqual(Path(kept).read_bytes(), FILE)

    @both_clients
    def test_two_downloads_never_write_one_file(self, driver: Driver) -> None:
        target = self.folder / driver.__class__.__name__
        first = Place(target, "b.jpg", 0, True, False).open(len(FILE))
        first.write(memoryview(b"abc"))
        with self.server() as server:
            fleet, body = self.body(driver, server)
            with self.assertRaisesRegex(FileExistsError, "already"):
                driver.get(body.download("/a", "b.jpg", to=target, resume=True))
            driver.get(fleet.close())
        first.give_up(damaged=False)
        second = Place(target, "b.jpg", 0, True, False).open(len(FILE))
        self.assertEqual(second.prefix, 3)
        second.give_up(damaged=True)
        self.assertFalse(self.in_folder())

    @both_clients
    def test_a_refused_ticket_and_a_server_that_always_breaks_off_are_errors(self, driver: Driver) -> None:
        with mock.patch.object(Retry, "first_pause", 0.001), self.server(
            refusing(0x2003), *[sending(0, 0, None)] * 5, tickets=2
        ) as server:
            fleet, body = self.body(driver, server)
            with self.assertRaises(SessionNotOpen):
                driver.get(body.download("/a", "b.jpg"))
            with self.assertRaises(ConnectionLost):
                driver.get(body.download("/a", "b.jpg"))
            driver.get(fleet.close())

    @both_clients
    def test_an_upload_goes_on_from_what_the_server_holds(self, driver: Driver) -> None:
        (self.folder / "c.jpg").write_bytes(FILE)
        with self.server(taking(0, HALF, None), taking(HALF, len(FILE), 0x2001)) as server:
            fleet, body = self.body(driver, server)
            told: list[int] = []
            driver.get(body.upload(self.folder / "c.jpg", "/a", progress=lambda sent, size: told.append(sent)))
            driver.get(fleet.close())
        self.assertEqual(self.asked.code, 0x000D)
        self.assertEqual(self.asked.json, {"folder": "/a", "name": "c.jpg", "size": len(FILE)})
        self.assertEqual(told[-1], len(FILE))

    @both_clients
    def test_an_upload_that_is_refused_ends_with_the_servers_error(self, driver: Driver) -> None:
        with self.server(
            taking(0, len(FILE), 0x200C), taking(0, 1, 0x201D), refusing(0x2003), taking(len(FILE), len(FILE), 0x2001),
            tickets=4
        ) as server:
            fleet, body = self.body(driver, server)
            for error in (StoreFull, InvalidParameter, SessionNotOpen):
                with self.assertRaises(error):
                    driver.get(body.upload(FILE, "/a", "b.jpg"))
            driver.get(body.upload(io.BytesIO(b"skipped" + FILE[7:]), "/a", "b.jpg"))
            driver.get(fleet.close())

    @both_clients
    def test_bytes_need_a_name(self, driver: Driver) -> None:
        with self.server(tickets=0) as server:
            fleet, body = self.body(driver, server)
            with self.assertRaisesRegex(ValueError, "name"):
                driver.get(body.upload(b"abc", "/a"))
            driver.get(fleet.close())


if __name__ == "__main__":
    unittest.main()
