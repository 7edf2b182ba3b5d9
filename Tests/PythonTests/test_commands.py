"""Every command against a server that plays a script: what is sent, and what is made of the answer (section 3)."""

from __future__ import annotations

import unittest
from typing import Any, Callable, NamedTuple, Optional

import package  # noqa: F401
import camera_fleet
from both_clients import Driver, both_clients
from camera_fleet import DeviceBusy, FilePage, Image, Range, Storage, StoredFile, Summary
from played_server import CAMERA, Peer, PlayedServer, Received, packet

ISO = b'{"widget_id":"iso","widget_type":262,"label":"ISO","widget_value":"800","readonly":false'


class Case(NamedTuple):
    """A call, the command and arguments that it must send, the answer, and what the call must give."""

    call: Callable[[Any], Any]
    code: int
    arguments: Optional[dict[str, Any]]
    answer: bytes
    value: Callable[[Any], Any] = lambda given: given
    expected: Any = None


def name_of(camera: Any) -> Any:
    return camera.name


FLEET = [
    Case(lambda f: f.check(), 0x0900, None, b'{"time":5,"cameras":2}', tuple, (5, 2)),
    Case(lambda f: f.authenticate("secret"), 0x0901, {"token": "secret"}, b'{"role":"viewer"}', expected="viewer"),
    Case(lambda f: f.cameras(), 0x0902, None, b'{"cameras":[' + CAMERA + b"]}",
         lambda c: (c[0].id, c[0].number, c[0].groups, c[0].error, c[0].can, c[0].battery, c[0].locked_by,
                    c[0].provisional, c[0].json["new"]),
         ("nikon-d7500-1", 3, ("ring",), "It hangs.", {"capture", "preview"}, 80, 4, False, 1)),
    Case(lambda f: f.name(3, "left", number=4, groups=["a"]), 0x0920,
         {"camera": 3, "name": "left", "camera_number": 4, "groups": ["a"]}, CAMERA, name_of, "left"),
    Case(lambda f: f.name("x", groups=[]), 0x0920, {"camera": "x", "groups": []}, CAMERA, name_of, "left"),
    Case(lambda f: f.replace("old", 7), 0x0921, {"camera": "old", "by": 7}, CAMERA, name_of, "left"),
    Case(lambda f: f.forget(2), 0x0922, {"camera": 2}, b"{}"),
    Case(lambda f: f.numbers({"left": 1, 2: 3}), 0x0923, {"numbers": {"left": 1, "2": 3}},
         b'{"cameras":[' + CAMERA + b"]}", len, 1),
    Case(lambda f: f.command(0x0960, note=None, **{"from": 1}), 0x0960, {"note": None, "from": 1}, b'{"a":[1]}',
         expected={"a": [1]}),
    Case(lambda f: f.arm_group("ring", require_all=True), 0x0930, {"group": "ring", "require_all": True},
         b'{"shot":9,"cameras":[]}', expected={"shot": 9, "cameras": []}),
    Case(lambda f: f.fire_group(9, at=12, offsets={"left": 5}), 0x0931, {"shot": 9, "at": 12, "offsets": {"left": 5}},
         b"{}", expected={}),
    Case(lambda f: f.capture_group([1, "left"], download=True), 0x0932, {"cameras": [1, "left"], "download": True},
         b"{}", expected={}),
    Case(lambda f: f.set_group_widgets({"iso": "800"}), 0x0933, {"widgets": {"iso": "800"}}, b"{}", expected={}),
    Case(lambda f: f.copy_widgets(1, "ring", widgets=["iso"]), 0x0934, {"from": 1, "group": "ring", "widgets": ["iso"]},
         b"{}", expected={}),
    Case(lambda f: f.disarm_group(9), 0x0935, {"shot": 9}, b"{}", expected={}),
    Case(lambda f: f.start_group_sequence(5, 0.5, bracket={"widget_id": "iso", "values": ["100"]}, keep=True), 0x0936,
         {"count": 5, "interval_seconds": 0.5, "bracket": {"widget_id": "iso", "values": ["100"]}, "keep": True},
         b'{"sequence":"s"}', expected={"sequence": "s"}),
    Case(lambda f: f.stop_group_sequence("s"), 0x0937, {"sequence": "s"}, b'{"taken":3}', expected={"taken": 3}),
    Case(lambda f: f.collect_group(2, [1]), 0x0938, {"cameras": [1], "window_seconds": 2}, b"{}", expected={}),
    Case(lambda f: f.collect_group(2, trigger="box", at=5), 0x0938, {"window_seconds": 2, "trigger": "box", "at": 5},
         b"{}", expected={}),
    Case(lambda f: f.list_images(limit=2, shot=3), 0x0961, {"limit": 2, "shot": 3}, b'{"images":[]}',
         expected={"images": []}),
    Case(lambda f: f.list_images(since=5, until=9), 0x0961, {"since": 5, "until": 9}, b'{"images":[]}',
         expected={"images": []}),
    Case(lambda f: f.verify_images(camera="a"), 0x0962, {"camera": "a"}, b'{"images":[]}', expected={"images": []}),
    Case(lambda f: f.fetch_images("ring"), 0x0963, {"group": "ring"}, b'{"cameras":[]}', expected={"cameras": []}),
    Case(lambda f: f.get_disk(), 0x0968, None, b'{"free":9,"capacity":10,"reserve":1,"frames":null}',
         expected={"free": 9, "capacity": 10, "reserve": 1, "frames": None}),
    Case(lambda f: f.list_images(project="Bust 12"), 0x0961, {"project": "Bust 12"}, b'{"images":[]}',
         expected={"images": []}),
    Case(lambda f: f.open_project("Bust 12"), 0x0965, {"project": "Bust 12"}, b'{"project":"Bust 12"}',
         expected={"project": "Bust 12"}),
    Case(lambda f: f.close_project(), 0x0966, None, b"{}", expected={}),
    Case(lambda f: f.list_projects(limit=2, before="a"), 0x0967, {"limit": 2, "before": "a"}, b'{"projects":[]}',
         expected={"projects": []}),
    Case(lambda f: f.list_shots(project="a"), 0x0940, {"project": "a"}, b'{"shots":[]}', expected={"shots": []}),
    Case(lambda f: f.list_triggers(), 0x0960, None, b'{"triggers":[]}', expected={"triggers": []}),
    Case(lambda f: f.list_shots(limit=1, before=9), 0x0940, {"limit": 1, "before": 9}, b'{"shots":[]}',
         expected={"shots": []}),
    Case(lambda f: f.get_shot(9), 0x0941, {"shot": 9}, b"{}", expected={}),
    Case(lambda f: f.save_preset("day", 1, widgets=["iso"]), 0x0950, {"preset": "day", "from": 1, "widgets": ["iso"]},
         b"{}", expected={}),
    Case(lambda f: f.apply_preset("day", "ring"), 0x0951, {"preset": "day", "group": "ring"}, b"{}", expected={}),
    Case(lambda f: f.list_presets(), 0x0952, None, b"{}", expected={}),
    Case(lambda f: f.delete_preset("day"), 0x0953, {"preset": "day"}, b"{}", expected={}),
    Case(lambda f: f.compare_cameras(widgets=["iso"]), 0x0954, {"widgets": ["iso"]}, b"{}", expected={}),
    Case(lambda f: f.sync_clocks("ring"), 0x0955, {"group": "ring"}, b"{}", expected={}),
]

