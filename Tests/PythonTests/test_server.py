"""What the server promises to several clients at once, seen from outside."""

from __future__ import annotations

import hashlib
import socket
import unittest
from concurrent.futures import ThreadPoolExecutor

import package  # noqa: F401
from camera_fleet import CameraUnplugged, Fleet, Frame, InvalidParameter, NoAnswer, SessionNotOpen
from played_server import Peer, packet
from programs import Server, VirtualCamera

LARGE = 12_000_000

camera: VirtualCamera
server: Server


def setUpModule() -> None:
    global camera, server
    camera = VirtualCamera("--pictures", "1", "--object-size", str(LARGE))
    unittest.addModuleCleanup(camera.pull_the_plug)
    server = Server("--virtual", "1", "--camera", camera.address)
    unittest.addModuleCleanup(server.stop)


class TransferClient(Peer):
    """A client of port 6666 that is written by hand."""

    def __init__(self) -> None:
        super().__init__(socket.create_connection(("127.0.0.1", server.transfer_port)))

    def begin(self, session: int, ticket: str, offset: int) -> int:
        """Sends the command, and gives the code of the response."""
        self.send(packet(1, 0x0004, session, 77, b'{"ticket":"%s","offset":%d}' % (ticket.encode(), offset)))
        response = self.receive()
        assert (response.type, response.session, response.transaction) == (3, session, 77), response
        return response.code


