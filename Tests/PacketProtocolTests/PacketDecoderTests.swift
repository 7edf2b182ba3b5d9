import NIOCore
import NIOTestUtils
import PacketProtocol
import Testing

@Suite("The packet decoder")
struct PacketDecoderTests {
    /// 0x0900 without a body.
    static let bare = bytes("0C 00 00 00  01 00  00 09  00 00 00 00")
    /// 0x0007 of session 7, transaction 0x04030201, `{"a":1}`.
    static let command = joined(
        bytes("17 00 00 00  01 00  07 00  07 00 00 00  01 02 03 04"), ByteBuffer(string: "{\"a\":1}"))
    /// 0x0902, transaction 9, no JSON at all.
    static let empty = bytes("10 00 00 00  01 00  02 09  00 00 00 00  09 00 00 00")

    static let expected: [(ByteBuffer, [PtpPacket])] = [
        (bare, [PtpPacket(type: .command, code: 0x0900, sessionID: 0, transactionID: 0)]),
        (
            command,
            [
                PtpPacket(
                    type: .command, code: 0x0007, sessionID: 7, transactionID: 0x0403_0201,
                    content: ByteBuffer(string: "{\"a\":1}"))
            ]
        ),
        (empty, [PtpPacket(type: .command, code: 0x0902, sessionID: 0, transactionID: 9)]),
    ]

    @Test("Packets come out the same however the bytes arrive")
    func verifier() throws {
        try ByteToMessageDecoderVerifier.verifyDecoder(inputOutputPairs: Self.expected) {
            PacketDecoder(limits: .fromClient)
        }
    }

    @Test("Three packets come out the same wherever the stream is cut in two")
    func splits() throws {
        let stream = joined(Self.bare, Self.command, Self.empty)
        for cut in 0...stream.readableBytes {
            let first = try #require(stream.getSlice(at: 0, length: cut))
            let second = try #require(stream.getSlice(at: cut, length: stream.readableBytes - cut))
            #expect(try decode([first, second], limits: .fromClient) == Self.expected.flatMap(\.1), "cut at \(cut)")
        }
    }

    @Test("Data, responses and events of the server are read with their ids")
    func fromServer() throws {
        let stream = joined(
            bytes("12 00 00 00  02 00  05 00  02 00 00 00  07 00 00 00  FF D8"),
            bytes("12 00 00 00  03 00  01 20  02 00 00 00  07 00 00 00  7B 7D"),
            bytes("12 00 00 00  04 00  01 C0  00 00 00 00  03 00 00 00  7B 7D"))
        let packets = try decode([stream], limits: .fromServer)
        #expect(
            packets == [
                PtpPacket(type: .data, code: 5, sessionID: 2, transactionID: 7, content: bytes("FF D8")),
                PtpPacket(type: .response, code: 0x2001, sessionID: 2, transactionID: 7, content: bytes("7B 7D")),
                PtpPacket(type: .event, code: 0xC001, sessionID: 0, transactionID: 3, content: bytes("7B 7D")),
            ])
    }

    @Test(
        "A header that is wrong is refused as soon as its wrong field is there",
        arguments: [
            ("00 00 00 00", FramingError.tooShort(length: 0)),
            ("0B 00 00 00", .tooShort(length: 11)),
            ("FF FF FF FF", .tooLong(length: 0xFFFF_FFFF, limit: 262_144)),
            ("01 00 04 00", .tooLong(length: 262_145, limit: 262_144)),
            ("0C 00 00 00  00 00", .unexpectedType(0)),
            ("10 00 00 00  02 00", .unexpectedType(2)),
            ("10 00 00 00  03 00", .unexpectedType(3)),
            ("10 00 00 00  04 00", .unexpectedType(4)),
            ("0C 00 00 00  05 00", .unexpectedType(5)),
            ("0C 00 00 00  01 01", .unexpectedType(0x0101)),
            ("0D 00 00 00  01 00", .halfTransaction(length: 13)),
            ("0E 00 00 00  01 00", .halfTransaction(length: 14)),
            ("0F 00 00 00  01 00", .halfTransaction(length: 15)),
        ])
    func framing(header: String, error: FramingError) throws {
        #expect(throws: error) { try decode([bytes(header)], limits: .fromClient) }
        let missing = try #require(bytes(header).getSlice(at: 0, length: bytes(header).readableBytes - 1))
        if missing.readableBytes != 4 {
            #expect(try decode([missing], limits: .fromClient).isEmpty)
        }
        #expect(throws: error, "a whole packet before it changes nothing") {
            try decode([Self.bare, bytes(header)], limits: .fromClient)
        }
    }

    @Test("Every framing error says in words what is wrong")
    func messages() {
        #expect(FramingError.tooShort(length: 11).message.contains("packet_len is 11"))
        #expect(FramingError.tooLong(length: 262_145, limit: 262_144).message.contains("262144"))
        #expect(FramingError.unexpectedType(3).message.contains("packet_type is 3"))
        #expect(FramingError.halfTransaction(length: 13).message.contains("transaction_ID"))
    }

    @Test(
        "A packet of exactly the limit is taken and one byte more is not",
        arguments: [
            (PacketLimits.fromClient, UInt16(1), 262_144),
            (PacketLimits(command: 262_144, data: 1_048_600, answer: nil), 2, 1_048_600),
            (PacketLimits(command: 262_144, data: 1_048_600, answer: nil), 1, 262_144),
            (PacketLimits.fromServer, 2, 16_777_216),
            (PacketLimits.fromServer, 3, 16_777_216),
            (PacketLimits.fromServer, 4, 16_777_216),
        ])
    func edges(limits: PacketLimits, type: UInt16, limit: Int) throws {
        var buffer = ByteBuffer()
        buffer.writeInteger(UInt32(limit), endianness: .little)
        buffer.writeInteger(type, endianness: .little)
        buffer.writeRepeatingByte(1, count: limit - 7)
        #expect(try decode([buffer], limits: limits).isEmpty, "the last byte is not there yet")
        buffer.writeRepeatingByte(1, count: 1)
        let packet = try #require(try decode([buffer], limits: limits).first)
        #expect(packet.content.readableBytes == limit - 16)
        buffer.setInteger(UInt32(limit + 1), at: 0, endianness: .little)
        #expect(throws: FramingError.tooLong(length: UInt32(limit + 1), limit: limit)) {
            try decode([buffer], limits: limits)
        }
    }

    @Test("A server's packet without a transaction is refused, and so is a command from a server")
    func wrongFromServer() {
        #expect(throws: FramingError.halfTransaction(length: 12)) {
            try decode([bytes("0C 00 00 00  03 00  01 20  00 00 00 00")], limits: .fromServer)
        }
        #expect(throws: FramingError.unexpectedType(1)) {
            try decode([Self.bare], limits: .fromServer)
        }
    }

    @Test("At the end of the stream half a packet is nobody's")
    func end() throws {
        var decoder = PacketDecoder(limits: .fromClient)
        var half = try #require(Self.command.getSlice(at: 0, length: 20))
        #expect(try decoder.decodeLast(buffer: &half, seenEOF: true) == nil)
        var whole = Self.command
        #expect(try decoder.decodeLast(buffer: &whole, seenEOF: true) == Self.expected[1].1[0])
    }
}
