import FleetModel
import PacketProtocol
public import Trigger

/// The triggers of a fleet, by their names, and which of them are flashes.
public struct FleetTriggers: Sendable {
    /// A trigger with its name.
    public struct Named: Sendable {
        /// What settings and clients call it.
        public let name: String
        /// Where its pulses go.
        public let output: any TriggerOutput

        /// A trigger with its name.
        public init(name: String, output: any TriggerOutput) {
            self.name = name
            self.output = output
        }
    }

    /// A trigger that has a pulse at every shot that is released.
    struct Flash {
        let trigger: Named
        /// How much later than the shot's time, in nanoseconds.
        let delay: Int64
    }

    private let all: [Named]
    let flashes: [Flash]

    /// None.
    public static let none = FleetTriggers()

    /// Triggers in their order, and those that flash: by name, so much later than a shot's time. A flash whose name is none,
    /// and one before the shot's time, are left out.
    public init(_ triggers: [Named] = [], flashes: [String: Duration] = [:]) {
        all = triggers
        self.flashes = triggers.compactMap { trigger in
            guard let delay = flashes[trigger.name], delay >= .zero else { return nil }
            return Flash(trigger: trigger, delay: Int64(delay / .nanoseconds(1)))
        }
    }

    /// The trigger of a name.
    ///
    /// Throws Invalid_Parameter when there is none.
    func named(_ name: String) throws(FleetError) -> Named {
        if let trigger = all.first(where: { $0.name == name }) { return trigger }
        throw FleetError(
            .invalidParameter,
            all.isEmpty
                ? "This server has no triggers: they are given to `camera-fleet serve` with --trigger."
                : "No trigger is called \(name); there are \(all.map(\.name).joined(separator: ", ")).")
    }

    /// LIST_TRIGGERS: each is looked at.
    func list() async -> TriggerList {
        await withTaskGroup(of: (Int, ListedTrigger).self) { group in
            for (index, trigger) in all.enumerated() {
                group.addTask {
                    let problem = await trigger.output.problem()
                    return (
                        index,
                        ListedTrigger(
                            trigger: trigger.name, kind: trigger.output.kind.rawValue, port: trigger.output.port,
                            error: problem.map { ErrorDescription(FleetError($0)) })
                    )
                }
            }
            var listed: [(Int, ListedTrigger)] = []
            for await found in group { listed.append(found) }
            return TriggerList(triggers: listed.sorted { $0.0 < $1.0 }.map(\.1))
        }
    }
}

extension FleetError {
    /// What a trigger says, in the fleet's words.
    init(_ error: TriggerError) {
        let kind: FleetErrorKind =
            switch error {
            case .lineTaken, .serialPortTaken: .deviceBusy
            case .noAnswer, .notTaken: .timedOut
            case .tooMany: .tooMany
            case .cancelled, .stopped: .transactionCancelled
            case .noChip, .noLine, .noOutput, .noPermission, .noSerialPort, .serialPortGone, .system: .generalError
            }
        self.init(kind, "\(error)")
    }
}