class ServerTests(unittest.TestCase):
    def setUp(self) -> None:
        self.fleet = Fleet(server.address, timeout=20)
        self.addCleanup(self.fleet.close)
        # The one whose card holds the large file; the others are numbered as they came.
        self.other, self.camera = sorted(self.fleet.cameras(), key=lambda found: f":{camera.port}:" in found.port)

    def another(self) -> Fleet:
        fleet = Fleet(server.address, timeout=20)
        self.addCleanup(fleet.close)
        return fleet

    def test_what_one_client_sets_another_reads(self) -> None:
        first, second = self.fleet.open(self.other), self.another().open(self.other)
        for value in ("100", "1600"):
            self.assertEqual(first.set("iso", value), value)
            self.assertEqual(second.get("iso"), value)

    def test_releases_of_several_clients_bring_each_its_own_image(self) -> None:
        bodies = [self.another().open(self.other) for _ in range(3)]
        with ThreadPoolExecutor(3) as pool:
            names = [images[0].name for images in pool.map(lambda body: body.capture(), bodies)]
        self.assertEqual(len(set(names)), 3)
        listed = {file.name for file in bodies[0].files(recurse=True)}
        self.assertLessEqual(set(names), listed)

    def test_every_subscriber_gets_the_events_that_it_asked_for(self) -> None:
        body = self.fleet.open(self.other)
        body.check()
        with self.another().events("object_added") as added, self.another().events() as every, \
                self.another().events("object_removed") as removed:
            (image,) = body.capture()
            self.assertEqual(added.next(10)["name"], image.name)
            event = every.next(10)
            while event.name != "object_added":
                event = every.next(10)
            self.assertEqual(event["name"], image.name)
            with self.assertRaises(NoAnswer):
                removed.next(0)
            self.assertEqual((added.lost, every.lost, removed.lost), (0, 0, 0))

    def test_a_session_belongs_to_its_connection_and_ends_with_it(self) -> None:
        other = self.another()
        body = other.open(self.other)
        with self.assertRaises(SessionNotOpen):
            self.fleet.command(0x0007, body.session, widget_id="iso")
        self.assertEqual(self.sessions_of_the_other(), 1)
        other.close()
        self.assertEqual(self.sessions_of_the_other(), 0)

    def sessions_of_the_other(self) -> int:
        return {found.number: found.sessions for found in self.fleet.cameras()}[self.other.number]

    def large(self) -> tuple[int, str, str]:
        """A session, and folder and name of the large file."""
        body = self.fleet.open(self.camera)
        (file,) = (file for file in body.files(recurse=True) if file.size == LARGE)
        return body.session, file.folder, file.name

    def test_a_download_is_taken_up_with_the_same_ticket_where_it_broke_off(self) -> None:
        session, folder, name = self.large()
        ticket = self.fleet.command(0x0004, session, folder=folder, name=name)
        self.assertEqual((ticket["size"], ticket["port"]), (LARGE, server.transfer_port))
        content = bytearray()
        client = TransferClient()
        self.assertEqual(client.begin(session, ticket["ticket"], 0), 0x2001)
        while len(content) < LARGE // 3:
            data = client.receive()
            self.assertEqual((data.type, data.code, int.from_bytes(data.body[4:12], "little")), (2, 4, len(content)))
            self.assertLessEqual(len(data.body) - 12, 1 << 20)
            content += data.body[12:]
        client.cut()
        client = TransferClient()
        self.addCleanup(client.close)
        self.assertEqual(client.begin(session, ticket["ticket"], len(content)), 0x2001)
        while (data := client.receive()).type == 2:
            self.assertEqual(int.from_bytes(data.body[4:12], "little"), len(content))
            content += data.body[12:]
        self.assertEqual((data.type, data.code, data.json["size"]), (3, 0x2001, LARGE))
        self.assertEqual(len(content), LARGE)

        whole = self.fleet.open(self.camera).download(folder, name)
        self.assertTrue(whole.verified)
        self.assertEqual(hashlib.sha256(content).hexdigest(), whole.sha256)

        self.assertEqual(client.begin(session, ticket["ticket"], LARGE), 0x2001)
        self.assertEqual(client.receive().code, 0x2001)
        self.assertEqual(client.begin(session, ticket["ticket"], LARGE + 1), 0x201D)
        self.assertEqual(client.begin(session + 1000, ticket["ticket"], 0), 0x2003)

    def test_a_download_does_not_keep_a_widget_waiting(self) -> None:
        session, folder, name = self.large()
        body = self.another().open(self.camera)
        at: list[int] = []

        def progress(received: int, size: int) -> None:
            if not at:
                body.get("iso")
                at.append(received)

        got = self.fleet.open(self.camera).download(folder, name, progress=progress)
        self.assertEqual((got.size, got.verified), (LARGE, True))
        self.assertLess(at[0], LARGE)

    def test_viewers_of_one_body_share_its_frames_and_a_slow_one_delays_nobody(self) -> None:
        first, second = self.fleet.open(self.other), self.another().open(self.other)
        idle = self.another().open(self.other)
        ticket = idle.command(0x0005)
        with socket.create_connection(("127.0.0.1", server.view_port)) as sleeper:
            sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sleeper.sendall(packet(1, 0x0005, idle.session, 1, b'{"ticket":"%s"}' % ticket["ticket"].encode()))
            seen: tuple[dict[int, Frame], dict[int, Frame]] = ({}, {})
            with first.live_view() as one, second.live_view() as two:
                # Both may miss frames, each others: what both have must come to some.
                for _ in range(500):
                    for frames, stream in zip(seen, (one, two)):
                        frame = stream.next(10)
                        frames[frame.number] = frame
                    if len(seen[0].keys() & seen[1].keys()) >= 6:
                        break
        shared = seen[0].keys() & seen[1].keys()
        self.assertGreaterEqual(len(shared), 6)
        for number in shared:
            self.assertEqual(seen[0][number], seen[1][number])

    def test_a_live_view_ends_with_its_session_and_a_ticket_is_good_for_one_stream(self) -> None:
        body = self.fleet.open(self.other)
        ticket = body.command(0x0005)["ticket"].encode()
        command = packet(1, 0x0005, body.session, 1, b'{"ticket":"%s"}' % ticket)
        first, second = (Peer(socket.create_connection(("127.0.0.1", server.view_port))) for _ in range(2))
        self.addCleanup(first.close)
        self.addCleanup(second.close)
        first.send(command)
        self.assertEqual(first.receive().code, 0x2001)
        second.send(command)
        self.assertIn(second.receive().code, (0x2003, 0x201D))
        body.close()
        while (last := first.receive()).type == 2:
            pass
        self.assertEqual((last.type, last.code), (3, 0x201F))

    def test_a_name_is_unique_and_stays_with_the_body(self) -> None:
        self.fleet.name(self.camera, "front-left", groups=["ring"])
        with self.assertRaises(InvalidParameter):
            self.another().name(self.other, "front-left")
        found = {each.id: each for each in self.another().cameras()}[self.fleet.open(self.camera).check().id]
        self.assertEqual((found.name, found.groups), ("front-left", ("ring",)))


class PlugTests(unittest.TestCase):
    def test_a_session_goes_on_when_its_body_is_plugged_in_again(self) -> None:
        with VirtualCamera() as own, Server("--camera", own.address) as rig, Fleet(rig.address) as fleet:
            body = fleet.open(1)
            body.set("iso", "100")
            with fleet.events("camera_detached", "camera_attached") as events:
                own.pull_the_plug()
                while events.next(10).name != "camera_detached":
                    pass
                with self.assertRaises(CameraUnplugged):
                    body.get("iso")
                own.plug_in()
                self.assertEqual(events.next(10).name, "camera_attached")
                self.assertEqual(body.get("iso"), "100")


if __name__ == "__main__":
    unittest.main()
