import Fleet
import FleetModel
import Testing

/// When it is said that a disk is about to be full, and which images of which group are saved.
@Suite struct DiskWarningTests {
    @Test("A disk that is nearly full is told once, and again only after there was more room")
    func once() {
        var warning = DiskWarning()
        let told = [300, 200, 199, 150, 50, 205, 180, 220, 201, 199, 100].map {
            warning.isDue(free: $0, reserve: 100)
        }
        #expect(told == [false, false, true, false, false, false, false, false, false, true, false])
    }

    @Test("No reserve has nothing to warn of, and one beyond all disks warns")
    func extremes() {
        var none = DiskWarning()
        #expect(!none.isDue(free: 0, reserve: 0) && !none.isDue(free: .max, reserve: 0))
        var endless = DiskWarning()
        #expect(endless.isDue(free: .max, reserve: .max) && !endless.isDue(free: 0, reserve: .max))
    }

    @Test("What is saved of a body is what its first group says that says something, else what is said of all")
    func groups() {
        let policy = SavingPolicy(kinds: .raw, kindsOfGroup: ["b": .none, "c": .all])
        #expect(policy.kinds(in: []) == .raw && policy.kinds(in: ["a"]) == .raw)
        #expect(policy.kinds(in: ["a", "b", "c"]) == .none && policy.kinds(in: ["c", "d"]) == .all)
    }

    @Test("Bodies take to where their first group says, else where all do, and not to their memory what nobody saves")
    func targets() {
        #expect(SavingPolicy().captureTarget(in: ["a"]) == nil)
        var policy = SavingPolicy(
            kindsOfGroup: ["c": .none, "d": .rawLast], captureTargetOfGroup: ["b": .memory, "d": .both])
        #expect(policy.captureTarget(in: []) == .card && policy.captureTarget(in: ["a", "b", "d"]) == .memory)
        #expect(policy.captureTarget(in: ["d"]) == .both && policy.captureTarget(in: ["b", "c"]) == .card)
        policy.captureTarget = .memory
        #expect(policy.captureTarget(in: []) == .memory && policy.captureTarget(in: ["c"]) == .card)
    }

    @Test("The room of a folder is that of its disk; there is none of a folder that is not there")
    func space() throws {
        let space = try #require(DiskSpace(of: "/"))
        #expect(space.capacity > 0 && (0...space.capacity).contains(space.free))
        #expect(DiskSpace(of: "/none/such") == nil)
    }
}
