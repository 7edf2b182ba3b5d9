public import FleetModel
public import PacketProtocol

/// The sequences of several bodies (protocol.md, 0x0936 and 0x0937).
extension CameraRegistry {
    /// START_GROUP_SEQUENCE: the bodies are those that its TARGET means now. With a bracket every body is set to the first
    /// value before the answer, and back to what it had at the end.
    ///
    /// Throws Invalid_Parameter for a body or group that is none, for a count or time that is none, and for a bracket of no
    /// value; Store_Full where the images could not be saved; what the bodies say where none takes the bracket's first
    /// value; Too_Many when as many run as may.
    public func startGroupSequence(
        _ arguments: StartGroupSequenceArguments, for client: ClientID, unless isEnded: @Sendable () -> Bool
    ) async throws(FleetError) -> StartedSequence {
        guard arguments.count >= 1 else { throw FleetError(.invalidParameter, "count must be at least 1.") }
        guard (0...86_400).contains(arguments.intervalSeconds) else {
            throw FleetError(.invalidParameter, "interval_seconds must be from 0 to 86400.")
        }
        if let seconds = arguments.bulbSeconds {
            guard seconds > 0, seconds <= 86_400 else {
                throw FleetError(.invalidParameter, "bulb_seconds must be more than 0 and at most 86400.")
            }
        }
        let bodies = try bodies(of: arguments.target)
        let needed: Capability = arguments.bulbSeconds == nil ? .arm : .bulb
        // What a body can do is known once it was open.
        guard bodies.contains(where: { $0.info.can.contains(needed) || $0.refusal != nil }) else {
            throw FleetError(
                .operationNotSupported,
                needed == .arm
                    ? "None of the cameras can be released without waiting for its image."
                    : "None of the cameras can expose for a given time through its driver.")
        }
        try ingest.requireRoom(for: bodies, isAsked: arguments.download ?? false)
        let bracketing: Bracketing?
        if let bracket = arguments.bracket {
            bracketing = try await Bracketing.begin(bracket, on: bodies, for: client, limit: limits.commandTime)
        } else {
            bracketing = nil
        }
        let plan = GroupSequence.Plan(
            bodies: bodies, count: arguments.count, interval: .seconds(arguments.intervalSeconds),
            bulbSeconds: arguments.bulbSeconds, bracketing: bracketing, savesImages: arguments.download ?? false,
            client: client,
            outlivesClient: arguments.keep ?? false)
        let sequence: UInt64
        do throws(FleetError) {
            sequence = try sequences.start(plan)
        } catch {
            await bracketing?.restore()
            throw error
        }
        if isEnded(), !plan.outlivesClient { _ = try await sequences.stop(sequence) }
        return StartedSequence(sequence: sequence)
    }

    /// STOP_GROUP_SEQUENCE: any client may; returns when the sequence releases nothing any more.
    ///
    /// Throws Invalid_Parameter for a sequence that is none.
    public nonisolated func stopGroupSequence(_ arguments: SequenceArguments) async throws(FleetError) -> TakenResult {
        TakenResult(taken: try await sequences.stop(arguments.sequence))
    }
}