PICTURE = b'{"folder":"/a","name":"b.jpg","size":5'

BODY = [
    Case(lambda b: b.capture(), 0x0002, None, b'{"images":[' + PICTURE + b"}]}",
         expected=[Image("/a", "b.jpg", 5, None, None)]),
    Case(lambda b: b.capture(bulb_seconds=2.5, download=True, time_limit_seconds=9), 0x0002,
         {"bulb_seconds": 2.5, "download": True, "time_limit_seconds": 9},
         b'{"images":[' + PICTURE + b',"sha256":"ab","saved_as":"c/b.jpg"}]}',
         expected=[Image("/a", "b.jpg", 5, "ab", "c/b.jpg")]),
    Case(lambda b: b.get("iso"), 0x0007, {"widget_id": "iso"}, ISO + b"}", expected="800"),
    Case(lambda b: b.choices("iso"), 0x0008, {"widget_id": "iso"}, ISO + b',"choices":["100","800"]}',
         expected=["100", "800"]),
    Case(lambda b: b.choices("zoom"), 0x0008, {"widget_id": "zoom"}, ISO + b',"range":{"min":0,"max":1,"step":0.1}}',
         expected=Range(0, 1, 0.1)),
    Case(lambda b: b.choices("artist"), 0x0008, {"widget_id": "artist"}, ISO + b"}", expected=[]),
    Case(lambda b: b.set("iso", "800"), 0x0009, {"widget_id": "iso", "widget_value": "800"}, ISO + b"}",
         expected="800"),
    Case(lambda b: b.set("autofocusdrive", None, force=True), 0x0009,
         {"widget_id": "autofocusdrive", "widget_value": None, "force": True}, ISO + b"}", expected="800"),
    Case(lambda b: b.widgets(values=True), 0x000A, {"values": True},
         b'{"widgets":[' + ISO + b',"path":"/main/iso","choices":["800"]}]}',
         lambda w: (w[0].path, w[0].value, w[0].choices, w[0].type), ("/main/iso", "800", ["800"], 0x0106)),
    Case(lambda b: b.file_page("/a", recurse=True, limit=7), 0x000B, {"folder": "/a", "recurse": True, "limit": 7},
         b'{"files":[' + PICTURE + b',"mtime":9,"mime":"image/jpeg"}],"folders":["/a/b"],"more":true}',
         expected=FilePage([StoredFile("/a", "b.jpg", 5, 9, "image/jpeg")], ["/a/b"], True)),
    Case(lambda b: b.delete("/a", "b.jpg"), 0x000C, {"folder": "/a", "name": "b.jpg"}, b"{}"),
    Case(lambda b: b.storages(), 0x000E, None,
         b'{"storages":[{"path":"/s","label":"Card","capacity":9,"free":8,"free_images":7,"access":"read_write"}]}',
         expected=[Storage("/s", "Card", 9, 8, 7, "read_write")]),
    Case(lambda b: b.trigger(), 0x000F, None, b'{"released_at":1700000000000000001}',
         expected=1_700_000_000_000_000_001),
    Case(lambda b: b.summary(), 0x0010, None, b'{"summary":"a","manual":"b","about":"c","abilities":{}}',
         expected=Summary("a", "b", "c", {})),
    Case(lambda b: b.lock(5), 0x0011, {"seconds": 5}, b'{"until":77}', lambda lock: lock.until, 77),
    Case(lambda b: b.unlock(), 0x0012, None, b"{}"),
    Case(lambda b: b.sequence(3, 0.5, download=True), 0x0013, {"count": 3, "interval_seconds": 0.5, "download": True},
         b'{"sequence":"s1"}', lambda sequence: sequence.id, "s1"),
    Case(lambda b: b.stop_sequence("s1"), 0x0014, {"sequence": "s1"}, b'{"taken":2}', expected=2),
    Case(lambda b: b.reset(), 0x0015, None, b"{}"),
    Case(lambda b: b.cancel(8), 0x0017, {"transaction_ID": 8}, b"{}"),
    Case(lambda b: b.check(), 0x0900, None, CAMERA, name_of, "left"),
    Case(lambda b: b.stop_live_view(), 0x0006, None, b'{"frames":12}', expected=12),
    Case(lambda b: b.command(0x0002, download=False), 0x0002, {"download": False}, b'{"images":[]}',
         expected={"images": []}),
]


