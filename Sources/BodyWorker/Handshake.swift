import CDriverLog

/// What a body on the network said to the driver's first words, as the driver's log has it. The driver's own error is the
/// same for a body that refuses as for one that makes no sense.
enum Handshake {
    /// A PTP/IP packet's type: Init Fail.
    private static let initFail: UInt8 = 5

    /// Whether the last header that came was that of a refusal: u32 length, u32 type.
    static func wasRefused(_ notes: [driver_log_entry]) -> Bool {
        guard let header = notes.last(where: { $0.received == 1 && $0.size == 8 && $0.count == 8 }) else {
            return false
        }
        return withUnsafeBytes(of: header.bytes) { bytes in
            bytes[4] == initFail && bytes[5...7].allSatisfy { $0 == 0 }
        }
    }
}
