"""Bytes and packets, as the protocol's section 1 writes them."""

from __future__ import annotations

import unittest

import package  # noqa: F401
from camera_fleet import InvalidParameter, ProtocolViolation
from camera_fleet.protocol.address import Address
from camera_fleet.protocol.codes import PacketType
from camera_fleet.protocol.conversation import Broken, Conversation, Settled
from camera_fleet.protocol.event_queue import EventQueue, union
from camera_fleet.protocol.packets import PacketDecoder, command, piece
from camera_fleet.protocol.request import Answer
from camera_fleet.protocol.retry import Retry
from camera_fleet.records import Event


class PacketTests(unittest.TestCase):
    def test_a_command_without_arguments_is_sixteen_bytes(self) -> None:
        self.assertEqual(command(0x0902, 0, 7, {}), bytes.fromhex("10000000 0100 0209 00000000 07000000"))

    def test_a_commands_arguments_are_utf_8_json(self) -> None:
        expected = bytes.fromhex("1f000000 0100 0309 05000000 ffffffff") + b'{"camera":"\xc3\xa9"}'
        self.assertEqual(command(0x0903, 5, 0xFFFF_FFFF, {"camera": "é"}), expected)

    def test_a_command_that_no_server_takes_is_not_sent(self) -> None:
        with self.assertRaisesRegex(ValueError, "262144"):
            command(0x0009, 1, 1, {"widget_value": "x" * 262_144})
        with self.assertRaises(ValueError):
            command(0x0009, 1, 1, {"widget_value": float("nan")})

    def test_a_piece_of_an_upload_carries_its_offset(self) -> None:
        expected = "1b000000 0200 0d00 03000000 01000000 0201000000000000 616263"
        self.assertEqual(piece(0x000D, 3, 1, 258, b"abc"), bytes.fromhex(expected))

    def test_packets_come_whole_however_their_bytes_come(self) -> None:
        stream = bytes.fromhex("12000000 0300 0120 02000000 09000000 7b7d") + bytes.fromhex(
            "18000000 0200 0400 02000000 09000000 0500000000000000")
        decoder = PacketDecoder()
        found = [got for byte in stream for got in decoder.feed(bytes([byte]))]
        self.assertEqual([(got.type, got.code, got.session, got.number) for got in found],
                         [(PacketType.RESPONSE, 0x2001, 2, 9), (PacketType.DATA, 4, 2, 9)])
        self.assertEqual(found[0].json(), {})
        self.assertEqual(found[1].piece(), (5, b""))
        self.assertEqual(PacketDecoder().feed(stream), found)

    def test_a_frame_has_number_time_and_jpeg(self) -> None:
        stream = bytes.fromhex("1e000000 0200 0500 02000000 01000000 07000000 0100000000000080 ffd8")
        self.assertEqual(PacketDecoder().feed(stream)[0].frame(), (7, 0x8000_0000_0000_0001, b"\xff\xd8"))

    def test_what_is_no_packet_of_a_server_is_refused(self) -> None:
        for start in ["0b000000 0300 0120 00000000", "01000001 0300 0120 00000000", "10000000 0100 0209 00000000",
                      b"HTTP/1.1 400 Bad".hex(), b"\x15\x03\x03\0\x02\x02\x46\0\0\0\0\0".hex()]:
            with self.assertRaises(ProtocolViolation):
                PacketDecoder().feed(bytes.fromhex(start))

    def test_bad_json_is_refused(self) -> None:
        for text in ["5b5d", "7b", "ff", "5b" * 100_000]:
            content = bytes.fromhex(text)
            length = (16 + len(content)).to_bytes(4, "little")
            packet = PacketDecoder().feed(length + bytes.fromhex("0300 0120 00000000 01000000") + content)[0]
            with self.assertRaises(ProtocolViolation):
                packet.json()


