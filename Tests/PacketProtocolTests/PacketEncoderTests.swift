import NIOCore
import PacketProtocol
import Testing

@Suite("The packet encoder")
struct PacketEncoderTests {
    @Test("A response is laid out as the page says, little-endian throughout")
    func response() {
        let packet = PacketEncoder.encode(
            type: .response, code: 0x2001, sessionID: 0x0D0C_0B0A, transactionID: 0x0403_0201, json: Nothing())
        #expect(packet == bytes("12 00 00 00  03 00  01 20  0A 0B 0C 0D  01 02 03 04  7B 7D"))
    }

    @Test("A command carries its JSON after the transaction_ID")
    func command() {
        let packet = PacketEncoder.encode(
            type: .command, code: 0x0007, sessionID: 7, transactionID: 300, json: WidgetArguments(widgetID: "iso"))
        #expect(
            packet
                == joined(
                    bytes("23 00 00 00  01 00  07 00  07 00 00 00  2C 01 00 00"),
                    ByteBuffer(string: #"{"widget_id":"iso"}"#)))
    }

    @Test("An event carries its number and session 0")
    func event() {
        let packet = PacketEncoder.encode(type: .event, code: 0xC005, transactionID: 2, json: EventsLost(count: 3))
        #expect(
            packet
                == joined(
                    bytes("1B 00 00 00  04 00  05 C0  00 00 00 00  02 00 00 00"), ByteBuffer(string: #"{"count":3}"#)))
    }

    @Test("Data is written as it is")
    func data() {
        let packet = PacketEncoder.encode(
            PtpPacket(type: .data, code: 0x0003, sessionID: 1, transactionID: 5, content: bytes("FF D8 FF")))
        #expect(packet == bytes("13 00 00 00  02 00  03 00  01 00 00 00  05 00 00 00  FF D8 FF"))
    }

    @Test("A frame's head counts the JPEG that follows it")
    func frameHead() {
        let head = PacketEncoder.frameHead(
            sessionID: 2, transactionID: 1, frame: 0x0102_0304, arrived: 0x1122_3344_5566_7788, length: 100)
        #expect(
            head
                == bytes(
                    """
                    80 00 00 00  02 00  05 00  02 00 00 00  01 00 00 00
                    04 03 02 01  88 77 66 55 44 33 22 11
                    """))
    }

    @Test("A piece's head counts the bytes that follow it and says where they belong")
    func pieceHead() {
        let head = PacketEncoder.pieceHead(
            sessionID: 2, transactionID: 1, offset: 0x0000_0001_0000_0000, length: 1_048_576)
        #expect(
            head == bytes("18 00 10 00  02 00  04 00  02 00 00 00  01 00 00 00  00 00 00 00 01 00 00 00"))
    }

    @Test("Paths are written with plain slashes")
    func slashes() {
        let json = PacketEncoder.json(WidgetArguments(widgetID: "/main/iso"))
        #expect(String(buffer: json) == #"{"widget_id":"/main/iso"}"#)
    }
}
