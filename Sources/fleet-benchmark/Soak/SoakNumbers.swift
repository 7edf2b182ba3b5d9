import Glibc

/// Numbers at random that are the same for the same seed (SplitMix64).
struct SoakNumbers: RandomNumberGenerator {
    private var state: UInt64

    /// The numbers of one who takes part in a run of that seed.
    init(seed: UInt64, of part: String) {
        // Each part has numbers of its own: FNV-1a of its name.
        state = part.utf8.reduce(seed ^ 0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True once in so many times.
    mutating func isOnce(in times: Int) -> Bool { Int.random(in: 0..<times, using: &self) == 0 }

    mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count { withUnsafeBytes(of: next()) { bytes += $0 } }
        return Array(bytes.prefix(count))
    }

    /// One of several, each as often as its weight says.
    mutating func pick<Choice>(_ choices: [(weight: Int, choice: Choice)]) -> Choice? {
        var place = Int.random(in: 0..<max(1, choices.reduce(0) { $0 + $1.weight }), using: &self)
        for (weight, choice) in choices {
            if place < weight { return choice }
            place -= weight
        }
        return nil
    }
}

/// The end of a part of the run, which those who block look at between two things that they do.
struct SoakEnd: Sendable {
    let time: ContinuousClock.Instant

    var isReached: Bool { ContinuousClock.now >= time }

    /// Waits for so many seconds, or until the end.
    func pause(_ seconds: Double) {
        let until = min(time, .now + .seconds(seconds))
        while ContinuousClock.now < until {
            usleep(UInt32(min(50_000, max(500, ContinuousClock.now.duration(to: until) / .microseconds(1)))))
        }
    }
}