class ConversationTests(unittest.TestCase):
    def test_an_answer_has_the_data_that_came_before_it(self) -> None:
        conversation = Conversation()
        first, _ = conversation.start(0x0003, 2, {})
        second, _ = conversation.start(0x0003, 3, {})
        self.assertEqual((first, second), (1, 2))
        outcomes = conversation.receive(bytes.fromhex(
            "12000000 0200 0300 02000000 01000000 ffd8"
            "12000000 0200 0300 03000000 02000000 aabb"
            "11000000 0200 0300 02000000 01000000 d9"
            "10000000 0300 0120 02000000 01000000"
            "10000000 0300 0120 03000000 02000000"))
        self.assertEqual(outcomes, [Settled(1, Answer({}, b"\xff\xd8\xd9")), Settled(2, Answer({}, b"\xaa\xbb"))])

    def test_an_answer_that_nobody_waits_for_is_dropped(self) -> None:
        conversation = Conversation()
        transaction, _ = conversation.start(0x0002, 2, {})
        conversation.give_up(transaction)
        self.assertEqual(conversation.receive(bytes.fromhex("10000000 0300 0120 02000000 01000000")), [])

    def test_a_refusal_of_the_framing_ends_the_connection(self) -> None:
        content = b'{"error":"Invalid_Parameter","message":"A packet of 3 bytes."}'
        outcomes = Conversation().receive(
            (16 + len(content)).to_bytes(4, "little") + bytes.fromhex("0300 1d20 00000000 00000000") + content)
        (broken,) = outcomes
        assert isinstance(broken, Broken)
        self.assertIsInstance(broken.error, InvalidParameter)
        self.assertEqual(broken.error.message, "A packet of 3 bytes.")


class EventQueueTests(unittest.TestCase):
    def test_a_full_queue_drops_its_oldest_events_and_counts_them(self) -> None:
        queue = EventQueue(["object_added"], 2)
        for number in range(1, 6):
            self.assertTrue(queue.put(Event(number, 0x4002, {})))
        self.assertEqual(queue.lost, 3)
        self.assertEqual([event.number for event in iter(queue.pop, None)], [4, 5])

    def test_a_queue_takes_what_it_is_for_and_counts_what_the_server_lost(self) -> None:
        queue = EventQueue(["object_added"], 2)
        self.assertFalse(queue.put(Event(1, 0x4003, {})))
        self.assertFalse(queue.put(Event(2, 0xC005, {"count": 12})))
        self.assertEqual((queue.pop(), queue.lost), (None, 12))
        every = EventQueue([], 2)
        self.assertTrue(every.put(Event(1, 0x4003, {})))
        self.assertEqual([event.name for event in iter(every.pop, None)], ["object_removed"])

    def test_one_subscription_holds_what_every_queue_wants(self) -> None:
        first, second = EventQueue(["object_added"], 1), EventQueue(["camera_state"], 1)
        self.assertEqual(union([first, second]), {"object_added", "camera_state", "events_lost"})
        self.assertIsNone(union([first, EventQueue([], 1)]))
        self.assertEqual(union([]), frozenset())


class RetryTests(unittest.TestCase):
    def test_a_transfer_that_gets_no_further_is_given_up_and_one_that_does_is_not(self) -> None:
        retry, error = Retry(), OSError()
        for offset in range(20):
            self.assertLess(retry.pause(error, offset), 1)
        for _ in range(3):
            retry.pause(error, 19)
        with self.assertRaises(OSError):
            retry.pause(error, 19)


class AddressTests(unittest.TestCase):
    def test_an_address_is_a_host_and_perhaps_a_port(self) -> None:
        for text, host, port in [("rig", "rig", 5555), ("rig:7", "rig", 7), ("::1", "::1", 5555),
                                 ("[::1]", "::1", 5555), ("[::1]:80", "::1", 80)]:
            self.assertEqual(Address.parse(text), (host, port))
        for text in ["", ":80", "rig:", "rig:x", "rig:0", "rig:65536", "[::1", "[::1]x", "rig:-1", "rig:+1"]:
            with self.assertRaises(ValueError, msg=text):
                Address.parse(text)


if __name__ == "__main__":
    unittest.main()
