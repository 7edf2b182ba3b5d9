extension RawClient {
    /// Sends a data packet of an upload, laid out by hand: header, transaction_ID, offset, bytes.
    public func data(
        _ bytes: [UInt8], at offset: Int, session: UInt32, transaction: UInt32, code: UInt16 = 0x000D
    ) async throws {
        let body = [UInt8].little(transaction) + .little(UInt64(offset)) + bytes
        try await send(
            .little(UInt32(12 + body.count)) + .little(UInt16(2)) + .little(code) + .little(session) + body)
    }

    /// Uploads a file in one data packet with a ticket on port 6666, from where the server says; gives the last response.
    public func upload(
        _ bytes: [UInt8], _ ticket: String, session: UInt32, transaction: UInt32 = 5
    ) async throws -> RawPacket {
        let first = try await ask(
            0x000D, session: session, transaction: transaction, "{\"ticket\":\"\(ticket)\"}")
        guard first.code == 0x2001, let offset = first.json["offset"].integer else { return first }
        if offset < bytes.count {
            try await data(Array(bytes[offset...]), at: offset, session: session, transaction: transaction)
        }
        return try await packet { $0.type == 3 && $0.transaction == transaction }
    }
}
