/// Work that runs beside everything else for as long as the fleet does: tethers and sequences. Whoever wants something
/// done adds it here, and the registry's service does it, so that nothing outlives the service.
///
/// Bounded: `capacity` chores may wait to be begun, which takes no time while the service runs; one more is refused.
struct Chores: Sendable {
    typealias Chore = @Sendable () async -> Void

    private let waiting: AsyncStream<Chore>
    private let source: AsyncStream<Chore>.Continuation

    init(capacity: Int) {
        (waiting, source) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(capacity))
    }

    /// Has something done; false when too much waits already, or the service is over.
    func add(_ chore: @escaping Chore) -> Bool {
        if case .enqueued = source.yield(chore) { return true }
        return false
    }

    /// Does what is added, until the task is cancelled, and then waits until all has ended.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await chore in waiting { group.addTask { await chore() } }
            group.cancelAll()
        }
    }
}
