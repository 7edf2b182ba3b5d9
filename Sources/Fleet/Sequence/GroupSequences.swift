import FleetModel
import NIOConcurrencyHelpers

/// The sequences of several bodies: those that run, and some that ended, so that STOP_GROUP_SEQUENCE can say what they took.
///
/// Bounded by `FleetLimits`: one sequence more than may run gets Too_Many; of the ended ones the oldest is forgotten.
final class GroupSequences: Sendable {
    private let sequences = NIOLockedValueBox<[GroupSequence]>([])
    private let groups: GroupReleases
    private let chores: Chores
    private let limits: FleetLimits

    init(groups: GroupReleases, chores: Chores, limits: FleetLimits) {
        self.groups = groups
        self.chores = chores
        self.limits = limits
    }

    /// Begins one, and names it.
    ///
    /// Throws Too_Many when as many run as may.
    func start(_ plan: GroupSequence.Plan) throws(FleetError) -> UInt64 {
        let sequence = GroupSequence(id: CaptureSequence.nextID(), plan: plan, groups: groups)
        let isTaken = sequences.withLockedValue { sequences in
            guard sequences.count(where: { !$0.isFinished }) < limits.sequences else { return false }
            if sequences.count >= limits.finishedSequences, let old = sequences.firstIndex(where: \.isFinished) {
                sequences.remove(at: old)
            }
            sequences.append(sequence)
            return true
        }
        guard isTaken else {
            throw FleetError(.tooMany, "\(limits.sequences) sequences of groups run already; stop one first.")
        }
        guard chores.add({ await sequence.run() }) else {
            sequences.withLockedValue { $0.removeAll { $0 === sequence } }
            throw FleetError(.tooMany, "The server runs as many sequences as it can.")
        }
        return sequence.id
    }

    /// Ends one, whoever began it; gives how many shots were taken, once nothing is released any more.
    ///
    /// Throws Invalid_Parameter for a sequence that is none.
    func stop(_ id: UInt64) async throws(FleetError) -> Int {
        guard let sequence = sequences.withLockedValue({ $0.first { $0.id == id } }) else {
            throw FleetError(.invalidParameter, "There is no sequence \(id) of several cameras.")
        }
        return await sequence.stop()
    }

    /// The connection of a client is over: what it began ends, unless it is to go on.
    func end(of client: ClientID) async {
        let ended = sequences.withLockedValue { sequences in
            sequences.filter { $0.plan.client == client && !$0.plan.outlivesClient && !$0.isFinished }
        }
        await withDiscardingTaskGroup { group in
            for sequence in ended { group.addTask { _ = await sequence.stop() } }
        }
    }
}
