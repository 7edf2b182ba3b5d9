/// A command of a session that CANCEL finds, by its transaction_ID: one of those that go in turn, or the RESET_CAMERA that goes
/// beside them, whatever number that has.
public enum CommandKey: Hashable, Sendable {
    case inTurn(UInt32)
    case reset(UInt32)
}
