import Glibc
import NIOCore
import Testing

@testable import VirtualCamera

/// The kernel's end of USB/IP, as bytes.
final class KernelEnd {
    /// What came of a transfer: its number, status and length, and the data that came in.
    struct Done: Equatable {
        var number: UInt32
        var status: Int32
        var count: Int
        var data: [UInt8]
    }

    let socket: InitiatorSocket
    private let channel: any Channel

    /// Plugs a body in.
    init(_ listener: PtpIpListener) async throws {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        socket = InitiatorSocket(descriptor: ends[0])
        channel = try await UsbCable(listener).connect(ends[1])
    }

    func unplug() async throws {
        socket.close()
        try await channel.closeFuture.get()
    }

    /// Asks for `length` bytes of an endpoint.
    func submitIn(_ number: UInt32, endpoint: UInt32, length: UInt32, setup: String = "0000000000000000") throws {
        try socket.send(
            bytes: Self.words([1, number, 0x0001_0001, 1, endpoint, 0, length, 0, 0xFFFF_FFFF, 0])
                + [UInt8](hexadecimal: setup))
    }

    /// Writes bytes to an endpoint.
    func submitOut(
        _ number: UInt32, endpoint: UInt32, _ bytes: [UInt8], setup: String = "0000000000000000"
    ) throws {
        try socket.send(
            bytes: Self.words([1, number, 0x0001_0001, 0, endpoint, 0, UInt32(bytes.count), 0, 0xFFFF_FFFF, 0])
                + [UInt8](hexadecimal: setup) + bytes)
    }

    /// Gives up a transfer.
    func unlink(_ number: UInt32, transfer: UInt32) throws {
        try socket.send(
            bytes: Self.words([2, number, 0x0001_0001, 0, 0, transfer, 0, 0, 0, 0, 0, 0]))
    }

    /// What the device answers next to a transfer; `dataComes`: it goes in.
    func done(dataComes: Bool) throws -> Done {
        let header = try socket.receive(48)
        #expect(header[..<4] == [0, 0, 0, 3])
        let count = Int(Self.word(header, 24))
        return Done(
            number: Self.word(header, 4), status: Int32(bitPattern: Self.word(header, 20)), count: count,
            data: dataComes ? try socket.receive(count) : [])
    }

    /// Writes bytes to the bulk endpoint, and sees that they were taken.
    func write(_ number: UInt32, _ bytes: [UInt8]) throws {
        try submitOut(number, endpoint: 2, bytes)
        #expect(try done(dataComes: false) == Done(number: number, status: 0, count: bytes.count, data: []))
    }

    /// Reads of the bulk endpoint.
    func read(_ number: UInt32, _ length: UInt32) throws -> [UInt8] {
        try submitIn(number, endpoint: 1, length: length)
        let done = try done(dataComes: true)
        #expect(done.number == number && done.status == 0)
        return done.data
    }

    /// Asks for a descriptor: its index and kind, in hexadecimal.
    func descriptor(_ kind: String, _ length: UInt32) throws -> [UInt8] {
        try submitIn(9, endpoint: 0, length: length, setup: "8006 \(kind) 0000 ff00")
        return try done(dataComes: true).data
    }

    static func words(_ words: [UInt32]) -> [UInt8] {
        words.flatMap { word in withUnsafeBytes(of: word.bigEndian) { Array($0) } }
    }

    static func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }
}
