import Crypto
import FleetModel
import PacketProtocol

/// A client's downloads.
enum Transfer {
    /// Downloads an object, ticket and all, and gives its SHA-256 in hexadecimal, of the bytes that came.
    static func digest(
        of object: ObjectArguments, _ connection: PlainConnection, _ session: UInt32, from port: Int
    ) throws -> String {
        var hash = SHA256()
        try download(object, connection, session, from: port) { hash.update(bufferPointer: $0) }
        return hash.finalize().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    /// Downloads an object, ticket and all, and gives its size.
    @discardableResult
    static func download(
        _ object: ObjectArguments, _ connection: PlainConnection, _ session: UInt32, from port: Int,
        _ take: (UnsafeRawBufferPointer) -> Void = { _ in }
    ) throws -> Int64 {
        let ticket = try connection.ask(.downloadImage, object, DownloadTicket.self, session: session)
        let stream = try PlainConnection(port: port)
        try stream.send(.downloadImage, TicketArguments(ticket: ticket.ticket), session: session)
        _ = try stream.response()
        var received: Int64 = 0
        while received < ticket.size {
            let head = try stream.receiveHead()
            received += try stream.receive(head.rest) { bytes in
                guard head.type == .data else {
                    throw BenchmarkFailure("Refused: \(String(decoding: bytes, as: UTF8.self))")
                }
                // Transaction and offset come before the bytes.
                take(UnsafeRawBufferPointer(rebasing: bytes.dropFirst(12)))
                return Int64(bytes.count - 12)
            }
        }
        let result = try PacketJSON.decode(TransferResult.self, from: try stream.response())
        guard received == ticket.size, result.sha256 != nil else {
            throw BenchmarkFailure("\(object.name) came incomplete.")
        }
        return received
    }
}
