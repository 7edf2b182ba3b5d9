/// Makes tickets: the authorisation on ports 4444 and 6666 (protocol.md, section 4).
enum Ticket {
    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567")

    /// 32 characters, 160 bits from the system's random source.
    static func make() -> String {
        var source = SystemRandomNumberGenerator()
        return String((0..<32).map { _ in alphabet[Int(source.next() & 31)] })
    }
}
