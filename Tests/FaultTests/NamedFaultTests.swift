import FleetTesting
import Testing
import VirtualCamera

/// Every fault that has a name, with a witness.
@Suite struct NamedFaultTests {
    /// So many are played at once: each has a server, two workers and their bodies.
    private static let places = Places(6)

    @Test(
        "Faults of the cable and the network: who is concerned is told, the witness notices nothing",
        arguments: NamedFault.ofTheCable)
    func cable(_ fault: NamedFault) async throws { try await play(fault) }

    @Test(
        "Faults of a body that does not answer, or says no: who is concerned is told, the witness notices nothing",
        arguments: NamedFault.ofTheBody)
    func body(_ fault: NamedFault) async throws { try await play(fault) }

    @Test("Faults of the card: who is concerned is told, the witness notices nothing", arguments: NamedFault.ofTheCard)
    func card(_ fault: NamedFault) async throws { try await play(fault) }

    @Test(
        "Faults of a body that answers nonsense: who is concerned is told, the witness notices nothing",
        arguments: NamedFault.ofItsAnswers)
    func answers(_ fault: NamedFault) async throws { try await play(fault) }

    @Test(
        "Faults of a body that is out of step: who is concerned is told, the witness notices nothing",
        arguments: NamedFault.ofItsPackets)
    func packets(_ fault: NamedFault) async throws { try await play(fault) }

    @Test(
        "Faults of the process that drives the body: who is concerned is told, the witness notices nothing",
        arguments: NamedFault.ofTheWorker)
    func worker(_ fault: NamedFault) async throws { try await play(fault) }

    @Test(
        "Faults of the server's disk: who is concerned is told, the witness notices nothing",
        arguments: NamedFault.ofTheDisk)
    func disk(_ fault: NamedFault) async throws { try await play(fault) }

    @Test(
        "Faults of other clients: who is concerned is told, the witness notices nothing",
        arguments: NamedFault.ofTheClient)
    func client(_ fault: NamedFault) async throws { try await play(fault) }

    private func play(_ fault: NamedFault) async throws {
        try await Self.places.enter()
        do {
            try await Stage.play(fault)
        } catch {
            await Self.places.leave()
            throw error
        }
        await Self.places.leave()
    }

    @Test("Thirty faults and more have a name, each its own, on bodies of every dialect")
    func names() {
        #expect(NamedFault.all.count >= 30)
        #expect(Set(NamedFault.all.map(\.name)).count == NamedFault.all.count)
        #expect(Set(NamedFault.all.map(\.body.dialect)) == [.nikon, .canonEOS, .ptp])
    }
}

/// A number of places, which are taken in the order of asking.
actor Places {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) {
        free = count
    }

    /// Waits for a place, and takes it.
    func enter() async throws {
        try Task.checkCancellation()
        guard free == 0 else {
            free -= 1
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    /// Gives it to the next.
    func leave() {
        guard waiting.isEmpty else { return waiting.removeFirst().resume() }
        free += 1
    }
}