class CommandTests(unittest.TestCase):
    def run_cases(self, driver: Driver, cases: list[Case], session: int) -> None:
        received: list[Received] = []

        def serve(peer: Peer) -> None:
            peer.send(server.greeting)
            if session:
                opening = peer.receive()
                peer.answer(opening, b'{"session_ID":%d,"camera":%s}' % (session, CAMERA))
            for case in cases:
                command = peer.receive()
                received.append(command)
                peer.answer(command, case.answer)
            peer.say_farewell()

        with PlayedServer(serve) as server:
            fleet = driver.connect(server.address, timeout=10)
            target = driver.get(fleet.open("left")) if session else fleet
            for case in cases:
                with self.subTest(f"{case.code:#06x} {case.arguments}"):
                    self.assertEqual(case.value(driver.get(case.call(target))), case.expected)
                    command = received[-1]
                    self.assertEqual((command.type, command.code, command.session), (1, case.code, session))
                    if case.arguments is None:
                        self.assertEqual(len(command.body), 4)
                    else:
                        self.assertEqual(command.json, case.arguments)
            driver.get(fleet.close())

    @both_clients
    def test_each_command_of_the_fleet_is_sent_and_answered_as_the_protocol_says(self, driver: Driver) -> None:
        self.run_cases(driver, FLEET, 0)

    @both_clients
    def test_each_command_of_a_body_is_sent_and_answered_as_the_protocol_says(self, driver: Driver) -> None:
        self.run_cases(driver, BODY, 0x0102_0304)

    @both_clients
    def test_a_thumbnail_is_the_data_before_the_answer(self, driver: Driver) -> None:
        def serve(peer: Peer) -> None:
            peer.open_session(server.greeting)
            command = peer.receive()
            self.assertEqual((command.code, command.json), (0x0003, {"folder": "/a", "name": "b"}))
            peer.send(packet(2, 3, 5, command.transaction, b"\xff\xd8"))
            peer.send(packet(2, 3, 5, command.transaction, b"\xff\xd9"))
            peer.answer(command, b'{"mime":"image/jpeg","size":4}')
            peer.say_farewell()

        with PlayedServer(serve) as server:
            fleet = driver.connect(server.address)
            body = driver.get(fleet.open(1))
            self.assertEqual(driver.get(body.thumbnail("/a", "b")), b"\xff\xd8\xff\xd9")
            driver.get(fleet.close())

    @both_clients
    def test_files_are_fetched_page_by_page_from_the_last_one(self, driver: Driver) -> None:
        asked: list[Any] = []

        def serve(peer: Peer) -> None:
            peer.open_session(server.greeting)
            for names, more in ((b"12", b"true"), (b"34", b"true"), (b"5", b"false")):
                files = b",".join(
                    b'{"folder":"/f","name":"%c","size":1,"mtime":2,"mime":"m"}' % name for name in names)
                command = peer.receive()
                asked.append(command.json)
                peer.answer(command, b'{"files":[%s],"folders":[],"more":%s}' % (files, more))
            peer.say_farewell()

        with PlayedServer(serve) as server:
            fleet = driver.connect(server.address)
            body = driver.get(fleet.open(1))
            self.assertEqual([file.name for file in driver.all(body.files(page=2))], list("12345"))
            driver.get(fleet.close())
        self.assertEqual(asked, [
            {"folder": "/", "limit": 2}, {"folder": "/", "limit": 2, "after": {"folder": "/f", "name": "2"}},
            {"folder": "/", "limit": 2, "after": {"folder": "/f", "name": "4"}}])

    @both_clients
    def test_a_refusal_is_an_error_of_its_own_class(self, driver: Driver) -> None:
        names = [
            (0x2002, "GeneralError"), (0x2003, "SessionNotOpen"), (0x2005, "OperationNotSupported"),
            (0x2006, "ParameterNotSupported"), (0x2009, "InvalidObjectHandle"), (0x200C, "StoreFull"),
            (0x200F, "AccessDenied"), (0x2013, "StoreNotAvailable"), (0x2019, "DeviceBusy"),
            (0x201D, "InvalidParameter"), (0x201F, "TransactionCancelled"), (0xA001, "CameraUnplugged"),
            (0xA002, "CameraFault"), (0xA003, "TimedOut"), (0xA004, "TooMany"), (0xBFFF, "FleetError"),
        ]

        def serve(peer: Peer) -> None:
            peer.send(server.greeting)
            for code, _ in names:
                peer.answer(
                    peer.receive(), b'{"error":"Device_Busy","message":"Wait.","gphoto2":{"code":-110,"text":"I/O"}}',
                    code)
            peer.answer(peer.receive(), b"{}", 0x2019)
            peer.say_farewell()

        with PlayedServer(serve) as server:
            fleet = driver.connect(server.address)
            for code, name in names:
                with self.assertRaises(camera_fleet.FleetError) as caught:
                    driver.get(fleet.check())
                error = caught.exception
                self.assertEqual(type(error).__name__, name)
                self.assertEqual((error.code, error.name, error.message, error.gphoto2),
                                 (code, "Device_Busy", "Wait.", (-110, "I/O")))
            with self.assertRaises(DeviceBusy) as unnamed:
                driver.get(fleet.check())
            self.assertEqual((unnamed.exception.name, unnamed.exception.gphoto2), ("0x2019", None))
            driver.get(fleet.close())


if __name__ == "__main__":
    unittest.main()
